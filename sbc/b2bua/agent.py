"""The back-to-back user agent: which call each transaction event belongs to, and which calls there
are.

A fault in one call ends that call and no other (it is noted with its trace, which replays it).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from traceback import format_exception

from media.control import (
    Close,
    Command,
    Event,
    Failed,
    KeyTaken,
    Opened,
    PressKey,
    Reply,
    SessionReport,
)
from sbc.actions import Flow, Journal
from sbc.b2bua import incoming, media_news, setup, teardown
from sbc.b2bua.call import Call, Shared, State
from sbc.b2bua.caller import Caller
from sbc.b2bua.causes import FAULT
from sbc.b2bua.events import (
    CallEvent,
    DirectDue,
    JoinDue,
    KeptSilent,
    LastedTooLong,
    NotReported,
    PlanRefused,
    PortsFound,
    PortsRefused,
    RangTooLong,
    RelayLost,
    Reported,
    Stopping,
)
from sbc.b2bua.figure import handle
from sbc.b2bua.out_of_dialog import OutOfDialog
from sbc.b2bua.quality.ledger import Ledger
from sbc.b2bua.record import record_of
from sbc.b2bua.stray import end_stray
from sbc.b2bua.subscription.half import Half
from sbc.b2bua.subscription.publications import Publications
from sbc.b2bua.subscription.subscription import Subscription
from sbc.b2bua.subscription.watch import Watch
from sbc.b2bua.trace import Trace
from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import GIVE_UP, Raised
from sbc.location.finder import Finder
from sbc.nat.keeper import Keeper
from sbc.registrar.absorbing import Absorbing
from sbc.registrar.registrar import Registrar
from sbc.registrar.relaying import Relayed
from sbc.sip.message import Request, build_response
from sbc.transaction.events import Failed as TransactionFailed
from sbc.transaction.events import Key
from sbc.transaction.layer import (
    AckReceived,
    Cancelled,
    RequestReceived,
    ResponseReceived,
    StraySuccess,
)
from sbc.upstream.registration import Registration

_TIMED: dict[str, Callable[[], CallEvent]] = {
    "direct": DirectDue,
    "duration": LastedTooLong,
    "join": JoinDue,
    "ring": RangTooLong,
    "silence": KeptSilent,
}

SWEEP = 3 * GIVE_UP
"""Seconds after a fault; until then each leg of its call may still be ended in good order."""
RECENT = 500
"""Ended calls whose ladder is kept."""
MOST_STRAYS = 32
"""Late forks that are accepted and ended within 64·T1. Each costs us a dozen datagrams, and one
datagram, whose source may be forged, is all that it takes to have one ended."""


class Agent:
    def __init__(self, shared: Shared, out_of_dialog: OutOfDialog) -> None:
        self._shared = shared
        self._wire = shared.wire
        self._out_of_dialog = out_of_dialog
        self.subscriptions = out_of_dialog.subscriptions
        self.publications = out_of_dialog.publications
        self.ledger = out_of_dialog.ledger
        self.calls: dict[str, Call] = {}
        """Those that have no record yet, by uid; in the order in which they began."""
        self.recent: dict[str, tuple[dict[str, object], Trace]] = {}
        """The last calls that are over: what operators ask about most, with their ladders."""
        self.elsewhere: Callable[[Raised], bool] | None = None
        """Takes what belongs to no call, as of a proxy; None: there is nothing of the kind."""
        self._invites: dict[Key, Call] = {}
        self.in_use: Counter[str | tuple[str, str]] = Counter()
        """Calls from each trunk or access group, and from each user of one."""
        shared.adopt = self._adopt
        shared.admit = partial(out_of_dialog.admit, self.in_use.__getitem__)
        """Calls from each trunk."""
        self._strays: deque[float] = deque(maxlen=MOST_STRAYS)
        """When the last of them came."""

    def settle(self) -> None:
        """Deal with everything that this input has raised, until nothing is left."""
        wire = self._wire
        while wire.raised or wire.told:
            while wire.told:
                call, event = wire.told.popleft()
                self._try(call, partial(handle, call, event))
            if wire.raised:
                self._transaction_event(wire.raised.popleft())

    def _transaction_event(self, event: Raised) -> None:
        if self.elsewhere is not None and self.elsewhere(event):
            return
        match event:
            case RequestReceived(key, request, flow):
                self._request(key, request, flow)
            case AckReceived(request, flow):
                usage = self._usage(request, flow)
                if usage is not None:
                    usage.leg.heard(request)
                    self._try(usage.leg.call, partial(incoming.acknowledged, usage, request))
            case ResponseReceived() | TransactionFailed():
                self._concluded(event)
            case Cancelled(key, reasons):
                self._cancelled(key, reasons)
            case StraySuccess(response, flow):
                if self._may_end_stray():
                    end_stray(self._wire, response, flow)

    def _may_end_stray(self) -> bool:
        now, strays = self._wire.now, self._strays
        if len(strays) == MOST_STRAYS and now - strays[0] < GIVE_UP:
            return False
        strays.append(now)
        return True

    def _concluded(self, event: ResponseReceived | TransactionFailed) -> None:
        owner = self._wire.owners.get(event.key)
        if owner is None:
            return  # nobody waits for it: it ended something stray, or its call ended by a fault
        if isinstance(event, ResponseReceived):
            self._wire.accounts.heard(owner.trunk, event.response, event.flow)
            action = partial(owner.responded, event.key, event.response, event.flow)
        else:
            action = partial(owner.failed, event.key, event.cause)
        self._apart(owner, owner.call, action)

    def _request(self, key: Key, request: Request, flow: Flow) -> None:
        if not request.headers.to.tag:
            self._begin(key, request, flow)
            return
        usage = self._usage(request, flow)
        if usage is None:
            if not self.subscriptions.received(key, request, flow):
                self._wire.respond(key, build_response(request, 481))
            return
        usage.leg.heard(request)
        if not self._try(usage.leg.call, partial(incoming.received, usage, key, request, flow)):
            self._wire.respond(key, build_response(request, 500))

    def _begin(self, key: Key, request: Request, flow: Flow) -> None:
        try:
            call = self._out_of_dialog.receive(key, request, flow, self.in_use.__getitem__)
            if call is not None:
                setup.take_target(call)
        except Exception as error:
            self._note_fault("", error)
            self._wire.respond(key, build_response(request, 500, to_tag=self._wire.tokens.token()))
            return
        if call is None:
            return
        self._invites[key] = call
        self._start(call)

    def _adopt(self, call: Call) -> None:
        setup.take_target(call)
        self._start(call)

    def _start(self, call: Call) -> None:
        self.calls[call.uid] = call
        self._count(call, 1)
        self._wire.actions.append(Journal("start", call.uid, record_of(call, self._wire.now)))
        self._try(call, partial(setup.begin, call))

    def _remove(self, call: Call) -> None:
        if self.calls.pop(call.uid, None) is not None:
            self._invites.pop(call.caller.key, None)
            self._count(call, -1)
            self.recent[call.uid] = (call.record, call.trace)
            if len(self.recent) > RECENT:
                del self.recent[next(iter(self.recent))]

    def _count(self, call: Call, change: int) -> None:
        peer, in_use = call.facts.caller, self.in_use
        in_use[peer.trunk] += change
        if peer.user is not None:
            user = (peer.trunk, peer.user)
            in_use[user] += change
            if not in_use[user]:
                del in_use[user]

    def _cancelled(self, key: Key, reasons: Sequence[str]) -> None:
        call = self._invites.get(key)
        if call is not None:
            self._try(call, partial(call.caller.cancelled, reasons))
            return
        for usage in self._wire.usages.values():  # of a re-INVITE; rare enough for a search
            if key in usage.asked:
                self._try(usage.leg.call, partial(incoming.cancelled, usage, key))
                return

    def _usage(self, request: Request, flow: Flow) -> Usage | None:
        """The dialog of a request: Call-ID and both tags, and the zone that it was made in (Z1)."""
        headers = request.headers
        dialog = (headers.call_id, headers.to.tag or "", headers.from_.tag or "")
        usage = self._wire.usages.get(dialog)
        if usage is None or usage.leg.flow.interface != flow.interface:
            return None
        return usage

    def knows(self, request: Request, flow: Flow) -> bool:
        """It belongs to a dialog of ours."""
        return self._usage(request, flow) is not None or self.subscriptions.knows(request, flow)

    def lost(self, flow: Flow) -> None:
        """A connection has ended."""
        self.subscriptions.lost(flow)

    # --- the relay --------------------------------------------------------------------------------

    def relay_replied(self, serial: int, reply: Reply) -> None:
        asked = self._shared.answered(serial)
        if asked is not None:
            self._answered(serial, *asked, reply)
        elif isinstance(reply, Failed):
            call = self._of_session(reply.session)
            if call is not None:
                self._wire.tell(call, PlanRefused())

    def _answered(self, serial: int, call: Call, command: Command, reply: Reply | None) -> None:
        """To a question of `call`; None: there will be no answer."""
        match command, reply:
            case Close(), SessionReport():
                self._wire.tell(call, Reported(reply))
            case Close(), _:
                self._wire.tell(call, NotReported())
            case PressKey(), KeyTaken():
                pass
            case PressKey(), _:
                self._wire.note("key_not_played", call.labels(), call=call.uid)
            case _, Opened():
                self._wire.tell(call, PortsFound(serial, reply))
            case _, _:
                reason = reply.reason if isinstance(reply, Failed) else None
                self._wire.tell(call, PortsRefused(serial, reason))

    def _of_session(self, session: str) -> Call | None:
        """The call whose media this is; not one that has other media by now."""
        call = self.calls.get(session.partition(".")[0])
        return call if call is not None and call.plan.session == session else None

    def relay_told(self, event: Event) -> None:
        call = self._of_session(event.session)
        if call is not None:
            media_news.heard(self._wire, call, event)

    def relay_lost(self) -> None:
        self._shared.relay_up = False
        self._shared.forget_asks()
        for call in list(self.calls.values()):
            self._wire.tell(call, RelayLost())

    def stop(self) -> None:
        for call in list(self.calls.values()):
            self._wire.tell(call, Stopping())
        self.subscriptions.stop()
        self.ledger.stop()

    # --- time and faults --------------------------------------------------------------------------

    def timer(self, key: object) -> None:
        match key:
            case ("forget", tuple() as transaction):
                owner = self._wire.owners.pop(transaction, None)
                if owner is not None:  # who still waits for an outcome has waited in vain
                    self._try(owner.call, partial(owner.failed, transaction, "timeout"))
            case ("ask", int() as serial):
                asked = self._shared.answered(serial)
                if asked is not None:
                    self._answered(serial, *asked, None)
            case ("sweep", Call() as call):
                self._sweep(call)
            case (Call() as call, str() as name):
                self._wire.tell(call, _TIMED[name]())
            case (Usage() as usage, str() as name):
                self._try(usage.leg.call, partial(usage.timer, name))
            case (
                Registration()
                | Registrar()
                | Absorbing()
                | Relayed()
                | Keeper()
                | Finder()
                | Ledger()
                | Publications()
                | Subscription()
                | Watch() as owner,
                str() as name,
            ):
                self._apart(owner, None, partial(owner.timer, name))
            case (Caller() as caller, Usage() as usage):
                self._try(caller.leg.call, partial(caller.timer, usage))
            case _:
                raise AssertionError(f"a timer of nobody: {key!r}")

    def _apart(self, owner: object, call: Call | None, action: Callable[[], None]) -> None:
        """A fault also ends a subscription, which belongs to no call."""
        if not self._try(call, action) and isinstance(owner, Half | Subscription | Watch):
            self._try(None, owner.abandon)

    def _try(self, call: Call | None, action: Callable[[], None]) -> bool:
        """Do it; a fault ends this call and no other. None: it concerns no call."""
        try:
            action()
        except Exception as error:
            self._fault(call, error)
            return False
        finally:
            if call is not None and call.state is State.ENDED:
                self._remove(call)
        return True

    def _fault(self, call: Call | None, error: Exception) -> None:
        """End the call in good order; if that is at fault too, without any."""
        self._note_fault(call.uid if call is not None else "", error)
        if call is None:
            return
        self._wire.timer(("sweep", call), SWEEP)
        if call.record:
            return
        if call.state not in {State.ENDING, State.ENDED}:
            try:
                teardown.finish(call, FAULT, "border")
            except Exception as another:
                self._note_fault(call.uid, another)
            else:
                return
        teardown.abandon(call)

    def _sweep(self, call: Call) -> None:
        """Forget what a fault has kept from its end."""
        wire = self._wire
        for dialog, usage in list(wire.usages.items()):
            if usage.leg.call is call:
                del wire.usages[dialog]
                wire.aliases.forget(usage)
                for name in ("2xx", "patience", "session"):
                    wire.timers.clear((usage, name))
        for key, owner in list(wire.owners.items()):
            if owner.call is call:
                del wire.owners[key]

    def _note_fault(self, uid: str, error: Exception) -> None:
        text = "".join(format_exception(error))
        self._wire.note("call_fault", {"where": type(error).__name__}, call=uid, traceback=text)
