"""SIP messages of phones, as text: full of what must stay on their side of the border.

Every name that a phone makes up holds its `secret`; so one search of a wire shows any leak.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sbc.sip.message import Request
from tests.support.messages import text

ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE, OPTIONS"


@dataclass(frozen=True, slots=True)
class Self:
    """Who a phone is."""

    ip: str
    secret: str
    """Names its zone; occurs nowhere else."""
    transport: str = "udp"
    guessed: str = ""
    """Where it thinks that others see it."""

    @property
    def shown(self) -> str:
        return self.guessed or self.ip

    @property
    def _parameter(self) -> str:
        return ";transport=tcp" if self.transport == "tcp" else ""

    def contact(self, index: int) -> str:
        return f"sip:{self.secret}-{index}@{self.shown}:5060{self._parameter}"

    def route(self) -> str:
        return f"<sip:{self.secret}@{self.shown}:5060;lr{self._parameter}>"


def request(
    me: Self,
    method: str,
    uri: str,
    *,
    branch: str,
    from_: str,
    to: str,
    call_id: str,
    cseq: int,
    contact: str,
    fields: Sequence[str] = (),
    body: str = "",
    kind: str = "application/sdp",
) -> bytes:
    lines = [
        f"Via: SIP/2.0/{me.transport.upper()} {me.shown}:5060;branch={branch};rport",
        f"From: {from_}",
        f"To: {to}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
        f'Contact: <{contact}>;+sip.instance="<urn:uuid:{me.secret}>"',
        "Max-Forwards: 70",
        f"User-Agent: Phone of {me.secret}",
        f"P-Asserted-Identity: <sip:200@{me.secret}.example>",
        f"History-Info: <sip:100@{me.ip}>;index=1",
        f"Diversion: <sip:300@{me.secret}.example>;reason=unconditional",
        f"Call-Info: <http://{me.secret}.example/face.png>;purpose=icon",
        f"Subject: {me.secret}",
        f"X-{me.secret}: {me.ip}",
        f'Reason: Q.850;cause=16;text="{me.secret}"',
        ALLOW,
        *fields,
    ]
    return text(f"{method} {uri} SIP/2.0", lines, body, kind)


def response(
    me: Self,
    asked: Request,
    status: int,
    *,
    tag: str = "",
    contact: str = "",
    fields: Sequence[str] = (),
    body: str = "",
) -> bytes:
    """Copied as RFC 3261 §8.2.6 says."""
    headers = asked.headers
    to = headers.get("to") or ""
    lines = [f"Via: {via}" for via in headers.all("via")]
    lines += [
        f"From: {headers.get('from')}",
        f"To: {to}" if "tag=" in to or not tag else f"To: {to};tag={tag}",
        f"Call-ID: {headers.call_id}",
        f"CSeq: {headers.get('cseq')}",
        f"Server: Phone of {me.secret}",
        f'Warning: 399 {me.secret}.example "{me.secret} at {me.ip}"',
        f"P-Asserted-Identity: <sip:100@{me.secret}.example>",
        f"X-{me.secret}: {me.ip}",
        ALLOW,
        *fields,
    ]
    if contact:
        lines.append(f"Contact: <{contact}>")
    return text(f"SIP/2.0 {status} Said by {me.secret}", lines, body)
