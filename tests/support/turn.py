"""A TURN server's core with clients that speak to it: all in one process, and in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from stun_turn import attributes as of
from stun_turn.accounts import Accounts, Chained, Listed, TimeLimited, long_term_key
from stun_turn.actions import Action, Bind, Client, Note, ToClient, ToPeer, Transport, Unbind
from stun_turn.attributes import IPV4, IPV6, MD5, Address
from stun_turn.auth import LongTerm
from stun_turn.message import Class, Message, Value, build, parse
from stun_turn.nonce import PASSWORD_ALGORITHMS, Nonces
from stun_turn.registry import Attribute, Method
from stun_turn.server import Server
from stun_turn.settings import RelayAddress, Settings

REALM = "example.org"
EPOCH = 1.8e9
Asked = Value | Address
"""An attribute of a request; an address stands for XOR-PEER-ADDRESS."""
SERVER: Address = ("203.0.113.1", 3478)
RELAY = "203.0.113.1"
RELAY6 = "2001:db8::1"
PEER: Address = ("198.51.99.7", 4000)
UDP: Value = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")


def lifetime(seconds: int) -> Value:
    return Attribute.LIFETIME, of.number(seconds)


def family(number: int) -> Value:
    return Attribute.REQUESTED_ADDRESS_FAMILY, bytes([number, 0, 0, 0])


class Sockets:
    """Which relayed addresses are open; those `in_use` belong to somebody else."""

    def __init__(self) -> None:
        self.open: set[Address] = set()
        self.in_use: set[Address] = set()


@dataclass
class Bench:
    """Performs what the core asks of a shell: sockets open at once, or when told to."""

    settings: Settings = field(
        default_factory=lambda: Settings(
            REALM,
            {
                IPV4: RelayAddress(RELAY, RELAY, 50000, 50099),
                IPV6: RelayAddress(RELAY6, RELAY6, 50000, 50099),
            },
            stranger_rate=1000.0,
        )
    )
    accounts: Accounts | None = None
    choose: Callable[[int], int] = lambda _: 0
    slow: bool = False
    """Sockets wait to be opened by `opened`."""

    def __post_init__(self) -> None:
        self.now = 100.0
        self.secret = TimeLimited(b"secret")
        listed = Listed({"ann": "pw", "bob": "pw2"}, REALM)
        accounts = self.accounts or Chained(self.secret, listed)
        nonces = Nonces(b"key", PASSWORD_ALGORITHMS)
        serial = count()
        self.server = Server(
            self.settings,
            LongTerm(REALM, accounts, nonces),
            self.choose,
            lambda size: next(serial).to_bytes(size, "big"),
            EPOCH,
        )
        self.sockets = Sockets()
        self.waiting: list[Address] = []
        self.seen: list[Action] = []
        """Everything that the core has asked for."""
        self._ids = count(1)

    # --- the shell --------------------------------------------------------------------------------

    def perform(self, actions: list[Action]) -> list[Action]:
        """Also what follows of it."""
        done: list[Action] = []
        while actions:
            action = actions.pop(0)
            done.append(action)
            if isinstance(action, Bind):
                if self.slow:
                    self.waiting.append(action.relay)
                else:
                    actions = self._bind(action.relay) + actions
            elif isinstance(action, Unbind):
                self.sockets.open.discard(action.relay)
        self.seen += done
        return done

    def _bind(self, relay: Address) -> list[Action]:
        if relay in self.sockets.in_use:
            return self.server.bind_failed(relay, self.now)
        assert relay not in self.sockets.open, "one port for two"
        self.sockets.open.add(relay)
        return self.server.bound(relay, self.now)

    def opened(self) -> list[Action]:
        waiting, self.waiting = self.waiting, []
        return [each for relay in waiting for each in self.perform(self._bind(relay))]

    def pass_time(self, seconds: float) -> list[Action]:
        """With every alarm at its time."""
        end = self.now + seconds
        done: list[Action] = []
        while (at := self.server.next_deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            done += self.perform(self.server.handle_timeout(self.now))
        self.now = end
        return done

    # --- clients ----------------------------------------------------------------------------------

    def client(
        self, port: int = 1024, ip: str = "192.0.2.10", transport: Transport = "udp", **who: Any
    ) -> TurnClient:
        return TurnClient(self, Client(transport, SERVER, (ip, port)), **who)

    def transaction_id(self) -> bytes:
        return next(self._ids).to_bytes(12, "big")

    def from_peer(self, data: bytes, relay: Address, peer: Address = PEER) -> list[Action]:
        return self.perform(self.server.from_peer(data, relay, peer, self.now))


class TurnClient:
    """Asks with the credentials that it has; `nonce` comes from the server's challenge."""

    def __init__(self, bench: Bench, at: Client, user: str = "ann", password: str = "pw") -> None:
        self.bench = bench
        self.at = at
        self.user = user
        self.key = long_term_key(user, REALM, password, MD5)
        self.nonce = b""

    def tell(self, data: bytes) -> list[Action]:
        """Send these bytes."""
        return self.bench.perform(self.bench.server.receive(data, self.at, self.bench.now))

    def answers(self, data: bytes) -> list[Message]:
        return [
            parse(action.data)
            for action in self.tell(data)
            if isinstance(action, ToClient) and action.client == self.at
        ]

    def challenged(self) -> Message:
        """Ask for the nonce."""
        asked = build(Method.ALLOCATE, Class.REQUEST, self.bench.transaction_id(), [UDP])
        (answer,) = self.answers(asked)
        self.nonce = answer.get(Attribute.NONCE) or b""
        return answer

    def request(self, method: int, *values: Asked) -> bytes:
        if not self.nonce:
            self.challenged()
        transaction_id = self.bench.transaction_id()
        credentials = [
            (Attribute.USERNAME, self.user.encode()),
            (Attribute.REALM, REALM.encode()),
            (Attribute.NONCE, self.nonce),
        ]
        told = [_value(each, transaction_id) for each in values]
        return build(method, Class.REQUEST, transaction_id, [*told, *credentials], key=self.key)

    def ask(self, method: int, *values: Asked) -> Message:
        """Once more with a new nonce, where the old one is stale."""
        (answer,) = self.answers(self.request(method, *values))
        if _code(answer) == 438:
            self.nonce = answer.get(Attribute.NONCE) or b""
            (answer,) = self.answers(self.request(method, *values))
        return answer

    def code(self, method: int, *values: Asked) -> int:
        """0 for success."""
        return _code(self.ask(method, *values))

    def allocate(self, *values: Value) -> Address:
        """The relayed address."""
        answer = self.ask(Method.ALLOCATE, UDP, *values)
        assert answer.kind is Class.SUCCESS
        assert answer.is_authentic(self.key)
        return relayed(answer)[0]

    def permit(self, *peers: Address) -> int:
        return self.code(Method.CREATE_PERMISSION, *peers)

    def bind(self, number: int, peer: Address = PEER) -> int:
        channel = (Attribute.CHANNEL_NUMBER, of.channel_number(number))
        return self.code(Method.CHANNEL_BIND, channel, peer)

    def send(self, data: bytes, peer: Address = PEER, *more: Value) -> list[ToPeer]:
        """A Send indication, and what went out to peers."""
        transaction_id = bytes(12)
        whither = (Attribute.XOR_PEER_ADDRESS, of.xor_address(peer, transaction_id))
        values = [whither, (Attribute.DATA, data), *more]
        indication = build(Method.SEND, Class.INDICATION, transaction_id, values)
        return [each for each in self.tell(indication) if isinstance(each, ToPeer)]


def _value(asked: Asked, transaction_id: bytes) -> Value:
    first, second = asked
    if isinstance(first, str):
        assert isinstance(second, int)
        return Attribute.XOR_PEER_ADDRESS, of.xor_address((first, second), transaction_id)
    assert isinstance(second, bytes)
    return first, second


def _code(answer: Message) -> int:
    value = answer.get(Attribute.ERROR_CODE)
    assert (value is None) == (answer.kind is Class.SUCCESS)
    return 0 if value is None else of.read_error_code(value)[0]


def relayed(answer: Message) -> list[Address]:
    return [
        of.read_xor_address(value, answer.transaction_id)
        for value in answer.all(Attribute.XOR_RELAYED_ADDRESS)
    ]


def notes(actions: list[Action]) -> list[str]:
    return [each.event for each in actions if isinstance(each, Note)]
