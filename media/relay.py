"""The relay, pure: commands and packets in, actions out. It owns sessions, ports and alarms.

Time is a parameter, randomness is injected, sockets are the engine's. An input that fails is the
fault of one session: `current` names it, and the shell discards it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from math import inf

from media.control import (
    PROTOCOL,
    Address,
    Close,
    Command,
    Dead,
    Dropped,
    Failed,
    Hello,
    KeyTaken,
    ListSessions,
    Open,
    Opened,
    PortCount,
    PressKey,
    Program,
    Programmed,
    Query,
    RelayStatistics,
    Reply,
    Sessions,
    Side,
    SocketDrops,
    Statistics,
    StreamPorts,
    StreamRequest,
    Welcome,
)
from media.dtmf.event import Pressed
from media.engine.flow import EngineAction, Local
from media.identity import Identities
from media.opening import Opening, PortDesk
from media.ports import Choose, MediaInterface, PortCounts
from media.report import NO_TURN, Measuring, Probe, TurnPorts
from media.session import Session
from media.side import SideState
from media.stream import Drops, Stream, Tell
from media.terms import terms_of
from media.value import Value
from media.verdict import USUAL, Limits

ORPHAN_AFTER = 60.0
"""Seconds without media and without signalling, after which a session is given up."""
ORPHAN_LONGEST = 14_400.0
"""Seconds without signalling, after which it is given up though its ends may go on sending: nobody
counts how long they do, and ports must not be theirs for ever."""

_MOST_STREAMS = 64
"""As many as an SDP may have."""
_CNAME_BITS = 96
"""RFC 7022 §4.2"""


class Answer(Value, frozen=True):
    """The reply to the command which came with this ticket."""

    ticket: int
    reply: Reply


Action = EngineAction | Answer | Tell


class Relay:
    def __init__(
        self,
        interfaces: Mapping[str, MediaInterface],
        choose: Choose,
        *,
        name: str = "relay",
        interval: float = 10.0,
        limits: Limits = USUAL,
        identities: Identities | None = None,
        turn: TurnPorts = NO_TURN,
    ) -> None:
        """`identities`: what is shown in DTLS. Without them there is none. `turn`: where clients of
        our TURN server are seen."""
        self.name = name
        """Of one start of the process."""
        self.probe = Probe()
        self._measuring = Measuring(interval, limits, self.probe, turn)
        self._choose = choose
        self._identities = identities
        self._desk = PortDesk(interfaces, choose)
        self._sessions: dict[str, Session] = {}
        self._ends: dict[Local, tuple[Session, Stream, SideState]] = {}
        self._alarms: list[tuple[float, str]] = []
        self.current: str | None = None
        """The session that the last input was about."""
        self.drops: Drops = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def ports(self, now: float) -> dict[str, PortCounts]:
        return self._desk.counts(now)

    def owner(self, local: Local) -> str | None:
        """The session of an RTP port."""
        end = self._ends.get(local)
        return end and end[0].name

    # --- commands ---------------------------------------------------------------------------------

    def command(self, command: Command, now: float, ticket: int = 0) -> list[Action]:
        self.current = None
        match command:
            case Hello():
                return [Answer(ticket, self._hello(command))]
            case ListSessions():
                return [Answer(ticket, Sessions(tuple(self._sessions)))]
            case Statistics():
                return [Answer(ticket, self._statistics(now))]
            case Open():
                self.current = command.session
                return self._open(command, now, ticket)
            case Program() | PressKey() | Query() | Close():
                self.current = command.session
                session = self._sessions.get(command.session)
                if session is None:
                    return [Answer(ticket, Failed(command.session, "no_session", ""))]
                session.orphaned_at = None
                return self._of_session(session, command, now, ticket)

    def _of_session(
        self, session: Session, command: Program | PressKey | Query | Close, now: float, ticket: int
    ) -> list[Action]:
        match command:
            case Program():
                return self._program(session, command, now, ticket)
            case PressKey():
                return [Answer(ticket, self._press(session, command))]
            case Query():
                return [Answer(ticket, session.report(now))]
            case Close():
                report = session.report(now)
                return [*self._end(session, now), Answer(ticket, report)]

    def _press(self, session: Session, command: PressKey) -> Reply:
        if not session.press(command.side, Pressed(command.key, command.milliseconds)):
            return Failed(session.name, "bad_command", "no stream can play this key")
        self._arm(session)
        return KeyTaken(session.name)

    def _hello(self, hello: Hello) -> Reply:
        if hello.protocol != PROTOCOL:
            return Failed("", "bad_command", f"this relay speaks protocol {PROTOCOL}")
        return Welcome(PROTOCOL, self.name, len(self._sessions))

    def _statistics(self, now: float) -> Reply:
        ports = (
            PortCount(name, counts.free, counts.used, counts.quarantined)
            for name, counts in self.ports(now).items()
        )
        drops = (Dropped(reason, packets) for reason, packets in sorted(self.drops.items()))
        overrun = (SocketDrops(*each) for each in sorted(self.probe.overrun().items()))
        return RelayStatistics(
            len(self), tuple(ports), tuple(drops), tuple(overrun), self.probe.lag()
        )

    def _program(self, session: Session, program: Program, now: float, ticket: int) -> list[Action]:
        """All of it, or nothing."""
        try:
            terms = [() if plan.closed else terms_of(plan) for plan in program.streams]
        except ValueError as error:
            return [Answer(ticket, Failed(session.name, "bad_command", str(error)))]
        for plan in program.streams:
            if not plan.closed and plan.index not in session.streams:
                text = f"stream {plan.index} is not open"
                return [Answer(ticket, Failed(session.name, "bad_command", text))]
            if session.identity is None and (plan.a.dtls or plan.b.dtls):
                text = "this relay has no certificate"
                return [Answer(ticket, Failed(session.name, "bad_command", text))]
        actions: list[Action] = []
        for plan, its_terms in zip(program.streams, terms, strict=True):
            if plan.closed:
                stream = session.removed(plan.index, now)
                actions += self._freed(stream, now) if stream else []
            else:
                actions += session.streams[plan.index].agree(plan, its_terms, now)
        actions += session.bundle()
        session.supervise(program, now)
        self._arm(session)
        return [*actions, Answer(ticket, Programmed(session.name))]

    # --- ports ------------------------------------------------------------------------------------

    def _open(self, request: Open, now: float, ticket: int) -> list[Action]:
        problem = self._problem_of(request)
        if problem is not None:
            return [Answer(ticket, problem)]
        opening, actions = self._desk.begin(
            ticket, request, self._sessions.get(request.session), now
        )
        return [*actions, *self._proceed(opening, now)]

    def _problem_of(self, request: Open) -> Failed | None:
        for stream in request.streams:
            for interface in (stream.interface_a, stream.interface_b):
                if not self._desk.knows(interface):
                    return Failed(request.session, "no_interface", interface)
        indices = [stream.index for stream in request.streams]
        if len(set(indices)) < len(indices) or not all(0 <= i < _MOST_STREAMS for i in indices):
            return Failed(request.session, "bad_command", "indices of streams")
        return None

    def bound(self, local: Local, now: float) -> list[Action]:
        return self._proceed(self._desk.bound(local), now)

    def bind_failed(self, local: Local, now: float) -> list[Action]:
        opening, actions = self._desk.bind_failed(local, now)
        return [*actions, *self._proceed(opening, now)]

    def _proceed(self, opening: Opening, now: float) -> list[Action]:
        self.current = name = opening.request.session
        if opening.failed:
            return [Answer(opening.ticket, Failed(name, "ports_exhausted", "no port is free"))]
        return self._opened(opening, now) if opening.complete else []

    def _opened(self, opening: Opening, now: float) -> list[Action]:
        name = opening.request.session
        session = self._sessions.get(name) or self._begun(name, now)
        session.orphaned_at = None
        actions: list[Action] = []
        for wanted in opening.request.streams:
            actions += self._fit(session, wanted, opening, now)
        ports = tuple(
            StreamPorts(stream.index, stream.a.local[1], stream.b.local[1])
            for stream in (session.streams[wanted.index] for wanted in opening.request.streams)
        )
        fingerprint = "" if session.identity is None else session.identity.fingerprint
        return [*actions, Answer(opening.ticket, Opened(name, ports, fingerprint))]

    def _begun(self, name: str, now: float) -> Session:
        a, b = (f"{self._choose(1 << _CNAME_BITS):024x}".encode() for _ in "ab")
        session = self._sessions[name] = Session(name, (a, b), self._measuring, now)
        if self._identities is not None:
            session.identity = self._identities.current(now)
        self._arm(session)
        return session

    def _fit(
        self, session: Session, wanted: StreamRequest, opening: Opening, now: float
    ) -> Iterator[Action]:
        """The stream with its new ends. One that is wanted on another interface starts afresh."""
        before = session.streams.get(wanted.index)
        ends = (
            self._end_of(session, "a", wanted.index, opening),
            self._end_of(session, "b", wanted.index, opening),
        )
        if before is not None and before.sides == ends:
            return
        where = self.drops, self._ends_at, self._choose
        stream = Stream(session.name, wanted.index, wanted.kind, ends, *where)
        session.streams[wanted.index] = stream
        for side in before.sides if before is not None else ():
            if side not in ends:
                yield self._free(side, now)
        for side in ends:
            self._ends[side.local] = (session, stream, side)
        yield from stream.wire()

    def _end_of(self, session: Session, name: Side, index: int, opening: Opening) -> SideState:
        local = opening.ports.get((index, name))
        if local is None:
            return session.streams[index].end(name)
        cname = session.cnames[0 if name == "a" else 1]
        return SideState(name, local, cname, self._choose, session.identity)

    def _ends_at(self, address: Address) -> list[tuple[Stream, SideState]]:
        """Of streams of ours, those which may be meant by an address in a description."""
        ip, port = address
        ends = (self._ends.get((name, port & ~1)) for name in self._desk.interfaces_at(ip))
        return [end[1:] for end in ends if end is not None]

    def _freed(self, stream: Stream, now: float) -> list[Action]:
        return [self._free(side, now) for side in stream.sides]

    def _free(self, side: SideState, now: float) -> EngineAction:
        del self._ends[side.local]
        return self._desk.release(side.local, now)

    def _end(self, session: Session, now: float) -> list[Action]:
        del self._sessions[session.name]
        return [
            action for stream in session.streams.values() for action in self._freed(stream, now)
        ]

    def discard(self, name: str, now: float) -> list[Action]:
        """After a fault of ours: the session is given up, the others go on."""
        session = self._sessions.get(name)
        if session is None:
            return []
        return [*self._end(session, now), Tell(Dead(name, "subsequent"))]

    # --- packets and time -------------------------------------------------------------------------

    def packet(self, local: Local, data: bytes, source: Address, now: float) -> list[Action]:
        """What no installed flow matches: a new source, RTCP, or nothing that belongs here."""
        interface, port = local
        end = self._ends.get((interface, port & ~1))
        if end is None:
            self.drops["no_session"] += 1
            return []
        session, stream, side = end
        self.current = session.name
        if port & 1:
            actions: list[Action] = [*stream.rtcp(side, data, source, now)]
        else:
            actions = [*stream.rtp(side, data, source, now)]
        if stream.due < session.due:
            session.hurry(stream)
            self._arm(session)
        return actions

    def signalling_lost(self, now: float) -> None:
        """Nobody is there any more to end a session; its silence will.

        Signalling that returns may know nothing of it: it must name those that it keeps.
        """
        for session in self._sessions.values():
            session.orphaned_at = now

    def next_deadline(self) -> float | None:
        return self._alarms[0][0] if self._alarms else None

    def handle_timeout(self, now: float) -> list[Action]:
        """Of one session: there may be more that are due."""
        if not self._alarms or self._alarms[0][0] > now:
            return []
        at, name = heappop(self._alarms)
        session = self._sessions.get(name)
        if session is None or session.armed != at:
            return []
        self.current = name
        session.armed = inf
        return self._look_at(session, now)

    def _look_at(self, session: Session, now: float) -> list[Action]:
        orphaned_at = session.orphaned_at
        if orphaned_at is not None and (
            now - max(session.last_at(), orphaned_at) >= ORPHAN_AFTER
            or now - orphaned_at >= ORPHAN_LONGEST
        ):
            return self._end(session, now)
        actions: list[Action] = [*session.tick(now)] if session.due <= now else []
        self._arm(session)
        return actions

    def _arm(self, session: Session) -> None:
        if session.due < session.armed:
            session.armed = session.due
            heappush(self._alarms, (session.due, session.name))
