from media.ng.talk import Talk
from media.ng.timing import QUIET, UNANSWERED, Timing
from tests.support.ng import end


def talk() -> Talk:
    return Talk("s", "c", {"a": end(), "b": end()}, 0.0, 0.0)


def test_an_offer_waits_and_a_call_that_is_deleted_does_not() -> None:
    timing, one = Timing(), talk()
    assert timing.next() is None
    timing.set(one, 10.0)
    assert (timing.next(), one.look_at) == (10.0 + UNANSWERED, 10.0 + UNANSWERED)
    one.delete_at = 15.0
    timing.set(one, 10.0)
    assert timing.next() == 15.0
    assert timing.due(14.9) is None
    assert timing.due(15.0) == (15.0, "s")


def test_an_answered_call_is_looked_at_after_a_long_quiet() -> None:
    timing, one = Timing(), talk()
    one.answered = True
    timing.set(one, 5.0)
    assert timing.next() == 5.0 + QUIET
