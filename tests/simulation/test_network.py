"""The simulated network does to datagrams what it is told, no more and no less."""

from random import Random

from tests.support.nat import Nat
from tests.support.network import HELD_BACK, Datagram, Network, Quality

HERE, THERE, ELSEWHERE = ("10.0.0.1", 5060), ("10.0.0.2", 5060), ("10.0.0.3", 5060)


def sent(quality: Quality, count: int, *, reliable: bool = False) -> list[tuple[float, int]]:
    """When each of `count` numbered datagrams arrived, sent 10 ms apart."""
    network = Network(Random(1), {"wire": quality})
    arrivals: list[tuple[float, int]] = []
    for number in range(count):
        data = str(number).encode()
        network.send(Datagram("wire", HERE, THERE, data, reliable=reliable), number * 0.01)
    while (at := network.next_deadline()) is not None:
        arrivals += [(at, int(each.data)) for each in network.arrived(at)]
    assert len(network.on("wire")) == count
    return arrivals


def test_a_perfect_wire_carries_everything_once_in_order_and_in_the_same_time() -> None:
    arrivals = sent(Quality(delay=0.05), 50)
    assert [round(at - 0.05, 9) for at, _ in arrivals] == [round(n * 0.01, 9) for n in range(50)]
    assert [number for _, number in arrivals] == list(range(50))


def test_a_bad_wire_loses_repeats_and_reorders_about_as_much_as_it_says() -> None:
    arrivals = sent(Quality(delay=0.05, jitter=0.03, loss=0.2, copies=0.1, late=0.05), 2000)
    numbers = [number for _, number in arrivals]
    assert 0.17 < 1 - len(set(numbers)) / 2000 < 0.23
    assert 0.07 < len(numbers) / len(set(numbers)) - 1 < 0.13
    assert numbers != sorted(numbers)
    assert sum(at - number * 0.01 > HELD_BACK for at, number in arrivals) > 50


def test_a_connection_loses_nothing_on_a_bad_wire() -> None:
    arrivals = sent(Quality(jitter=0.3, loss=0.5, copies=0.5, late=0.5), 100, reliable=True)
    assert [number for _, number in arrivals] == list(range(100))


def test_a_symmetric_nat_has_a_port_for_each_far_end_and_lets_only_that_one_in() -> None:
    nat = Nat("192.0.2.1", Random(1))
    one, other = nat.outward(HERE, THERE), nat.outward(HERE, ELSEWHERE)
    assert one != other
    assert nat.outward(HERE, THERE) == one
    assert nat.inward(THERE, one) == HERE
    assert nat.inward(ELSEWHERE, one) is None
    nat.forget()
    assert nat.inward(THERE, one) is None
    assert nat.outward(HERE, THERE) != one
