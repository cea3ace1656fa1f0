"""What may pass one direction of an allocation."""

from stun_turn.bitrate import Bucket


def test_without_a_bit_rate_everything_passes() -> None:
    assert all(Bucket(None).take(10**9, 0.0) for _ in range(3))


def test_a_second_s_worth_passes_at_once_and_then_the_rate() -> None:
    bucket = Bucket(8000)
    assert bucket.take(600, 0.0)
    assert not bucket.take(600, 0.0)
    assert bucket.take(400, 0.0)
    assert not bucket.take(101, 0.1)
    assert bucket.take(100, 0.1)
    assert bucket.take(1000, 100.0)
    assert not bucket.take(1, 100.0)
