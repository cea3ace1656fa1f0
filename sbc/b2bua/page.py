"""A request that is all by itself, such as MESSAGE outside any dialog (RFC 3428): it crosses, and
its answer comes back.

Each is a pair of transactions and nothing else. Like a call it is admitted and routed, and rebuilt
from what it means: users and text cross, hosts do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sbc.actions import Flow
from sbc.b2bua.call import Shared
from sbc.b2bua.causes import passed_on
from sbc.b2bua.content import Content, read, read_leniently
from sbc.b2bua.crossing import Field
from sbc.b2bua.identity import Parties, anonymous, from_field, request_uri, to_field, uri_host
from sbc.b2bua.leg import owed
from sbc.policy.chain import Attempt
from sbc.registrar.passed import challenges
from sbc.registrar.phones import Told
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request, build_response
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent

MOST = 1000
"""On their way at once; whoever comes on top is told to come again."""

Back = Callable[[Target, Response], tuple[Field, ...]]
"""What of an answer goes back besides what always does."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request outside any dialog that was admitted."""

    key: Key
    request: Request
    flow: Flow
    attempt: Attempt
    who: Parties
    told: Told | None = None
    """What the registrar behind us shall hear of it, since it knows the sender."""

    @property
    def hops(self) -> int:
        return self.attempt.max_forwards or 0


def told_to(told: Told | None, trunk: str) -> tuple[Field, ...]:
    return told.fields if told is not None and told.trunk == trunk else ()


def challenge_of(told: Told | None, trunk: str, response: Response) -> tuple[Field, ...]:
    """What goes back of a challenge of a registrar that knows the sender itself."""
    if response.status not in CHALLENGES or told is None or told.trunk != trunk:
        return ()
    return challenges(response) if told.challenges else ()


@dataclass(frozen=True, slots=True)
class Errand:
    """One request, as it came, and what it says to the other side."""

    arrival: Arrival
    content: Content
    fields: tuple[Field, ...] = ()
    """What its method says."""
    back: Back = lambda *_: ()


class Pages:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.open: dict[Page, None] = {}

    def begin(self, arrival: Arrival, targets: list[Target]) -> None:
        """Raises BadMessage for what cannot cross, or not now."""
        self.send(Errand(arrival, self.content(arrival)), targets)

    def content(self, arrival: Arrival) -> Content:
        attempt = arrival.attempt
        content, described = read(arrival.request, self._shared.terms[attempt.trunk])
        if described is not None:
            raise BadMessage(415, "A session description begins no message")
        return content.proved(attempt.user)

    def send(self, errand: Errand, targets: list[Target]) -> None:
        if len(self.open) >= MOST:
            raise BadMessage(503, "Too many messages are on their way")
        terms = self._shared.terms
        targets = [each for each in targets if errand.content.fits(terms[each.trunk])]
        if not targets:
            raise BadMessage(415, "A body which does not go there")
        page = Page(self, self._shared, errand, targets)
        self.open[page] = None
        page.send()


class Page:
    call = None
    """It belongs to none."""

    def __init__(self, pages: Pages, shared: Shared, errand: Errand, targets: list[Target]) -> None:
        self._pages = pages
        self._shared = shared
        self._errand = errand
        self._targets = targets
        self._target = targets[0]

    @property
    def trunk(self) -> str:
        return self._target.trunk

    def send(self) -> None:
        """To the next target."""
        target, wire, errand = self._targets.pop(0), self._shared.wire, self._errand
        self._target, arrival = target, errand.arrival
        terms, method = self._shared.terms[target.trunk], arrival.request.method
        host = terms.domain or target.listener.host
        content, claims = errand.content.towards(terms, host), errand.content.claims
        who = anonymous(arrival.who) if claims.hidden_from(terms) else arrival.who
        fields = [
            ("Via", wire.via(target.flow)),
            ("Max-Forwards", str(arrival.hops)),
            ("From", from_field(who, host, wire.tokens.token(16))),
            ("To", to_field(arrival.who, terms.domain or uri_host(target))),
            ("Call-ID", wire.tokens.token(32)),
            ("CSeq", f"1 {method}"),
            ("User-Agent", wire.user_agent),
            *told_to(arrival.told, target.trunk),
            *errand.fields,
            *content.fields,
            *claims.fields(terms, host),
        ]
        uri = request_uri(arrival.who.called, target)
        self._sent = Sent(build_request(method, uri, fields, content.payload, content.payload_type))
        wire.send(self._sent.request, target.flow, self)

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if response.status < 200:
            return
        if response.status in CHALLENGES and self._answered_challenge(key, response):
            return
        self._shared.wire.forget(key)
        if response.status == 503 and self._targets:
            self.send()
            return
        content, _ = read_leniently(response, self._shared.terms[self.trunk])
        back = self._errand.back(self._target, response)
        challenge = challenge_of(self._errand.arrival.told, self.trunk, response)
        status = response.status if challenge else passed_on(response.status)
        self._answer(status, (*back, *challenge, *content.fields))

    def _answered_challenge(self, key: Key, response: Response) -> bool:
        number = self._sent.request.headers.cseq.number + 1
        found = self._shared.wire.answer_challenge(
            key, self._sent, response, self._target.flow, number
        )
        if found is not None:
            _, self._sent = found
        return found is not None

    def failed(self, key: Key, cause: str) -> None:
        """RFC 4320 §4.1: silence is not answered with 408; it would come too late."""
        self._shared.wire.forget(key)
        if cause == "transport" and self._targets:
            self.send()
        else:
            self._answer(504 if cause == "timeout" else 503, ())

    def _answer(self, status: int, fields: tuple[Field, ...]) -> None:
        wire, arrival = self._shared.wire, self._errand.arrival
        self._pages.open.pop(self, None)
        terms = self._shared.terms[arrival.attempt.trunk]
        own = (("Server", wire.user_agent), *owed(status, terms), *fields)
        tag = wire.tokens.token(16)
        wire.respond(arrival.key, build_response(arrival.request, status, None, own, to_tag=tag))
