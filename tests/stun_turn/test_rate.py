"""What strangers may ask of us in a second, whoever they say they are."""

from stun_turn.rate import Rates


def test_a_burst_passes_and_then_the_rate() -> None:
    rates = Rates(rate=10.0, burst=5.0)
    assert [rates.allow("a", 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert rates.allow("a", 0.1)
    assert not rates.allow("a", 0.1)
    assert rates.allow("b", 0.1)


def test_forged_sources_cost_no_memory_and_share_one_bucket() -> None:
    rates = Rates(rate=1.0, burst=5.0, most=100)
    passed = sum(rates.allow(f"source {n}", 0.0) for n in range(10_000))
    assert passed == 105
    assert len(rates) <= 101
    assert not rates.allow("another", 0.0)


def test_those_who_have_been_quiet_make_room() -> None:
    rates = Rates(rate=1.0, burst=5.0, most=100)
    for n in range(100):
        rates.allow(f"source {n}", 0.0)
    assert all(rates.allow(f"later {n}", 5.0) for n in range(100))
    assert len(rates) == 100


def test_a_flood_does_not_make_us_look_for_room_all_the_time() -> None:
    rates = Rates(rate=1.0, burst=10.0, most=100)
    for n in range(100):
        rates.allow(f"source {n}", 0.0)
    assert not all(rates.allow(f"early {n}", 1.0) for n in range(20))  # looked, in vain
    assert len(rates) == 101
    assert [rates.allow(f"later {n}", 10.0) for n in range(50)] == [True] * 50
    assert len(rates) <= 101
