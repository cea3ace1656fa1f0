"""All subscriptions through the border (RFC 6665): how they begin, which one a request belongs to,
and how many there may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from traceback import format_exception

from sbc.actions import Flow
from sbc.b2bua.call import Shared
from sbc.b2bua.content import read
from sbc.b2bua.leg import Peer
from sbc.b2bua.page import Arrival
from sbc.b2bua.refer import wanted
from sbc.b2bua.subscription.half import Half
from sbc.b2bua.subscription.referral import REFERRED, Referral
from sbc.b2bua.subscription.watch import Asked, Watch, accepted
from sbc.policy.chain import Attempt
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.event import Event
from sbc.sip.message import Request, build_response
from sbc.transaction.events import Key

MOST = 20_000
"""At once, whoever holds them."""
MOST_OF_A_USER = 100
"""Of an access group; a trunk has its own limit."""


class Subscriptions:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._wire = shared.wire
        self._opening: dict[str, Watch] = {}
        """Those whose SUBSCRIBE may still begin something, by its Call-ID."""
        self.watches: dict[Watch, None] = {}
        self._held: Counter[tuple[str, str | None]] = Counter()
        """By trunk or access group, and by its users."""

    # --- how they begin ---------------------------------------------------------------------------

    def begin(self, arrival: Arrival, targets: list[Target]) -> None:
        """Raises BadMessage for what cannot cross, or not now."""
        terms, request, attempt = self._shared.terms, arrival.request, arrival.attempt
        event = Event.parse(request.headers.get("event"))
        targets = [each for each in targets if event.package in terms[each.trunk].events]
        if event.package not in terms[attempt.trunk].events or not targets:
            raise BadMessage(489, "An event package which does not cross")
        self._begin(arrival, event, targets, Watch)

    def refer(self, arrival: Arrival, targets: list[Target]) -> None:
        """A REFER outside any dialog. Raises BadMessage likewise."""
        referrer = self._shared.terms[arrival.attempt.trunk]
        if referrer.refer != "relay":
            raise BadMessage(403, "It may not refer outside a call")
        wanted(arrival.request)
        self._begin(arrival, REFERRED, targets, Referral)

    def _begin(
        self, arrival: Arrival, event: Event, targets: list[Target], kind: type[Watch]
    ) -> None:
        terms, request, attempt = self._shared.terms, arrival.request, arrival.attempt
        if not request.headers.contacts:
            raise BadMessage(400, "Missing Contact")
        content, described = read(request, terms[attempt.trunk])
        if request.headers.has("accept"):
            here = terms[attempt.trunk]
            targets = [each for each in targets if accepted(request, here, terms[each.trunk])]
            if not targets:
                raise BadMessage(406, "It accepts no type that crosses")
        targets = [each for each in targets if content.fits(terms[each.trunk])]
        if described is not None or not targets:
            raise BadMessage(415, "A body which does not go there")
        self._admit(attempt)
        trusted = terms[attempt.trunk].trusted
        peer = Peer(attempt.zone, attempt.trunk, trusted, attempt.user)
        asked = Asked(arrival, peer, content.proved(attempt.user))
        watch = kind(self._shared, asked, event, targets, self._opening, self._over)
        self.watches[watch] = None
        self._count(peer, 1)
        self._safely(watch, watch.send)

    def _admit(self, attempt: Attempt) -> None:
        most = self._shared.terms[attempt.trunk].limits.subscriptions
        full = (
            len(self.watches) >= MOST
            or self._held[attempt.trunk, None] >= most
            or (attempt.user and self._held[attempt.trunk, attempt.user] >= MOST_OF_A_USER)
        )
        if full:
            raise BadMessage(503, "Too many subscriptions")

    def _count(self, peer: Peer, by: int) -> None:
        for holder in {(peer.trunk, None), (peer.trunk, peer.user)}:
            self._held[holder] += by
            if not self._held[holder]:
                del self._held[holder]

    def _over(self, watch: Watch) -> None:
        if watch in self.watches:
            del self.watches[watch]
            self._count(watch.peer, -1)

    def shown(self) -> list[dict[str, object]]:
        return [each.shown() for watch in self.watches for each in watch.forks.values()]

    def by_trunk(self) -> dict[str, int]:
        """Of whoever holds any."""
        return {trunk: held for (trunk, user), held in self._held.items() if user is None}

    # --- what belongs to them ---------------------------------------------------------------------

    def knows(self, request: Request, flow: Flow) -> bool:
        return self._half(request, flow) is not None or self._opened(request, flow) is not None

    def received(self, key: Key, request: Request, flow: Flow) -> bool:
        """A request within a dialog; False: it is none of ours."""
        half, watch = self._half(request, flow), self._opened(request, flow)
        if half is not None:
            watch, subscription = half.subscription.watch, half.subscription
            act = partial(subscription.received, half, key, request, flow)
        elif watch is not None:
            act = partial(self._notified, watch, key, request, flow)
        else:
            return False
        if not self._safely(watch, act):
            self._wire.respond(key, build_response(request, 500))
        return True

    def _notified(self, watch: Watch, key: Key, request: Request, flow: Flow) -> None:
        try:
            watch.notified(key, request, flow)
        except BadMessage as bad:
            self._wire.respond(key, build_response(request, bad.status))

    def _half(self, request: Request, flow: Flow) -> Half | None:
        headers = request.headers
        dialog = (headers.call_id, headers.to.tag or "", headers.from_.tag or "")
        half = self._wire.halves.get(dialog)
        return None if half is None or half.flow.interface != flow.interface else half

    def _opened(self, request: Request, flow: Flow) -> Watch | None:
        """The SUBSCRIBE of ours that a NOTIFY in no dialog yet is for."""
        watch = self._opening.get(request.headers.call_id)
        if watch is None or request.method != "NOTIFY":
            return None
        return watch if watch.is_named(request.headers.to.tag, flow) else None

    # --- how they end -----------------------------------------------------------------------------

    def lost(self, flow: Flow) -> None:
        """A connection has ended. A phone cannot be reached by another; a trunk can."""
        for half in list(self._wire.halves.values()):
            subscription = half.subscription
            if half is subscription.near and half.flow == flow and half.peer.user is not None:
                self._safely(subscription.watch, subscription.subscriber_lost)

    def stop(self) -> None:
        for watch in list(self.watches):
            for subscription in list(watch.forks.values()):
                self._safely(watch, subscription.stop)

    def _safely(self, watch: Watch, act: Callable[[], None]) -> bool:
        """A fault ends this one and no other."""
        try:
            act()
        except Exception as error:
            text = "".join(format_exception(error))
            self._wire.note("call_fault", {"where": type(error).__name__}, traceback=text)
            watch.abandon()
            return False
        return True
