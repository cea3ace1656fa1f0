"""The whole relay in virtual time: its core, an engine without sockets, and signalling by hand."""

from io import StringIO
from itertools import count
from random import Random
from typing import Any

from media.control import (
    Address,
    Command,
    Event,
    Judged,
    Open,
    Opened,
    Program,
    Programmed,
    Query,
    Reply,
    SessionReport,
    SidePlan,
    StreamPlan,
    StreamPorts,
    StreamRequest,
)
from media.engine.flow import Local
from media.identity import Identities
from media.ports import MediaInterface
from media.relay import Relay
from media.report import NO_TURN, TurnPorts
from media.shell import Shell
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan
from tests.support.virtual_engine import Datagram, VirtualEngine

WAN = MediaInterface(("198.51.100.1",), 20000, 20099, 32.0)
LAN = MediaInterface(("10.20.0.5",), 30000, 30099, 32.0)
ALICE = ("192.0.2.7", 4000)
BOB = ("10.20.0.11", 5000)


class RelayWorld:
    def __init__(
        self,
        wan: MediaInterface = WAN,
        lan: MediaInterface = LAN,
        log: StringIO | None = None,
        *,
        identities: Identities | None = None,
        turn: TurnPorts = NO_TURN,
    ) -> None:
        self.now = 1000.0
        self.relay = Relay(
            {"wan": wan, "lan": lan},
            Random(7).randrange,
            name="r1",
            interval=10.0,
            identities=identities,
            turn=turn,
        )
        self.told: list[Event] = []
        self.log = log or StringIO()
        self.shell = Shell(self.relay, self.log)
        self.engine = VirtualEngine(self.shell.packet)
        self.shell.use(self.engine, self.told.append)
        self._sequence = count(1)

    def ask(self, command: Command) -> Reply:
        replies: list[tuple[int, Reply]] = []
        self.shell.command(command, 7, lambda *reply: replies.append(reply), self.now)
        ((ticket, reply),) = replies
        assert ticket == 7
        return reply

    def open(self, session: str = "c1", *indices: int) -> list[StreamPorts]:
        streams = tuple(StreamRequest(i, "audio", "wan", "lan") for i in indices or (0,))
        reply = self.ask(Open(session, streams))
        assert isinstance(reply, Opened), reply
        return list(reply.streams)

    def program(
        self,
        a: SidePlan,
        b: SidePlan,
        session: str = "c1",
        *,
        index: int = 0,
        supervise: bool = False,
        closed: bool = False,
        opaque: bool = False,
    ) -> None:
        plan = StreamPlan(index, a, b, closed, opaque)
        reply = self.ask(Program(session, (plan,), supervise, initial=30.0, subsequent=60.0))
        assert reply == Programmed(session), reply

    def call(self, session: str = "c1", **alice: Any) -> tuple[Local, Local]:
        """An answered call with both ends known; our port for each."""
        (ports,) = self.open(session)
        self.program(side_plan(ALICE, **alice), side_plan(BOB), session, supervise=True)
        return ("wan", ports.a), ("lan", ports.b)

    def report(self, session: str = "c1") -> SessionReport:
        reply = self.ask(Query(session))
        assert isinstance(reply, SessionReport), reply
        return reply

    def arrive(self, local: Local, data: bytes, source: Address) -> list[Datagram]:
        """What goes out because of this datagram."""
        self.engine.taken_out()
        self.engine.arrive(local, data, source, self.now)
        return self.engine.taken_out()

    def speak(self, local: Local, source: Address) -> list[Datagram]:
        """One RTP packet."""
        number = next(self._sequence)
        return self.arrive(local, rtp(number, 160 * number), source)

    def advance(self, seconds: float) -> None:
        """From alarm to alarm."""
        end = self.now + seconds
        while (due := self.relay.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.shell.timeout(self.now)
        self.now = end

    def events(self) -> list[Event]:
        """But for judgements, which come and go with each interval."""
        told: list[Event] = [each for each in self.told if not isinstance(each, Judged)]
        self.told[:] = [each for each in self.told if isinstance(each, Judged)]
        return told

    def judgements(self) -> list[Judged]:
        told = [each for each in self.told if isinstance(each, Judged)]
        self.told[:] = [each for each in self.told if not isinstance(each, Judged)]
        return told
