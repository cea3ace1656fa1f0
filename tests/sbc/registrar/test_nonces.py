"""Nonces of our challenges (RFC 7616 §5.4): ours, fresh, and each count taken once."""

import tracemalloc
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.registrar.nonces import Nonces


def made(most: int = 100) -> Nonces:
    serial = count()
    return Nonces(b"key", 300.0, lambda size: next(serial).to_bytes(size, "big"), most)


def test_a_nonce_is_fresh_for_its_lifetime() -> None:
    nonces = made()
    nonce = nonces.make(1000.5)
    assert nonces.is_fresh(nonce, 1000.5)
    assert nonces.is_fresh(nonce, 1300.0)
    assert not nonces.is_fresh(nonce, 1301.0)
    assert nonce != nonces.make(1000.5)


@pytest.mark.parametrize("nonce", ["", "x", "====", "AAAA" * 7, "\u00e9" * 28, "A" * 1000])
def test_what_we_did_not_make_is_not_fresh(nonce: str) -> None:
    assert not made().is_fresh(nonce, 0.0)


def test_one_of_another_key_is_not_ours() -> None:
    other = Nonces(b"another", 300.0, bytes)
    assert not made().is_fresh(other.make(0.0), 0.0)


def test_each_count_is_taken_once_in_whatever_order() -> None:
    nonces = made()
    nonce = nonces.make(0.0)
    assert [nonces.use(nonce, each, 0.0) for each in (1, 3, 2, 2, 3, 1)] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert nonces.use(nonce, 200, 0.0)
    assert not nonces.use(nonce, 136, 0.0)
    assert nonces.use(nonce, 137, 0.0)
    assert not nonces.use(nonce, 0, 0.0)


@given(st.lists(st.integers(1, 150), max_size=60))
def test_no_count_is_ever_taken_twice(counts: list[int]) -> None:
    nonces = made()
    nonce = nonces.make(0.0)
    taken = [each for each in counts if nonces.use(nonce, each, 0.0)]
    assert len(taken) == len(set(taken))


def test_a_count_that_jumps_costs_no_memory() -> None:
    nonces = made()
    nonce = nonces.make(0.0)
    assert nonces.use(nonce, 1, 0.0)
    tracemalloc.start()
    try:
        assert nonces.use(nonce, 2**28, 0.0)
        assert nonces.use(nonce, 2**32 - 1, 0.0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000
    assert [nonces.use(nonce, 2**32 - each, 0.0) for each in (1, 2, 64, 65, 64)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_the_memory_of_counts_is_bounded() -> None:
    nonces = made(most=10)
    for second in range(100):
        assert nonces.use(nonces.make(float(second)), 1, float(second))
        assert len(nonces) <= 10
    late = nonces.make(1000.0)
    nonces.use(late, 1, 1000.0)
    assert len(nonces) == 1
