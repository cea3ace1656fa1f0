"""Timers by name: the only notion of later that the core has."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sbc.timers import SLACK, Timers


def test_due_timers_come_in_order_of_time() -> None:
    timers = Timers()
    for key, at in (("late", 3.0), ("early", 1.0), ("middle", 2.0), ("never", 9.0)):
        timers.set(key, at)
    assert timers.pop_due(3.0) == ["early", "middle", "late"]
    assert timers.pop_due(3.0) == []


def test_of_equal_times_the_one_set_first_comes_first() -> None:
    timers = Timers()
    for key in "abc":
        timers.set(key, 1.0)
    assert timers.pop_due(1.0) == ["a", "b", "c"]


def test_setting_a_key_again_moves_it() -> None:
    timers = Timers()
    timers.set("a", 1.0)
    timers.set("a", 5.0)
    assert timers.pop_due(4.0) == []
    assert timers.next() == 5.0
    timers.set("a", 2.0)
    assert timers.next() == 2.0
    assert timers.pop_due(9.0) == ["a"]


def test_a_cleared_timer_never_fires_and_is_no_deadline() -> None:
    timers = Timers()
    timers.set("a", 1.0)
    timers.clear("a")
    timers.clear("a")
    assert timers.next() is None
    assert timers.pop_due(9.0) == []


def test_keys_need_not_be_comparable() -> None:
    timers = Timers()
    timers.set(("x", 1), 1.0)
    timers.set(object, 1.0)
    assert len(timers.pop_due(1.0)) == 2


def test_the_heap_stays_bounded_however_often_timers_move() -> None:
    timers = Timers()
    for step in range(100_000):
        timers.set(step % 10, float(step))
    assert len(timers._heap) <= 2 * 10 + SLACK + 1


def test_the_heap_stays_bounded_when_long_timers_are_cleared() -> None:
    timers = Timers()
    for step in range(10_000):
        timers.set(step, 1000.0 + step)
    for step in range(10_000):
        timers.clear(step)
    assert len(timers) == 0
    assert len(timers._heap) <= SLACK


class AgainstADict(RuleBasedStateMachine):
    """A dictionary of deadlines, searched from end to end, is the specification."""

    def __init__(self) -> None:
        super().__init__()
        self.timers = Timers()
        self.deadlines: dict[int, float] = {}
        self.now = 0.0

    @rule(key=st.integers(0, 9), delay=st.integers(0, 20))
    def put(self, key: int, delay: int) -> None:
        self.timers.set(key, self.now + delay)
        self.deadlines[key] = self.now + delay

    @rule(key=st.integers(0, 9))
    def clear(self, key: int) -> None:
        self.timers.clear(key)
        self.deadlines.pop(key, None)

    @precondition(lambda self: self.deadlines)
    @rule(step=st.integers(0, 15))
    def wait(self, step: int) -> None:
        self.now += step
        due = {key: at for key, at in self.deadlines.items() if at <= self.now}
        popped = self.timers.pop_due(self.now)
        assert sorted(map(int, map(str, popped))) == sorted(due)
        assert [due[int(str(key))] for key in popped] == sorted(due.values())
        for key in due:
            del self.deadlines[key]

    @invariant()
    def the_next_deadline_is_the_smallest(self) -> None:
        assert self.timers.next() == min(self.deadlines.values(), default=None)
        assert len(self.timers) == len(self.deadlines)


TestAgainstADict = AgainstADict.TestCase


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 100)), max_size=300))
def test_each_key_fires_once_at_its_last_deadline(moves: list[tuple[int, float]]) -> None:
    timers = Timers()
    for key, at in moves:
        timers.set(key, at)
    assert sorted(map(str, timers.pop_due(100.0))) == sorted(map(str, dict(moves)))
