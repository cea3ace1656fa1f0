from random import Random

from hypothesis import given
from hypothesis import strategies as st

from media.ports import PortCounts, PortPool


def pool(low: int = 20000, high: int = 20009, quarantine: float = 32.0, seed: int = 1) -> PortPool:
    return PortPool(low, high, quarantine, Random(seed).randrange)


def drained(pool: PortPool, now: float = 0.0) -> list[int]:
    ports = []
    while (port := pool.take(now)) is not None:
        ports.append(port)
    return ports


def test_each_pair_is_even_for_rtp_and_wholly_inside_of_the_range() -> None:
    assert sorted(drained(pool(20001, 20008))) == [20002, 20004, 20006]
    assert sorted(drained(pool(20000, 20001))) == [20000]
    assert drained(pool(20001, 20002)) == []


def test_the_order_is_random() -> None:
    first = drained(pool(20000, 20999, seed=1))
    assert first != sorted(first)
    assert first != drained(pool(20000, 20999, seed=2))


def test_a_port_rests_after_its_call() -> None:
    ports = pool(20000, 20001, quarantine=32.0)
    port = ports.take(0.0)
    assert port is not None
    ports.release(port, 100.0)
    assert ports.take(131.9) is None
    assert ports.take(132.0) == port


def test_a_port_that_was_not_used_after_all_need_not_rest() -> None:
    ports = pool(20000, 20001)
    port = ports.take(0.0)
    assert port is not None
    ports.give_back(port)
    assert ports.take(0.0) == port


def test_free_used_and_resting_ports_are_counted() -> None:
    ports = pool(20000, 20009)
    taken = ports.take(0.0)
    ports.take(0.0)
    assert taken is not None
    ports.release(taken, 1.0)
    assert ports.counts(1.0) == PortCounts(free=3, used=1, quarantined=1)
    assert ports.counts(40.0) == PortCounts(free=4, used=1, quarantined=0)


@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.booleans(), st.floats(0, 20), st.integers(0, 9)), max_size=60),
)
def test_no_port_is_used_twice_at_once_or_before_it_has_rested(
    seed: int, steps: list[tuple[bool, float, int]]
) -> None:
    ports, now = pool(seed=seed), 0.0
    used: list[int] = []
    released: dict[int, float] = {}
    for take, pause, which in steps:
        now += pause
        if take:
            port = ports.take(now)
            if port is None:
                assert len(used) + sum(now < at + 32.0 for at in released.values()) == 5
                continue
            assert port not in used
            assert now >= released.pop(port, float("-inf")) + 32.0
            used.append(port)
        elif used:
            port = used.pop(which % len(used))
            ports.release(port, now)
            released[port] = now
