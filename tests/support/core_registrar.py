"""The registrar behind a border: it grants what it is asked, as a registrar with Path does."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from sbc.sip.digest import Credentials, secret_of
from sbc.sip.message import Request
from tests.support.border import CALLEE, Border
from tests.support.messages import OFFER, text

_CALLS = count(1)


@dataclass
class Bound:
    contact: str
    """Its URI."""
    params: str
    path: list[str]


@dataclass
class CoreRegistrar:
    border: Border
    passwords: dict[str, str] = field(default_factory=dict)
    """Who must prove to be himself; empty: nobody."""
    expires: int | str = 3600
    extra: list[str] = field(default_factory=list)
    """Fields of each 200."""
    contact_params: str = ""
    silent: bool = False
    refuses: int | None = None
    nonce: str = "core-nonce"
    asked: list[Request] = field(default_factory=list)
    bound: dict[str, dict[str, Bound]] = field(default_factory=dict)
    """By user and Contact URI."""

    def serve(self) -> None:
        """Answer each REGISTER that waits; everything else stays where it is."""
        waiting = [
            message
            for flow, message in self.border.out
            if flow == CALLEE and isinstance(message, Request) and message.method == "REGISTER"
        ]
        ours = {id(message) for message in waiting}
        self.border.out = [pair for pair in self.border.out if id(pair[1]) not in ours]
        for request in waiting:
            self.asked.append(request)
            if not self.silent:
                self.border.receive(self._answer(request), CALLEE)

    def _answer(self, request: Request) -> bytes:
        if self.refuses is not None:
            return _response(request, self.refuses, [])
        if self.passwords and not self._proved(request):
            challenge = (
                f'Digest realm="example.com", nonce="{self.nonce}", algorithm=MD5, qop="auth"'
            )
            return _response(request, 401, [f"WWW-Authenticate: {challenge}"])
        user = request.headers.to.uri.partition(":")[2].partition("@")[0]
        held = self.bound.setdefault(user, {})
        path = request.headers.elements("path")
        for contact in request.headers.contacts:
            if contact.uri == "*":
                held.clear()
            elif contact.param("expires") == "0":
                held.pop(contact.uri, None)
            else:
                shown = "".join(f";{n}={v}" for n, v in contact.params if n not in {"expires", "q"})
                held[contact.uri] = Bound(contact.uri, shown, path)
        listed = [
            f"Contact: <{each.contact}>{each.params};expires={self.expires}{self.contact_params}"
            for each in held.values()
        ]
        return _response(request, 200, [*listed, *self.extra, *(f"Path: {each}" for each in path)])

    def _proved(self, request: Request) -> bool:
        shown = request.headers.get("authorization")
        if shown is None:
            return False
        said = Credentials.parse(shown)
        password = self.passwords.get(said.username, "")
        secret = secret_of(said.algorithm, said.username, said.realm, password)
        return said.nonce == self.nonce and bool(said.prove(secret, "REGISTER", b""))

    def call(self, user: str) -> None:
        """To each binding of the user, along its path (RFC 3327 §5.4)."""
        for each in self.bound[user].values():
            number = next(_CALLS)
            fields = [
                f"Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKcore{number};rport",
                f"From: <sip:200@example.com>;tag=core{number}",
                f"To: <sip:{user}@example.com>",
                *(f"Route: {route}" for route in each.path),
                f"Call-ID: core-{number}@10.20.0.11",
                "CSeq: 1 INVITE",
                "Contact: <sip:200@10.20.0.11:5060>",
                "Max-Forwards: 69",
            ]
            self.border.receive(text(f"INVITE {each.contact} SIP/2.0", fields, OFFER), CALLEE)


def _response(request: Request, status: int, more: list[str]) -> bytes:
    headers = request.headers
    fields = [
        *(f"Via: {via}" for via in headers.all("via")),
        f"From: {headers.get('from')}",
        f"To: {headers.get('to')};tag=core",
        f"Call-ID: {headers.call_id}",
        f"CSeq: {headers.get('cseq')}",
        *more,
    ]
    return text(f"SIP/2.0 {status} Whatever", fields)
