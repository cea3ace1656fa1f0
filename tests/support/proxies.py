"""A border that is a proxy between two trusted zones, and what its peers send."""

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import OFFER, invite, text

SECOND = '{ uri: "sip:10.20.0.12" }'


def proxy(mode: str = "proxy", *more: str) -> str:
    """The configuration. `more`: further endpoints of the inside trunk."""
    made = TWO_ZONES.replace("trust: untrusted", "trust: trusted")
    made = made.replace("to: [carrier]", f"to: [carrier], mode: {mode}")
    made = made.replace("to: [pbx]", f"to: [pbx], mode: {mode}")
    ends = ", ".join(['{ uri: "sip:10.20.0.11" }', *more])
    made = made.replace('endpoints: [{ uri: "sip:10.20.0.11" }]', f"endpoints: [{ends}]")
    return made.replace("10.20.0.11/32", "10.20.0.8/29")


def within(
    method: str,
    routes: list[str],
    *,
    uri: str = "sip:bob@10.20.0.11:5060",
    host: str = "192.0.2.1",
    call_id: str = "abc@192.0.2.1",
    cseq: int = 2,
    branch: str = "z9hG4bKwithin",
    extra: tuple[str, ...] = (),
) -> bytes:
    """A request of a peer in the dialog of `invite()`."""
    return text(
        f"{method} {uri} SIP/2.0",
        [
            f"Via: SIP/2.0/UDP {host}:5060;branch={branch};rport",
            'From: "Alice" <sip:200@192.0.2.1>;tag=alice-tag',
            "To: <sip:100@203.0.113.10>;tag=bob-tag",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            "Max-Forwards: 70",
            *([f"Route: {', '.join(routes)}"] if routes else []),
            *extra,
        ],
    )


def register(*extra: str) -> bytes:
    return text(
        "REGISTER sip:203.0.113.10 SIP/2.0",
        [
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKreg;rport",
            "From: <sip:200@example.com>;tag=r",
            "To: <sip:200@example.com>",
            "Call-ID: reg@192.0.2.1",
            "CSeq: 1 REGISTER",
            "Contact: <sip:200@192.0.2.1:5060>",
            "Max-Forwards: 70",
            "Supported: path",
            *extra,
        ],
    )


def recorded(border: Border, call: bytes | None = None) -> list[str]:
    """The Record-Route that the callee saw of a fresh INVITE; its request is taken."""
    border.receive(call or invite(body=OFFER), CALLER)
    return border.request(CALLEE, "INVITE").headers.record_route
