"""The NG door's core: commands in, documents out. It keeps the calls, and asks the relay.

The relay lives in the same process and answers at once; it is asked through one function, as its
own door asks it. Time is a parameter. `current` names the call of the last command, so that a fault
of ours can be laid at its door alone.
"""

from collections.abc import Iterable

from media.control import Dead, Event, Reply, SessionReport
from media.control import Query as AskReport
from media.ng.bencode import Read, Value
from media.ng.calls import Calls
from media.ng.command import (
    Answer,
    Block,
    Command,
    Delete,
    ListCalls,
    Offer,
    Ping,
    Query,
    Refused,
    Statistics,
    read_command,
)
from media.ng.counters import Counters, exposed
from media.ng.counters import document as counted
from media.ng.exchange import UNKNOWN_CALL, Ask, Exchange
from media.ng.facing import Random
from media.ng.interfaces import Interfaces
from media.ng.message import error
from media.ng.plans import program
from media.ng.report import Clock, call_report, sums
from media.ng.settings import Settings
from media.ng.talk import End, Talk
from media.ng.timing import Timing

NO_MATCH = "Call-ID not found or tags didn't match"
TOO_MANY = "Parallel session limit reached"
"""Kamailio compares this one, and goes on to another relay."""


class NgCore:
    def __init__(
        self,
        interfaces: Interfaces,
        ask: Ask,
        clock: Clock,
        settings: Settings,
        now: float,
        random: Random,
    ) -> None:
        """`random`: so many bytes that nobody can guess."""
        self.calls = Calls(random)
        self._interfaces = interfaces
        self._ask = ask
        self._clock = clock
        self._settings = settings
        self._exchange = Exchange(self.calls, interfaces, ask, settings)
        self._timing = Timing()
        self.counters = Counters(now)
        self.current: str | None = None
        """The call that the last input was about."""

    # --- what comes in ----------------------------------------------------------------------------

    def message(self, message: dict[str, Read], client: str, now: float) -> dict[str, Value]:
        """`client`: its address, for the statistics."""
        self.current = None
        try:
            command = read_command(message)
            self.counters.count(client, _name(command))
            return self._run(command, now)
        except Refused as refusal:
            self.counters.count(client, "error")
            return error(refusal.reason)

    def relay_told(self, event: Event, now: float) -> None:
        if isinstance(event, Dead):
            talk = self.calls.talk(event.session)
            if talk is not None:
                self.counters.timed_out += 1
                self._end(talk, now)

    def next_deadline(self) -> float | None:
        return self._timing.next()

    def handle_timeout(self, now: float) -> None:
        """One alarm; there may be more."""
        due = self._timing.due(now)
        talk = self.calls.talk(due[1]) if due else None
        if due is None or talk is None or talk.look_at != due[0]:
            return
        self.current = talk.call_id
        if talk.delete_at is not None:
            self._end(talk, now)
        elif not talk.answered:
            self.counters.unanswered += 1
            self._end(talk, now)
        else:
            self._look_at_quiet(talk, now)

    def discard(self, call_id: str, now: float) -> None:
        """After a fault of ours: the call is given up, the others go on."""
        for talk in self.calls.of(call_id):
            self.counters.forced += 1
            self._exchange.close(talk, now)

    # --- commands ---------------------------------------------------------------------------------

    def _run(self, command: Command, now: float) -> dict[str, Value]:
        match command:
            case Ping():
                return {"result": "pong"}
            case Offer():
                return self._offer(command, now)
            case Answer():
                return self._answer(command, now)
            case Delete():
                return self._delete(command, now)
            case Query(party):
                self.current = party.call_id
                return {"result": "ok", **self._report(self._known(command), now)}
            case ListCalls(limit):
                names: list[Value] = [*self.calls.names(limit)]
                return {"result": "ok", "calls": names}
            case Statistics():
                document = self.statistics(now)
                return {"result": "ok", "statistics": document}
            case Block():
                return self._block(command, now)

    def _known(self, query: Query) -> list[Talk]:
        talks = self.calls.matching(query.party)
        if not talks:
            raise Refused(UNKNOWN_CALL)
        return talks

    def _offer(self, offer: Offer, now: float) -> dict[str, Value]:
        self.current = offer.party.call_id
        limit = self._settings.most_calls
        new = offer.party.call_id not in self.calls
        if new and limit is not None and len(self.calls) >= limit:
            self.counters.rejected += 1
            if "load limit" in offer.wishes.supports:
                return {"result": "load limit", "message": TOO_MANY}
            raise Refused(TOO_MANY)
        talk, sdp = self._exchange.offer(offer, now)
        self.counters.managed += new
        self._timing.set(talk, now)
        return {"result": "ok", "sdp": sdp}

    def _answer(self, answer: Answer, now: float) -> dict[str, Value]:
        self.current = answer.party.call_id
        talk, sdp = self._exchange.answer(answer, now)
        self._timing.set(talk, now)
        return {"result": "ok", "sdp": sdp}

    def _delete(self, delete: Delete, now: float) -> dict[str, Value]:
        self.current = delete.party.call_id
        talks = self.calls.matching(delete.party)
        if not talks:
            return error(NO_MATCH) if delete.fatal else {"result": "ok", "warning": NO_MATCH}
        delay = self._settings.delete_delay if delete.delay is None else delete.delay
        reports = []
        for talk in talks:
            if delay > 0:
                talk.delete_at = now + delay
                self._timing.set(talk, now)
                reports.append((talk, self._ask(AskReport(talk.session), now)))
            else:
                self.counters.regular += 1
                reports.append((talk, self._end(talk, now)))
        return {"result": "ok", **({} if delete.fast else self._told(reports))}

    def _block(self, block: Block, now: float) -> dict[str, Value]:
        self.current = block.party.call_id
        talks = self.calls.of(block.party.call_id)
        if not talks:
            raise Refused("Unknown call-ID")
        if block.what == "dtmf":
            raise Refused("DTMF is not blocked apart from the media")
        for talk in talks:
            for end in _blocked(talk, block):
                if block.what == "media":
                    end.blocked = block.on
                else:
                    end.silenced = block.on
            self._ask(program(talk, self._settings), now)
        return {"result": "ok"}

    # --- what is known ----------------------------------------------------------------------------

    def statistics(self, now: float) -> dict[str, Value]:
        return counted(self.counters, len(self.calls), now)

    def metrics(self, now: float) -> str:
        return exposed(self.counters, len(self.calls), now)

    def _report(self, talks: Iterable[Talk], now: float) -> dict[str, Value]:
        return self._told([(talk, self._ask(AskReport(talk.session), now)) for talk in talks])

    def _told(self, reports: Iterable[tuple[Talk, Reply]]) -> dict[str, Value]:
        known = [(talk, each) for talk, each in reports if isinstance(each, SessionReport)]
        return call_report(known, self._interfaces, self._clock)

    # --- ends -------------------------------------------------------------------------------------

    def _end(self, talk: Talk, now: float) -> Reply:
        """Its last report."""
        report = self._exchange.close(talk, now)
        if isinstance(report, SessionReport):
            total = sums([report])
            self.counters.packets += total.packets
            self.counters.bytes += total.bytes
            self.counters.errors += total.errors
        self.counters.seconds += now - talk.created
        return report

    def _look_at_quiet(self, talk: Talk, now: float) -> None:
        """A held call sends nothing, or RTCP alone; but not for ever."""
        report = self._ask(AskReport(talk.session), now)
        heard = sums([report]).packets if isinstance(report, SessionReport) else 0
        if heard == talk.heard:
            self.counters.quiet += 1
            self._end(talk, now)
        else:
            talk.heard = heard
            self._timing.set(talk, now)


def _blocked(talk: Talk, block: Block) -> list[End]:
    """One party with a from-tag and `directional`, a label or an address; else all."""
    ends = [talk.a, talk.b]
    if block.label is not None:
        return [end for end in ends if end.label == block.label]
    if block.address is not None:
        return [
            end
            for end in ends
            if any(view.rtp and view.rtp[0] == block.address for view in end.views)
        ]
    if block.directional and block.party.from_tag is not None:
        return [end for end in ends if end.tag == block.party.from_tag]
    return ends


def _name(command: Command) -> str:
    match command:
        case ListCalls():
            return "list"
        case Block():
            return "block" if command.on else "unblock"
        case _:
            return type(command).__name__.lower()
