from sbc.operate import log_limit
from sbc.operate.log_limit import BURST, RATE, LogLimit


def allowed(limit: LogLimit, event: str, times: int, now: float) -> int:
    return sum(limit.allow(event, now) is not None for _ in range(times))


def test_a_burst_is_written_and_the_flood_behind_it_is_not() -> None:
    assert allowed(LogLimit(), "unknown_source", 1000, now=0.0) == BURST


def test_the_next_line_tells_how_many_were_left_out() -> None:
    limit = LogLimit()
    assert limit.allow("unknown_source", 0.0) == 0
    allowed(limit, "unknown_source", BURST + 41, now=0.0)
    assert limit.allow("unknown_source", 1.0) == 42
    assert limit.allow("unknown_source", 1.0) == 0


def test_over_a_long_time_the_rate_counts() -> None:
    limit = LogLimit()
    written = sum(limit.allow("x", now / 100) is not None for now in range(100_000))
    assert abs(written - (BURST + RATE * 1000)) <= 2


def test_one_event_does_not_silence_another() -> None:
    limit = LogLimit()
    allowed(limit, "unknown_source", 1000, now=0.0)
    assert limit.allow("relay_lost", 0.0) == 0


def test_names_without_end_share_one_bucket() -> None:
    limit = LogLimit()
    written = sum(limit.allow(f"event-{number}", 0.0) is not None for number in range(5000))
    assert written == log_limit.MOST_EVENTS + BURST
