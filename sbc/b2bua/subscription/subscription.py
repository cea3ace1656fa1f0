"""One subscription through the border: two halves, and what crosses between them (RFC 6665).

Which event does what in which state stands in `figure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbc.b2bua.causes import passed_on
from sbc.b2bua.content import Content, read, read_leniently
from sbc.b2bua.crossing import Field
from sbc.b2bua.subscription.figure import TABLE, Do, On, State
from sbc.b2bua.subscription.half import Asking, Half
from sbc.b2bua.wire import GIVE_UP
from sbc.policy.hops import DEFAULT
from sbc.sip.errors import BadMessage
from sbc.sip.event import Event, SubscriptionState
from sbc.sip.message import Request, Response
from sbc.transaction.events import Key

if TYPE_CHECKING:
    from sbc.actions import Flow
    from sbc.b2bua.subscription.watch import Watch

GONE = frozenset({404, 405, 410, 416, *range(480, 486), 489, 501, 604})
"""With these the peer says that the subscription is over (RFC 6665 §4.1.2.2, §4.2.2)."""
UNSAID = 3600
"""Seconds, where neither side said how long."""
GRACE = GIVE_UP
"""Seconds after its end in which the notifier may still say so."""
LIST = "eventlist"
"""RFC 4662: one subscription to several resources."""
MOST_WAITING = 8
"""Requests in one half that wait for the other one."""
_OURS = frozenset({"Event", "Expires", "Subscription-State"})
_SAID = {"pending": On.PENDING, "active": On.ACTIVE, "terminated": On.TERMINATED}


class Subscription:
    def __init__(self, watch: Watch, near: Half, far: Half) -> None:
        """`near`: towards the subscriber, `far`: towards the notifier."""
        self.watch = watch
        self.near, self.far = near, far
        near.subscription = far.subscription = self
        self.wire = near.wire
        self.state = State.NOTIFY_WAIT
        self._last: Key | None = None
        """The NOTIFY that ended it."""
        self.expires_at = 0.0
        self.began = self.wire.now
        self.notified = 0
        """NOTIFYs that crossed."""
        self.granted(watch.asked)

    # --- what the peers ask -----------------------------------------------------------------------

    def received(self, half: Half, key: Key, request: Request, flow: Flow) -> None:
        refusal = half.dialog.accepts(request)
        if refusal is not None:
            self.wire.respond(key, half.response(request, refusal.status, ()))
            return
        half.flow_heard(flow)
        half.asked[key] = request
        try:
            if len(half.asked) > MOST_WAITING:
                raise BadMessage(500, "Too many requests wait")
            if half is self.far and request.method == "NOTIFY":
                self._notified(key, request)
            elif half is self.near and request.method == "SUBSCRIBE":
                self._refresh_asked(key, request)
            else:
                raise BadMessage(405, "Not within a subscription")
        except BadMessage as bad:
            half.respond(key, bad.status)

    def _notified(self, key: Key, request: Request) -> None:
        headers = request.headers
        if not self.watch.far_means(Event.parse(headers.get("event"))):
            raise BadMessage(489, "Another event")
        said = SubscriptionState.parse(headers.get("subscription-state"))
        insists(request, LIST)
        on = _SAID[said.name]
        if on not in TABLE[self.state]:
            raise BadMessage(481, "It is over")
        content = self._reported(request, last=on is On.TERMINATED)
        self._heard(said)
        self._on(on, key, _of_notify(self.watch.event, request, said, content))

    def _reported(self, request: Request, *, last: bool) -> Content:
        """Of the last NOTIFY what does not cross stays behind: the end must not get lost."""
        terms, translation = self.far.terms, self.watch.translation(self)
        if last:
            return read_leniently(request, terms, translation)[0]
        content, described = read(request, terms, translation)
        if described is not None or not content.fits(self.near.terms):
            raise BadMessage(415, "A body which does not cross")
        return content

    def _heard(self, said: SubscriptionState) -> None:
        self.wire.timers.clear((self, "silent"))
        if said.name != "terminated" and said.expires is not None:
            self.granted(said.expires)

    def _cross(self, key: Key, content: Content) -> None:
        request = self.far.asked[key]
        left = hops_left(request)
        if left < 0:
            self.far.respond(key, 483)
            return
        if self.state is State.ENDING:
            self._last = key
        self.notified += 1
        self.near.request("NOTIFY", (), content, left, key)

    def _refresh_asked(self, key: Key, request: Request) -> None:
        """A SUBSCRIBE within the dialog: it goes on, or ends."""
        headers, watch = request.headers, self.watch
        if not watch.means(Event.parse(headers.get("event"))):
            raise BadMessage(489, "Another event")
        if self.state in {State.ENDING, State.LEAVING}:
            raise BadMessage(481, "It is over")
        insists(request)
        left = hops_left(request)
        if left < 0:
            raise BadMessage(483, "Too many hops")
        content, described = read(request, self.near.terms)
        if described is not None or not content.fits(self.far.terms):
            raise BadMessage(415, "A body which does not cross")
        watch.asked = headers.expires
        fields = (*watch.says(request), *watch.proof(request))
        self.far.request("SUBSCRIBE", fields, without_ours(content), left, key)
        self.await_notify()

    # --- what they answer -------------------------------------------------------------------------

    def answered(self, half: Half, asking: Asking, response: Response) -> None:
        if half is self.far:
            self._refresh_answered(asking, response)
        else:
            self._notify_answered(asking, response)

    def _refresh_answered(self, asking: Asking, response: Response) -> None:
        status = response.status
        if asking.back is None:
            if status >= 300:
                self._on(On.NOTIFIER_GONE)
            return
        content, _ = read_leniently(response, self.far.terms)
        fields = told_back(response)
        if status < 300:
            granted = response.headers.expires
            self.granted(self.watch.asked if granted is None else granted)
            fields = (*fields, ("Expires", str(self.lasts())))
        if status >= 300 or status == 204:
            self.wire.timers.clear((self, "silent"))
        challenge = self.watch.challenge_of(response)
        back = status if challenge else passed_on(status)
        self.near.respond(asking.back, back, (*fields, *challenge), without_ours(content))
        if status in GONE:
            self._on(On.NOTIFIER_GONE)

    def _notify_answered(self, asking: Asking, response: Response) -> None:
        if asking.back is None:
            return
        gone = response.status in GONE
        content, _ = read_leniently(response, self.near.terms)
        status = 481 if gone else passed_on(response.status)
        self.far.respond(asking.back, status, (), without_ours(content))
        if asking.back == self._last:
            self._on(On.DELIVERED)
        elif gone:
            self._on(On.SUBSCRIBER_GONE)

    def unanswered(self, half: Half, asking: Asking, cause: str) -> None:
        """A refresh that got nowhere leaves what was granted; whoever takes no NOTIFY is gone."""
        if half is self.far:
            if asking.back is None:
                self._on(On.NOTIFIER_GONE)
            else:
                self.wire.timers.clear((self, "silent"))
                self.near.respond(asking.back, 504 if cause == "timeout" else 503)
        elif asking.back is not None:
            self.far.respond(asking.back, 481)
            self._on(On.SUBSCRIBER_GONE)

    # --- time -------------------------------------------------------------------------------------

    def await_notify(self) -> None:
        """Timer N (RFC 6665 §4.1.2)."""
        self.wire.timer((self, "silent"), GIVE_UP)

    def granted(self, seconds: int | None) -> None:
        lasts = UNSAID if seconds is None else seconds
        self.expires_at = self.wire.now + lasts
        self.wire.timer((self, "expired"), lasts + GRACE)

    def lasts(self) -> int:
        return max(0, round(self.expires_at - self.wire.now))

    def shown(self) -> dict[str, object]:
        """For operators; whole seconds."""
        watch, wire = self.watch, self.wire
        return {
            "from_trunk": self.near.trunk,
            "to_trunk": self.far.trunk,
            "event": watch.event.package,
            "from": watch.parties.caller,
            "to": watch.parties.called,
            "state": self.state.name.lower(),
            "age": round(wire.now - self.began),
            "expires_in": self.lasts(),
            "notified": self.notified,
        }

    def timer(self, name: str) -> None:
        self._on(On.SILENT if name == "silent" else On.EXPIRED)

    # --- what becomes of it -----------------------------------------------------------------------

    def subscriber_lost(self) -> None:
        self._on(On.SUBSCRIBER_GONE)

    def stop(self) -> None:
        self._on(On.STOP)

    def abandon(self) -> None:
        """By a fault."""
        self.watch.abandon()

    def _on(self, on: On, key: Key | None = None, content: Content | None = None) -> None:
        row = TABLE[self.state].get(on)
        if row is None:
            return
        self.state = row.state
        for effect in row.effects:
            self._do(effect, on, key, content)

    def _do(self, effect: Do, on: On, key: Key | None, content: Content | None) -> None:
        match effect:
            case Do.CROSS:
                assert key is not None
                assert content is not None
                self._cross(key, content)
            case Do.ACCEPT:
                assert key is not None
                self.far.respond(key, 200)
            case Do.TELL_TIMEOUT:
                self._tell("timeout")
            case Do.TELL_DEACTIVATED:
                self._tell("deactivated")
            case Do.LEAVE:
                event = ("Event", str(self.watch.far_event))
                self.far.request("SUBSCRIBE", (event, ("Expires", "0")))
                self.await_notify()
            case Do.FORGET:
                self.forget(on.name.lower())

    def _tell(self, reason: str) -> None:
        said = SubscriptionState("terminated", reason=reason)
        self.near.request(
            "NOTIFY", (("Event", str(self.watch.event)), ("Subscription-State", str(said)))
        )

    def forget(self, why: str) -> None:
        self.state = State.TERMINATED
        self.wire.timers.clear((self, "silent"))
        self.wire.timers.clear((self, "expired"))
        self.near.end()
        self.far.end()
        self.watch.ended(self, why)


def insists(request: Request, *known: str) -> None:
    """Raises BadMessage for what the peer requires, and we do not know."""
    if any(tag not in known for tag in request.headers.require):
        raise BadMessage(420, "Bad Extension")


def hops_left(request: Request) -> int:
    forwards = request.headers.max_forwards
    return (DEFAULT if forwards is None else forwards) - 1


def without_ours(content: Content) -> Content:
    """What this package says by itself does not cross by the general list."""
    kept = tuple(field for field in content.fields if field[0] not in _OURS)
    return content.with_fields(kept)


def told_back(response: Response) -> tuple[Field, ...]:
    least = response.headers.get("min-expires") or ""
    if response.status == 423 and least.isascii() and least.isdigit() and len(least) <= 10:
        return (("Min-Expires", least),)
    return ()


def _of_notify(
    event: Event, request: Request, said: SubscriptionState, content: Content
) -> Content:
    own: list[Field] = [("Event", str(event)), ("Subscription-State", str(said))]
    if LIST in request.headers.require:
        own.append(("Require", LIST))
    content = without_ours(content)
    return content.with_fields((*own, *content.fields))
