"""The NG core on a real relay core, with an engine that has no sockets: all in virtual time."""

from collections import deque
from collections.abc import Sequence
from math import inf
from random import Random
from typing import Any

from media.control import Address, Command, Event, Reply
from media.engine.flow import Bind, Install, Remove, Send, Unbind
from media.identity import Identities
from media.ng.bencode import Value
from media.ng.core import NgCore
from media.ng.facing import new_travel
from media.ng.interfaces import Interfaces, parse_place
from media.ng.report import Clock
from media.ng.settings import Settings
from media.ng.talk import End
from media.relay import Action, Answer, Relay
from media.sdp.session import Session, parse
from media.stream import Tell
from tests.support.virtual_engine import Datagram, VirtualEngine

PUBLIC, PRIVATE, PUBLIC6 = "203.0.113.1", "10.9.9.1", "2001:db8::1"
PLACES = (f"pub/{PUBLIC}", f"priv/{PRIVATE}", f"pub/{PUBLIC6}")
CALLER, CALLED = ("192.0.2.10", 4000), ("192.0.2.20", 6000)
_IDENTITIES = Identities()
"""One certificate for all tests: to make one takes longer than a call."""
EPOCH = 1_000_000.0
"""The wall clock at the beginning."""


def sdp(
    at: Address = CALLER,
    *lines: str,
    formats: str = "8 101",
    protocol: str = "RTP/AVP",
    head: Sequence[str] = (),
) -> str:
    family = "IP6" if ":" in at[0] else "IP4"
    all_lines = (
        "v=0",
        f"o=- 1 1 IN {family} {at[0]}",
        "s=-",
        f"c=IN {family} {at[0]}",
        "t=0 0",
        *head,
        f"m=audio {at[1]} {protocol} {formats}",
        *lines,
    )
    return "".join(f"{line}\r\n" for line in all_lines)


def end() -> End:
    """One that has said nothing, with keys that are known."""
    return End(0.0, new_travel(Random(3).randbytes))


class NgWorld:
    def __init__(
        self,
        settings: Settings | None = None,
        ports: tuple[int, int] = (30000, 30099),
        places: Sequence[str] = PLACES,
    ) -> None:
        self.now = 0.0
        interfaces = Interfaces(map(parse_place, places))
        self.relay = Relay(
            interfaces.for_relay(ports, 1.0), Random(1).randrange, identities=_IDENTITIES
        )
        self.engine = VirtualEngine(self._up)
        self.told: list[Event] = []
        self._replies: list[Reply] = []
        randbytes = Random(2).randbytes
        self.core = NgCore(
            interfaces,
            self.ask_relay,
            Clock(EPOCH),
            settings or Settings(delete_delay=0.0),
            0.0,
            randbytes,
        )

    # --- the client -------------------------------------------------------------------------------

    def ask(self, command: str, **keys: Any) -> dict[str, Any]:
        """Underscores in keys stand for hyphens; bytes of the reply come back as text."""
        message = {"command": command, **{_key(key): value for key, value in keys.items()}}
        reply: dict[str, Any] = _texts(self.core.message(message, "127.0.0.1", self.now))
        return reply

    def offer(self, body: str | None = None, **keys: Any) -> dict[str, Any]:
        keys = {"call_id": "c", "from_tag": "a", **keys}
        return self.ask("offer", sdp=body or sdp(CALLER), **keys)

    def answer(self, body: str | None = None, **keys: Any) -> dict[str, Any]:
        keys = {"call_id": "c", "from_tag": "a", "to_tag": "b", **keys}
        return self.ask("answer", sdp=body or sdp(CALLED), **keys)

    def call(self, **keys: Any) -> tuple[int, int]:
        """Offered and answered: our ports towards the caller, and towards the called party."""
        far = described(self.offer(**keys)).media[0].port
        near = described(self.answer(**keys)).media[0].port
        return near, far

    # --- packets ----------------------------------------------------------------------------------

    def arrive(
        self, port: int, data: bytes, source: Address, at: str = "pub/IP4"
    ) -> list[Datagram]:
        """What leaves for it."""
        self.engine.arrive((at, port), data, source, self.now)
        return self.engine.taken_out()

    def wait(self, seconds: float) -> None:
        """What is due meanwhile happens in its time."""
        end = self.now + seconds
        while True:
            dues = [self.relay.next_deadline(), self.core.next_deadline()]
            due = min((at for at in dues if at is not None), default=inf)
            if due > end:
                break
            self.now = max(self.now, due)
            self._perform(self.relay.handle_timeout(self.now))
            next_ = self.core.next_deadline()
            if next_ is not None and next_ <= self.now:
                self.core.handle_timeout(self.now)
        self.now = end

    # --- the relay --------------------------------------------------------------------------------

    def ask_relay(self, command: Command, now: float) -> Reply:
        self._perform(self.relay.command(command, now))
        return self._replies.pop()

    def _up(self, local: tuple[str, int], data: bytes, source: Address, now: float) -> None:
        self._perform(self.relay.packet(local, data, source, now))

    def _perform(self, actions: Sequence[Action]) -> None:
        waiting = deque(actions)
        while waiting:
            waiting.extendleft(reversed(self._one(waiting.popleft())))

    def _one(self, action: Action) -> list[Action]:
        match action:
            case Bind(local, kind):
                if self.engine.bind(local, kind):
                    return self.relay.bound(local, self.now)
                return self.relay.bind_failed(local, self.now)
            case Unbind(local):
                self.engine.unbind(local)
            case Install(flow):
                self.engine.install(flow)
            case Remove(local, source):
                self.engine.remove(local, source)
            case Send():
                self.engine.send(action)
            case Answer(_, reply):
                self._replies.append(reply)
            case Tell(event):
                self.told.append(event)
                self.core.relay_told(event, self.now)
        return []


def described(reply: dict[str, Any]) -> Session:
    assert reply["result"] == "ok", reply
    return parse(reply["sdp"].encode())


def lines(reply: dict[str, Any]) -> list[str]:
    assert reply["result"] == "ok", reply
    found: list[str] = reply["sdp"].split("\r\n")
    return found[:-1]


def _key(name: str) -> str:
    return name.replace("_", "-")


def _texts(value: Value) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value
