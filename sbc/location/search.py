"""The search for the servers of one URI, as a figure: NAPTR, then SRV, then A and AAAA (RFC 3263
§4).

A search waits for some answers at once; when it has them all, it moves on. It never asks by itself
and knows no time: what it wants to know stands in `questions`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from sbc.actions import Transport
from sbc.location.records import Answer, Found, Host, Naptr, QueryType, Question, Srv, Unanswered
from sbc.location.service import (
    PREFERENCE,
    Service,
    in_order,
    is_refusal,
    naptr_services,
    srv_services,
)
from sbc.location.wanted import PORTS, Wanted

MOST_SERVERS = 8
"""Hosts of one search whose addresses are asked for."""
MOST_FOUND = 16
"""Addresses that one search comes to."""
FAMILIES: tuple[QueryType, ...] = ("AAAA", "A")
"""In the order of RFC 6724, which RFC 7984 §4 has us use."""

Way = tuple[Transport, QueryType]
"""A transport over IPv4 (`A`) or IPv6 (`AAAA`)."""


@dataclass(frozen=True, slots=True)
class Server:
    """One address that a request may be sent to."""

    transport: Transport
    ip: str
    port: int


class State(Enum):
    SERVICES = "waits for NAPTR"
    SERVERS = "waits for SRV"
    ADDRESSES = "waits for A and AAAA"
    LOCATED = "over; it may have found nothing"

    __hash__ = object.__hash__


class Outcome(Enum):
    FOUND = auto()
    NOTHING = auto()
    """There are no such records."""
    REFUSED = auto()
    """There are, and they say that we cannot be served."""
    SILENT = auto()
    """No resolver answers."""

    __hash__ = object.__hash__


TABLE: Mapping[State, Mapping[Outcome, State]] = {
    State.SERVICES: {
        Outcome.FOUND: State.SERVERS,
        Outcome.NOTHING: State.SERVERS,  # by the names of §4.1, for each transport of ours
        Outcome.REFUSED: State.LOCATED,
        Outcome.SILENT: State.LOCATED,
    },
    State.SERVERS: {
        Outcome.FOUND: State.ADDRESSES,
        Outcome.NOTHING: State.ADDRESSES,  # of the domain itself (§4.2)
        Outcome.REFUSED: State.LOCATED,
        Outcome.SILENT: State.LOCATED,
    },
    State.ADDRESSES: dict.fromkeys(Outcome, State.LOCATED),
    State.LOCATED: {},
}


@dataclass(frozen=True, slots=True)
class _Place:
    transport: Transport
    host: str
    port: int


class Search:
    __slots__ = (
        "_number",
        "_places",
        "_services",
        "_wanted",
        "_ways",
        "found",
        "questions",
        "state",
    )

    def __init__(self, wanted: Wanted, ways: Collection[Way], number: Callable[[int], int]) -> None:
        """`wanted.host` is a name. `ways`: what we can reach. `number(n)` draws one of 0..n-1."""
        self._wanted = wanted
        self._ways = ways
        self._number = number
        self._services: tuple[Service, ...] = ()
        self._places: list[_Place] = []
        self.state = State.LOCATED
        self.questions: tuple[Question, ...] = ()
        """What it waits for."""
        self.found: tuple[Server, ...] = ()
        """When it is over: what to try, best first."""
        self._begin()

    @property
    def over(self) -> bool:
        return self.state is State.LOCATED

    def heard(self, answers: Mapping[Question, Answer]) -> None:
        """All of `questions` are answered: on to the next state."""
        got = [(question, answers[question]) for question in self.questions]
        outcome = _HEARD[self.state](self, got)
        self._enter(TABLE[self.state][outcome])

    def _begin(self) -> None:
        wanted, transports = self._wanted, self._transports()
        if not transports:
            return
        chosen = wanted.transport or ("udp" if "udp" in transports else transports[0])
        if wanted.port is not None:
            self._places = [_Place(chosen, wanted.host, wanted.port)]
            self._enter(State.ADDRESSES)
        elif wanted.transport is not None and not wanted.secure:
            self._services = srv_services(wanted.host, transports)
            self._enter(State.SERVERS)
        else:
            self._enter(State.SERVICES)

    def _transports(self) -> list[Transport]:
        """Those that we have and the URI allows."""
        able = {transport for transport, _ in self._ways}
        only = self._wanted.transport
        return [each for each in PREFERENCE if each in able and only in {None, each}]

    def _enter(self, state: State) -> None:
        self.state = state
        if state is State.SERVICES:
            self.questions = (Question(self._wanted.host, "NAPTR"),)
        elif state is State.SERVERS:
            names = dict.fromkeys(service.name for service in self._services)
            self.questions = tuple(Question(name, "SRV") for name in names)
        elif state is State.ADDRESSES:
            asked = (question for place in self._places for question in self._addresses_of(place))
            self.questions = tuple(dict.fromkeys(asked))
        else:
            self.questions = ()

    def _addresses_of(self, place: _Place) -> list[Question]:
        return [
            Question(place.host, family)
            for family in FAMILIES
            if (place.transport, family) in self._ways
        ]

    # --- what the answers of each state come to ---------------------------------------------------

    def _services_heard(self, got: list[tuple[Question, Answer]]) -> Outcome:
        transports = self._transports()
        records = [each for each in _records(got) if isinstance(each, Naptr)]
        services = naptr_services(records, transports)
        if services is None:
            self._services = srv_services(self._wanted.host, transports)
            silent = any(_is_silent(answer) for _, answer in got)
            return Outcome.SILENT if silent else Outcome.NOTHING
        self._services = services
        return Outcome.FOUND if services else Outcome.REFUSED

    def _servers_heard(self, got: list[tuple[Question, Answer]]) -> Outcome:
        answers = dict(got)
        refused = False
        for service in self._services:
            answer = answers[Question(service.name, "SRV")]
            records = [each for each in _records([(None, answer)]) if isinstance(each, Srv)]
            refused = refused or is_refusal(records)
            self._places += [
                _Place(service.transport, record.target, record.port)
                for record in in_order(records, self._number)
                if record.target and record.port
            ]
        if self._places:
            del self._places[MOST_SERVERS:]
            return Outcome.FOUND
        if refused:
            return Outcome.REFUSED
        if any(_is_silent(answer) for answer in answers.values()):
            return Outcome.SILENT
        transport = self._services[0].transport
        self._places = [_Place(transport, self._wanted.host, PORTS[transport])]
        return Outcome.NOTHING

    def _addresses_heard(self, got: list[tuple[Question, Answer]]) -> Outcome:
        """Those of one host share the calls: it is chance which comes first."""
        answers = dict(got)
        found: dict[Server, None] = {}
        for place in self._places:
            for question in self._addresses_of(place):
                hosts = list(_records([(None, answers[question])]))
                while hosts:
                    host = hosts.pop(self._number(len(hosts)))
                    if isinstance(host, Host):
                        found[Server(place.transport, host.ip, place.port)] = None
        self.found = tuple(found)[:MOST_FOUND]
        if self.found:
            return Outcome.FOUND
        silent = any(_is_silent(answer) for answer in answers.values())
        return Outcome.SILENT if silent else Outcome.NOTHING


_HEARD: Mapping[State, Callable[[Search, list[tuple[Question, Answer]]], Outcome]] = {
    State.SERVICES: Search._services_heard,
    State.SERVERS: Search._servers_heard,
    State.ADDRESSES: Search._addresses_heard,
}


def _records(got: Iterable[tuple[object, Answer]]) -> list[object]:
    return [each for _, answer in got if isinstance(answer, Found) for each in answer.records]


def _is_silent(answer: Answer) -> bool:
    """Nobody answered. A resolver that fails on a type it does not know is not silent: the next
    type may do (RFC 3263 §4.1 goes on where no record is found)."""
    return isinstance(answer, Unanswered) and answer.why == "timeout"
