"""What only an engine with sockets can get wrong. The rest is in test_flow."""

import os
import resource
from collections.abc import Iterator
from select import EPOLLIN, EPOLLOUT
from socket import SOCK_STREAM, socketpair

import pytest

from media.engine.flow import Counts, Flow
from media.engine.reference import BUSY, GATHER, SETTLE, ReferenceEngine
from media.quality import Reception
from tests.support.engine_rigs import ReferenceRig, free_pair
from tests.support.rtp_streams import CLOCKS, rtp

PACKET = rtp(1, 160, payload=b"sound")


@pytest.fixture
def rig() -> Iterator[ReferenceRig]:
    rig = ReferenceRig()
    yield rig
    rig.close()


def flow(rig: ReferenceRig, reception: Reception | None = None) -> Flow:
    return Flow(
        rig.local("a"),
        rig.address("alice"),
        rig.local("b"),
        rig.address("bob"),
        True,
        reception or Reception(CLOCKS),
        Counts(),
    )


def test_a_pair_is_bound_wholly_or_not_at_all() -> None:
    engine = ReferenceEngine({"i": "127.0.0.1"}, lambda *_: None, lambda *_: None)
    other = ReferenceEngine({"i": "127.0.0.1"}, lambda *_: None, lambda *_: None)
    port = free_pair(lambda port: engine.bind(("i", port), "audio"))
    assert not other.bind(("i", port), "audio")
    assert not other.bind(("i", port - 1), "audio")
    assert other.sockets() == 0
    engine.unbind(("i", port))
    assert other.bind(("i", port), "audio")
    for each in (engine, other):
        each.close()


def test_packets_that_came_while_the_flow_was_made_go_up_with_their_real_source(
    rig: ReferenceRig,
) -> None:
    installed = flow(rig)
    rig.engine.install(installed)
    rig.deliver("alice", "a", PACKET)
    rig.engine.turn(0)
    assert rig.ups == []
    rig.now += SETTLE
    rig.turns(lambda: bool(rig.ups))
    assert rig.ups == [("a", PACKET, "alice")]
    rig.deliver("alice", "a", rtp(2, 320))
    rig.turns(lambda: installed.counts.forwarded == 1)
    assert rig.heard("bob") == [("b", rtp(2, 320))]
    assert len(rig.ups) == 1


def test_a_flow_that_was_removed_before_it_settled_leaves_nothing(rig: ReferenceRig) -> None:
    files = rig.engine.sockets()
    rig.engine.install(flow(rig))
    rig.engine.remove(rig.local("a"), rig.address("alice"))
    rig.settle()
    assert rig.engine.sockets() == files
    rig.say("alice", "a", PACKET)
    assert rig.ups == [("a", PACKET, "alice")]


def test_a_peer_whose_host_refuses_is_counted_and_heard_again_when_it_is_back(
    rig: ReferenceRig,
) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("b", "bob", "a", "alice")
    port = rig.hush("bob")
    for number in range(5):
        rig.say("alice", "a", rtp(number, 160 * number))
    assert rig.refused("a") == 0
    assert rig.refused("b") >= 2, "it is about what bob was sent"
    rig.wake("bob", port)
    before = rig.counts("a")["forwarded"]
    for number in range(5, 10):
        rig.say("alice", "a", rtp(number, 160 * number))
    assert len(rig.heard("bob")) == rig.counts("a")["forwarded"] - before == 5


def test_each_socket_is_read_once_in_a_turn(rig: ReferenceRig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("b", "bob", "a", "alice")
    for number in range(10):
        rig.deliver("alice", "a", rtp(number, 160 * number))
    rig.deliver("bob", "b", PACKET)
    rig.turns(lambda: rig.counts("b")["packets"] == 1)
    assert rig.counts("a")["packets"] <= 2


def test_of_a_flood_of_strangers_a_turn_takes_little(rig: ReferenceRig) -> None:
    ports = []
    for _ in range(40):
        port = free_pair(lambda port: rig.engine.bind(("i", port), "audio"))
        ports.append(port)
    rig.install("a", "alice", "b", "bob")
    for port in ports:
        rig.deliver_to("mallory", port, PACKET)
    rig.deliver("alice", "a", PACKET)
    rig.turns(lambda: rig.counts("a")["packets"] == 1)
    assert len(rig.ups) <= 32


def test_without_another_file_a_flow_goes_on_by_way_of_the_core(rig: ReferenceRig) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        rig.install("a", "alice", "b", "bob")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    rig.say("alice", "a", PACKET)
    assert rig.ups == [("a", PACKET, "alice")]
    rig.remove("a", "alice")


def test_what_cannot_be_sent_is_counted(rig: ReferenceRig) -> None:
    huge = rtp(1, 160, payload=bytes(65_000))
    counts = Counts()
    rig.install("a", "alice", "b", "bob")
    rig.send(bytes(65_508), "b", "bob", counts)
    rig.send(bytes(65_508), "b+1", "bob")
    assert counts.unsent == 1
    rig.say("alice", "a", huge)
    assert rig.counts("a")["forwarded"] == 1


def test_a_flow_whose_way_out_is_closed_counts_what_it_could_not_send(rig: ReferenceRig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.engine.unbind(rig.local("b"))
    rig.say("alice", "a", PACKET)
    assert rig.counts("a")["unsent"] == 1
    rig.install("a", "alice", "b", "bob")
    rig.engine.unbind(rig.local("a"))
    assert rig.engine.sockets() == 0


def all_drops(rig: ReferenceRig) -> int:
    """Of the interface of `a`, once every socket has been looked at."""
    rig.engine.tally()
    rig.engine.tally()
    return rig.engine.overrun()["i"]


def test_drops_are_looked_for_in_some_ports_at_a_time(rig: ReferenceRig) -> None:
    ports = [free_pair(lambda port: rig.engine.bind(("j", port), "audio")) for _ in range(50)]
    for _ in range(200):
        rig.deliver_to("mallory", ports[-1], PACKET)
    rig.engine.tally()  # a new tour begins
    rig.engine.tally()
    assert rig.engine.overrun()["j"] == 0
    rig.engine.tally()
    assert rig.engine.overrun()["j"] > 100


def test_the_kernels_own_drops_are_counted_and_stay_counted(rig: ReferenceRig) -> None:
    rig.install("a", "alice", "b", "bob")
    for number in range(100):
        rig.deliver("alice", "a", rtp(number, 160 * number))
        rig.deliver("mallory", "a", rtp(number, 160 * number))
    drops = all_drops(rig)
    assert drops > 100
    assert 50 < rig.engine.dropped_at(rig.local("a")) < 100, "those of mallory are not of the flow"
    assert rig.engine.dropped_at(rig.local("b")) == 0
    rig.engine.unbind(rig.local("a"))
    assert rig.engine.overrun() == {"i": drops, "j": 0}
    assert rig.engine.dropped_at(rig.local("a")) == 0


def test_without_a_flow_a_port_drops_for_everybody_and_a_closed_flow_is_remembered(
    rig: ReferenceRig,
) -> None:
    for number in range(100):
        rig.deliver("alice", "a", rtp(number, 160 * number))
    strangers = rig.engine.dropped_at(rig.local("a"))
    assert strangers > 50
    rig.install("a", "alice", "b", "bob")
    assert rig.engine.dropped_at(rig.local("a")) == 0
    for number in range(100):
        rig.deliver("alice", "a", rtp(number, 160 * number))
    of_alice = rig.engine.dropped_at(rig.local("a"))
    assert of_alice > 50
    rig.remove("a", "alice")
    assert rig.engine.dropped_at(rig.local("a")) == of_alice + strangers


def test_only_under_load_are_packets_gathered(rig: ReferenceRig) -> None:
    rig.install("a", "alice", "b", "bob")
    for per_second, busy in ((BUSY // 10, False), (2 * BUSY, True), (BUSY // 10, False)):
        for number in range(per_second // 5):
            rig.say("alice", "a", rtp(number, 160 * number))
            rig.now += 1 / per_second
        rig.pauses.clear()
        rig.engine.turn(0)
        assert rig.pauses == ([GATHER] if busy else [])


class Failing(Reception):
    def packet(self, buffer: object, size: int, now: float) -> None:
        raise ZeroDivisionError


def test_a_fault_of_ours_is_told_with_its_port_and_the_others_go_on(rig: ReferenceRig) -> None:
    rig.engine.install(flow(rig, Failing(CLOCKS)))
    rig.install("b", "bob", "a", "alice")
    rig.deliver("alice", "a", PACKET)
    rig.turns(lambda: bool(rig.faults))
    assert rig.faults == [rig.local("a")]
    rig.say("bob", "b", PACKET)
    assert rig.heard("alice") == [("a", PACKET)]


def test_other_files_can_be_watched_in_the_same_loop(rig: ReferenceRig) -> None:
    events: list[int] = []
    one, other = socketpair(type=SOCK_STREAM)
    with one, other:
        rig.engine.watch(one.fileno(), EPOLLIN, lambda event, _: events.append(event))
        other.send(b"x")
        rig.turns(lambda: bool(events))
        assert events == [EPOLLIN]
        rig.engine.watch(one.fileno(), EPOLLOUT, lambda event, _: events.append(event))
        rig.turns(lambda: len(events) > 1)
        assert events[-1] == EPOLLOUT
        rig.engine.unwatch(one.fileno())
        rig.engine.turn(0)
        assert len(events) == 2


def test_a_file_that_is_closed_by_another_in_the_same_turn_is_passed_over(
    rig: ReferenceRig,
) -> None:
    pairs = [socketpair(type=SOCK_STREAM) for _ in range(2)]
    called: list[int] = []

    def close_the_other(number: int) -> None:
        called.append(number)
        rig.engine.unwatch(pairs[1 - number][0].fileno())

    for number, (ours, theirs) in enumerate(pairs):
        rig.engine.watch(ours.fileno(), EPOLLIN, lambda *_, n=number: close_the_other(n))
        theirs.send(b"x")
    rig.engine.turn(1.0)
    assert len(called) == 1
    for pair in pairs:
        for each in pair:
            each.close()
