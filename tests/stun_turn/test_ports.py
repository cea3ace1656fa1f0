"""Relay ports: each for one client at a time, and not again before a rest."""

from random import Random

from stun_turn.ports import QUARANTINE, PortPool


def pool(low: int, high: int, seed: int = 1) -> PortPool:
    return PortPool(low, high, Random(seed).randrange)


def test_every_port_is_handed_out_once_and_in_no_order() -> None:
    ports = pool(1000, 1099)
    taken = [ports.take(0.0) for _ in range(100)]
    assert sorted(port for port in taken if port) == list(range(1000, 1100))
    assert taken != sorted(port for port in taken if port)
    assert ports.take(0.0) is None


def test_a_port_comes_back_after_its_rest() -> None:
    ports = pool(1000, 1000)
    assert ports.take(0.0) == 1000
    ports.release(1000, 5.0)
    assert ports.take(5.0 + QUARANTINE - 0.1) is None
    assert ports.take(5.0 + QUARANTINE) == 1000
    assert len(ports) == 0


def test_even_ports_are_even_and_pairs_are_both_free() -> None:
    ports = pool(1001, 1006)
    pair = ports.take_even(0.0, pair=True)
    other = ports.take_even(0.0, pair=True)
    assert {pair, other} == {1002, 1004}
    assert ports.take_even(0.0, pair=True) is None
    assert ports.take_even(0.0, pair=False) == 1006
    assert ports.take_even(0.0, pair=False) is None
    assert ports.take(0.0) == 1001
    assert ports.take_even(0.0, pair=False) is None


def test_ports_stay_whole_through_any_use() -> None:
    random, ports = Random(3), pool(2000, 2063)
    held: set[int] = set()
    now = 0.0
    for _ in range(2000):
        now += random.random() * 20
        if held and random.random() < 0.5:
            port = held.pop()
            ports.release(port, now)
            continue
        even, pair = random.random() < 0.3, random.random() < 0.5
        got = ports.take_even(now, pair=pair) if even else ports.take(now)
        if got is None:
            continue
        new = {got, got + 1} if even and pair else {got}
        assert not new & held
        held |= new
