"""Requests too large for UDP (RFC 3261 §18.1.1), with the transactions that carry them."""

from typing import cast

import pytest

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request
from sbc.timers import Timers
from sbc.transaction.clients import Clients
from sbc.transaction.events import Failed, FellBack, Key, Output, ResponseReceived
from sbc.transaction.large import MOST_OVER_UDP, Reliable
from sbc.transaction.table import LONGEST, Timer
from tests.support.transactions import (
    BOB,
    BOB_TCP,
    events,
    methods,
    only,
    read_request,
    request,
    response,
    sent,
)

INSTEAD = Reliable(BOB_TCP, "192.0.2.1", 5070)


def large(method: str = "INVITE", size: int = MOST_OVER_UDP + 1) -> Request:
    missing = size - len(request(method, fields=[("X", "")]).encode())
    return request(method, fields=[("X", "a" * missing)])


class World:
    def __init__(self, asked: Request, instead: Reliable | None = INSTEAD) -> None:
        self.timers = Timers()
        self.clients = Clients(self.timers)
        self.key: Key
        self.key, self.outputs = self.clients.send(asked, BOB, 0.0, instead)

    @property
    def flow(self) -> Flow:
        return only(Transmit, self.outputs).flow

    def fire(self, now: float) -> list[Output]:
        due = cast(list[tuple[Key, Timer]], self.timers.pop_due(now))
        return [each for key, timer in due for each in self.clients.on_event(key, timer, now)]

    def as_sent(self, outputs: list[Output] | None = None) -> Request:
        (transmit,) = [o for o in outputs or self.outputs if isinstance(o, Transmit)]
        return read_request(transmit.data)


def test_what_fits_goes_as_it_was_meant() -> None:
    world = World(large(size=MOST_OVER_UDP))
    assert world.flow == BOB
    assert world.as_sent().headers.via.transport == "UDP"


def test_what_does_not_fit_goes_over_tcp_and_says_so() -> None:
    world = World(large())
    assert world.flow == BOB_TCP
    via = world.as_sent().headers.via
    assert (via.transport, via.host, via.port) == ("TCP", "192.0.2.1", 5070)
    assert via.branch == "z9hG4bKa"


def test_where_there_is_no_tcp_it_goes_over_udp_all_the_same() -> None:
    assert World(large(), None).flow == BOB


@pytest.mark.parametrize("method", ["INVITE", "REFER"])
def test_the_answer_over_tcp_is_an_answer(method: str) -> None:
    world = World(large(method))
    outputs = world.clients.receive(response(world.as_sent(), 200), BOB_TCP, 0.1)
    assert only(ResponseReceived, outputs).key == world.key


@pytest.mark.parametrize("method", ["INVITE", "REFER"])
def test_refused_it_goes_over_udp_with_the_same_branch_and_is_repeated(method: str) -> None:
    world = World(large(method))
    outputs = world.clients.transport_failed(BOB_TCP, 1.0)
    assert events(outputs) == [FellBack(world.key, BOB)]
    again = world.as_sent(outputs)
    assert (again.headers.via.transport, again.headers.via.port) == ("UDP", 5060)
    assert again.headers.via.branch == "z9hG4bKa"
    assert world.timers.next() == 1.5
    assert world.as_sent(world.fire(1.5)).encode() == again.encode()
    outputs = world.clients.receive(response(again, 200), BOB, 2.0)
    assert only(ResponseReceived, outputs).key == world.key


def test_it_falls_back_once_and_gives_up_in_time() -> None:
    world = World(large("REFER"))
    world.clients.transport_failed(BOB_TCP, 1.0)
    assert world.clients.transport_failed(BOB_TCP, 1.1) == []
    told: list[Output] = []
    while (at := world.timers.next()) is not None:
        told += events(world.fire(at))
        now = at
    assert told == [Failed(world.key, "timeout")]
    assert now == 1.0 + LONGEST
    assert len(world.clients) == 0


def test_once_it_was_answered_a_lost_connection_is_a_failure() -> None:
    world = World(large())
    world.clients.receive(response(world.as_sent(), 180), BOB_TCP, 0.1)
    outputs = world.clients.transport_failed(BOB_TCP, 1.0)
    assert outputs == [Failed(world.key, "transport")]


def test_who_gave_up_before_any_answer_does_not_begin_again() -> None:
    world = World(large())
    world.clients.cancel(world.key, [], 0.1)
    assert world.clients.transport_failed(BOB_TCP, 1.0) == [Failed(world.key, "transport")]


def test_the_cancel_goes_the_way_of_its_invite() -> None:
    world = World(large())
    world.clients.receive(response(world.as_sent(), 180), BOB_TCP, 1.2)
    outputs = world.clients.cancel(world.key, [], 2.0)
    assert methods(outputs) == ["CANCEL"]
    cancel = sent(outputs)[0]
    assert cancel.headers.via.transport == "TCP"
    assert only(Transmit, outputs).flow == BOB_TCP


def test_nothing_is_left_when_all_is_over() -> None:
    world = World(large("REFER"))
    again = world.as_sent(world.clients.transport_failed(BOB_TCP, 1.0))
    world.clients.receive(response(again, 200), BOB, 1.1)
    world.fire(100.0)
    assert len(world.clients) == 0
    assert world.clients._fallen == {}
