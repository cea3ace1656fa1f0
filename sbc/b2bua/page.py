"""A MESSAGE outside any dialog (RFC 3428): it crosses by itself, and its answer comes back.

Each is a pair of transactions and nothing else. Like a call it is admitted and routed, and rebuilt
from what it means: users and text cross, hosts do not.
"""

from __future__ import annotations

from sbc.actions import Flow
from sbc.b2bua.call import Shared
from sbc.b2bua.causes import passed_on
from sbc.b2bua.content import Content, read, read_leniently
from sbc.b2bua.identity import Parties, anonymous, from_field, request_uri, to_field, uri_host
from sbc.policy.chain import Attempt
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request, build_response
from sbc.transaction.events import Key

MOST = 1000
"""On their way at once; whoever comes on top is told to come again."""


class Pages:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.open: dict[Page, None] = {}

    def begin(
        self, key: Key, request: Request, attempt: Attempt, who: Parties, targets: list[Target]
    ) -> None:
        """Raises BadMessage for what cannot cross, or not now."""
        if len(self.open) >= MOST:
            raise BadMessage(503, "Too many messages are on their way")
        content, described = read(request, self._shared.terms[attempt.trunk])
        if described is not None:
            raise BadMessage(415, "A session description begins no message")
        content = content.proved(attempt.user)
        page = Page(self, self._shared, key, request, content, who, targets)
        page.hops = attempt.max_forwards or 0
        self.open[page] = None
        page.send()


class Page:
    call = None
    """It belongs to none."""

    def __init__(
        self,
        pages: Pages,
        shared: Shared,
        key: Key,
        request: Request,
        content: Content,
        who: Parties,
        targets: list[Target],
    ) -> None:
        self._pages = pages
        self._shared = shared
        self._key = key
        self._request = request
        self._content = content
        self._who = who
        self._targets = targets
        self.hops = 0
        self.trunk = ""

    def send(self) -> None:
        """To the next target."""
        target, wire = self._targets.pop(0), self._shared.wire
        terms = self._shared.terms[target.trunk]
        self.trunk = target.trunk
        host = terms.domain or target.listener.host
        claims = self._content.claims
        who = anonymous(self._who) if claims.hidden_from(terms) else self._who
        fields = [
            ("Via", wire.via(target.flow)),
            ("Max-Forwards", str(self.hops)),
            ("From", from_field(who, host, wire.tokens.token(16))),
            ("To", to_field(self._who, terms.domain or uri_host(target))),
            ("Call-ID", wire.tokens.token(32)),
            ("CSeq", "1 MESSAGE"),
            ("User-Agent", wire.user_agent),
            *self._content.fields,
            *claims.fields(terms, host),
        ]
        content = self._content
        uri = request_uri(self._who.called, target)
        built = build_request("MESSAGE", uri, fields, content.payload, content.payload_type)
        wire.send(built, target.flow, self)

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if response.status < 200:
            return
        self._shared.wire.forget(key)
        if response.status == 503 and self._targets:
            self.send()
            return
        content, _ = read_leniently(response, self._shared.terms[self.trunk])
        self._answer(passed_on(response.status), content.fields)

    def failed(self, key: Key, cause: str) -> None:
        """RFC 4320 §4.1: silence is not answered with 408; it would come too late."""
        self._shared.wire.forget(key)
        if cause == "transport" and self._targets:
            self.send()
        else:
            self._answer(504 if cause == "timeout" else 503, ())

    def _answer(self, status: int, fields: tuple[tuple[str, str], ...]) -> None:
        wire = self._shared.wire
        self._pages.open.pop(self, None)
        own = (("Server", wire.user_agent), *fields)
        tag = wire.tokens.token(16)
        wire.respond(self._key, build_response(self._request, status, None, own, to_tag=tag))
