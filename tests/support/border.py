"""The signalling core between scripted peers, in virtual time: what comes in and what goes out,
exactly.

The relay is played by a few lines: it hands out ports in order and reports nothing. Tests which
need real media use `world` instead.
"""

from collections.abc import Sequence

from media.control import (
    Close,
    Command,
    Failed,
    Open,
    Opened,
    Program,
    Programmed,
    SessionReport,
    StreamPorts,
    Welcome,
)
from media.control import Reply as RelayReply
from sbc.actions import (
    Action,
    AskRelay,
    Flow,
    Journal,
    Note,
    Resolve,
    RevokeTurn,
    StoreBinding,
    Transmit,
)
from sbc.core import Core
from sbc.location.records import Question
from sbc.sip.message import Request, Response, parse
from sbc.tokens import Tokens
from tests.support.configs import config

CALLER = Flow("wan", "udp", ("192.0.2.1", 5060))
CALLEE = Flow("lan", "udp", ("10.20.0.11", 5060))

Message = Request | Response


class Border:
    def __init__(self, text: str | None = None, *, relay: bool = True, ports: int = 1000) -> None:
        self.core = Core(config(text) if text else config(), Tokens(b"test"), epoch=1.7e9)
        self.now = 100.0
        self.out: list[tuple[Flow, Message]] = []
        """Sent and not yet taken, in order."""
        self.sent: list[tuple[Flow, bytes]] = []
        """Everything that was ever sent, in order."""
        self.notes: list[Note] = []
        self.records: list[dict[str, object]] = []
        self.started: list[str] = []
        self.questions: list[Question] = []
        """What the DNS was asked."""
        self.stored: dict[tuple[str, str, str], dict[str, object] | None] = {}
        """What the store was told of each binding."""
        self.revoked: list[str] = []
        """Whose TURN accounts were taken back."""
        self.commands: list[Command] = []
        self.answers_relay = True
        self.unanswered: list[AskRelay] = []
        """What the relay was asked while it kept silent."""
        self.ports_left = ports
        self._port = 30000
        if relay:
            self.perform(self.core.relay_up(Welcome(1, "relay", 0), self.now))

    # --- inputs ---

    def receive(self, message: Message | bytes, flow: Flow) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        self.perform(self.core.receive(data, flow, self.now))

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.core.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.perform(self.core.handle_timeout(self.now))
        self.now = until

    def over(self) -> bool:
        """Let time run out; nothing may be left, and each call that began has one record."""
        self.wait(400)
        uids = [record["uid"] for record in self.records]
        return (
            self.core.idle()
            and not any(self.core.left_over().values())
            and len(uids) == len(set(uids))
            and set(self.started) <= set(uids)
        )

    def relay_answers(self) -> None:
        """All that it was asked while it kept silent."""
        asked, self.unanswered = self.unanswered, []
        for ask in asked:
            self._answer(ask)

    # --- outputs ---

    def perform(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Transmit):
                self.sent.append((action.flow, action.data))
                self.out.append((action.flow, parse(action.data)))
            elif isinstance(action, Note):
                self.notes.append(action)
            elif isinstance(action, Journal):
                if action.kind == "cdr":
                    self.records.append(action.record)
                else:
                    self.started.append(action.uid)
            elif isinstance(action, Resolve):
                self.questions.append(action.question)
            elif isinstance(action, RevokeTurn):
                self.revoked.append(action.identity)
            elif isinstance(action, StoreBinding):
                self.stored[action.access, action.user, action.key] = action.record
            elif self.answers_relay:
                self._answer(action)
            else:
                self.unanswered.append(action)

    def take(self, flow: Flow) -> list[Message]:
        """Everything sent to this peer since last asked."""
        taken = [message for to, message in self.out if to == flow]
        self.out = [(to, message) for to, message in self.out if to != flow]
        return taken

    def request(self, flow: Flow, method: str) -> Request:
        """The one request of this method among what was sent to the peer since last asked."""
        (found,) = [m for m in self.take(flow) if isinstance(m, Request) and m.method == method]
        return found

    def response(self, flow: Flow, status: int) -> Response:
        """The one response with this status among what was sent to the peer since last asked."""
        (found,) = [m for m in self.take(flow) if isinstance(m, Response) and m.status == status]
        return found

    def heard(self, flow: Flow) -> list[str]:
        """What was sent to the peer since last asked, in short: `INVITE`, `180`; but no 100."""
        taken = [m.method if isinstance(m, Request) else str(m.status) for m in self.take(flow)]
        return [each for each in taken if each != "100"]

    def texts(self, flow: Flow) -> str:
        """Everything that was ever sent to the interface of this peer, as text."""
        of = [data for to, data in self.sent if to.interface == flow.interface]
        return b"\n".join(of).decode("utf-8", "surrogateescape")

    def noted(self, event: str) -> list[Note]:
        return [note for note in self.notes if note.event == event]

    def programs(self) -> list[Program]:
        return [command for command in self.commands if isinstance(command, Program)]

    # --- the relay ---

    def _answer(self, ask: AskRelay) -> None:
        self.commands.append(ask.command)
        reply = self._reply(ask.command)
        if reply is not None:
            self.perform(self.core.relay_replied(ask.serial, reply, self.now))

    def _reply(self, command: Command) -> RelayReply | None:
        if isinstance(command, Open):
            if self.ports_left < 4 * len(command.streams):
                return Failed(command.session, "ports_exhausted", "no ports")
            self.ports_left -= 4 * len(command.streams)
            streams = []
            for stream in command.streams:
                streams.append(StreamPorts(stream.index, self._port, self._port + 2))
                self._port += 4
            return Opened(command.session, tuple(streams))
        if isinstance(command, Close):
            return SessionReport(command.session, 0.0, self.now, ())
        return Programmed(command.session) if isinstance(command, Program) else None
