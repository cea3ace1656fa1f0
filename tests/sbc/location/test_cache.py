"""Answers hold for their time, and the last good one for longer (RFC 2181 §8, RFC 8767)."""

from sbc.location.cache import (
    ASK_AGAIN,
    FAILED_TTL,
    LEAST_TTL,
    MOST_NAMES,
    MOST_NEGATIVE_TTL,
    MOST_RECORDS,
    MOST_TTL,
    NEGATIVE_TTL,
    Cache,
)
from sbc.location.records import Found, Host, Nothing, Question, Unanswered

Q = Question("a.example", "A")
ONE, TWO = Found((Host("192.0.2.1"),), 60.0), Found((Host("192.0.2.2"),), 60.0)


def test_an_answer_holds_for_its_ttl() -> None:
    cache = Cache(1000.0)
    cache.learn(Q, ONE, 0.0)
    assert cache.get(Q, 59.9) == ONE
    assert cache.get(Q, 60.0) is None
    assert cache.last(Q) == ONE
    assert cache.until(Q) == 60.0
    assert cache.last(Question("b.example", "A")) is None


def test_absurd_ttls_are_bounded() -> None:
    cache = Cache(1000.0)
    cache.learn(Q, Found((Host("192.0.2.1"),), 0.0), 0.0)
    assert cache.until(Q) == LEAST_TTL
    cache.learn(Q, Found((Host("192.0.2.1"),), 2**31), 0.0)
    assert cache.until(Q) == MOST_TTL


def test_while_nobody_answers_the_last_good_answer_is_used() -> None:
    cache = Cache(1000.0)
    cache.learn(Q, ONE, 0.0)
    learnt = cache.learn(Q, Unanswered("timeout"), 60.0)
    assert (learnt.answer, learnt.stale) == (ONE, True)
    assert cache.until(Q) == 60.0 + ASK_AGAIN
    late = cache.learn(Q, Unanswered("timeout"), 1061.0)
    assert (late.answer, late.stale) == (Unanswered("timeout"), False)
    assert cache.until(Q) == 1061.0 + FAILED_TTL


def test_a_change_is_told() -> None:
    cache = Cache(1000.0)
    assert not cache.learn(Q, ONE, 0.0).changed
    assert not cache.learn(Q, ONE, 1.0).changed
    assert cache.learn(Q, TWO, 2.0).changed
    assert cache.learn(Q, Nothing(), 3.0).changed


def test_nothing_is_remembered_for_a_while() -> None:
    cache = Cache(1000.0)
    cache.learn(Q, Nothing(), 0.0)
    assert cache.until(Q) == NEGATIVE_TTL
    cache.learn(Q, Nothing(1e9), 0.0)
    assert cache.until(Q) == MOST_NEGATIVE_TTL


def test_neither_names_nor_records_are_kept_without_end() -> None:
    cache = Cache(1000.0)
    for number in range(MOST_NAMES + 10):
        cache.learn(Question(f"{number}.example", "A"), ONE, 0.0)
    assert len(cache) == MOST_NAMES
    many = Found(tuple(Host(f"192.0.2.{n}") for n in range(200)), 60.0)
    answer = cache.learn(Q, many, 0.0).answer
    assert isinstance(answer, Found)
    assert len(answer.records) == MOST_RECORDS
