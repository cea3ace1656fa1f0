"""ICE peers in virtual time: a scripted one that sends checks as it likes, and two agents that are
joined by a wire."""

from collections.abc import Callable
from math import inf
from random import Random

from media.control import Address, IceCandidate, IcePlan
from media.ice.agent import Agent, Outcome
from media.ice.check import Check, Credentials, Role, request, success
from media.ice.checklist import Outgoing
from media.ice.pair import HOST, priority
from stun_turn.attributes import read_error_code, read_xor_address
from stun_turn.message import Class, Message, parse
from stun_turn.registry import Attribute

OURS, PEERS = ("Ours", "our-password-of-24-chars"), ("Peer", "the-password-of-the-peer")
PEER: Address = ("198.51.100.7", 40_000)
OTHER: Address = ("198.51.100.7", 41_000)
FORGER: Address = ("203.0.113.66", 666)

PEER_VIEW = Credentials(*PEERS, *OURS)
"""The credentials as the peer holds them."""


def choose(seed: int = 1) -> Callable[[int], int]:
    return Random(seed).randrange


def candidate(address: Address, component: int = 1, preference: int = HOST) -> IceCandidate:
    return IceCandidate(component, address, priority(preference, component))


def lite_plan(ours: tuple[str, str] = OURS, peers: tuple[str, str] = PEERS) -> IcePlan:
    return IcePlan(*ours, *peers, True, False)


def full_plan(*candidates: IceCandidate, controlling: bool = True) -> IcePlan:
    return IcePlan(*OURS, *PEERS, False, controlling, candidates)


class Peer:
    """Checks us as it likes, and answers ours if it is told to."""

    def __init__(self, agent: Agent, address: Address = PEER, component: int = 1) -> None:
        self.agent = agent
        self.address = address
        self.component = component
        self._next = 0

    def check(
        self,
        now: float,
        *,
        role: Role = Role.CONTROLLING,
        nominates: bool = False,
        credentials: Credentials = PEER_VIEW,
        tie_breaker: int = 7,
        preference: int = HOST,
    ) -> Outcome:
        data = self.request(role, nominates, credentials, tie_breaker, preference)
        return self.agent.receive(data, self.component, self.address, now)

    def request(
        self,
        role: Role = Role.CONTROLLING,
        nominates: bool = False,
        credentials: Credentials = PEER_VIEW,
        tie_breaker: int = 7,
        preference: int = HOST,
    ) -> bytes:
        self._next += 1
        return request(
            credentials,
            self._next.to_bytes(12, "big"),
            role,
            tie_breaker,
            priority(preference, self.component),
            nominates=nominates,
        )

    def answer(self, asked: Outgoing, now: float, source: Address | None = None) -> Outcome:
        """A success response to a check of ours."""
        data = answer_to(asked.data, PEER_VIEW)
        return self.agent.receive(data, self.component, source or self.address, now)


def answer_to(data: bytes, credentials: Credentials) -> bytes:
    """Of a peer with these credentials, to a check of ours."""
    check = Check(parse(data).transaction_id, 0, False, None, 0, ())
    return success(check, ("203.0.113.10", 20_000), credentials)


def said(outcome: Outcome) -> Message:
    """The one answer to a check."""
    (answer,) = outcome.outgoing
    return parse(answer.data)


def code(message: Message) -> int:
    """0: success."""
    if message.kind is Class.SUCCESS:
        return 0
    value = message.get(Attribute.ERROR_CODE)
    assert value is not None
    return read_error_code(value)[0]


def mapped(message: Message) -> Address:
    value = message.get(Attribute.XOR_MAPPED_ADDRESS)
    assert value is not None
    return read_xor_address(value, message.transaction_id)


def asked_at(agent: Agent, until: float, now: float = 0.0) -> list[tuple[float, Outgoing]]:
    """What the agent sends unanswered up to a time, and when."""
    sent = []
    while agent.due <= until:
        now = max(now, agent.due)
        sent += [(now, each) for each in agent.tick(now)]
    return sent


class Wire:
    """Two agents, and the datagrams between them; `lost` says which never come."""

    def __init__(
        self,
        a: IcePlan,
        b: IcePlan,
        lost: Callable[[str, Outgoing], bool] = lambda _, __: False,
        delay: float = 0.02,
    ) -> None:
        self.a, self.b = Agent(a, choose(1), 0.0), Agent(b, choose(2), 0.0)
        self.lost = lost
        self.delay = delay
        self.now = 0.0
        self.sent: list[tuple[float, str, Outgoing]] = []
        self._flying: list[tuple[float, str, Outgoing]] = []

    @staticmethod
    def at(name: str, component: int = 1) -> Address:
        return ("192.0.2.1" if name == "a" else "198.51.100.2", 30_000 + component)

    def run(self, until: float) -> None:
        while True:
            landing = min((at for at, _, _ in self._flying), default=inf)
            now = min(landing, self.a.due, self.b.due)
            if now > until:
                break
            self.now = max(self.now, now)
            self._step(landing)
        self.now = until

    def _step(self, landing: float) -> None:
        if landing <= self.now:
            first = min(self._flying, key=lambda each: each[0])
            self._flying.remove(first)
            _, name, data = first
            self._land(name, data)
            return
        for name, agent in (("a", self.a), ("b", self.b)):
            if agent.due <= self.now:
                self._send(name, agent.tick(self.now))

    def _land(self, name: str, data: Outgoing) -> None:
        """At the one that did not send it."""
        to = "b" if name == "a" else "a"
        agent = self.b if name == "a" else self.a
        if data.to == self.at(to, data.component):
            source = self.at(name, data.component)
            outcome = agent.receive(data.data, data.component, source, self.now)
            self._send(to, list(outcome.outgoing))

    def _send(self, name: str, outgoing: list[Outgoing]) -> None:
        for each in outgoing:
            self.sent.append((self.now, name, each))
            if not self.lost(name, each):
                self._flying.append((self.now + self.delay, name, each))
