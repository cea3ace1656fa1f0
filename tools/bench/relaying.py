"""The relays under streams: processor time a packet, and the delay they add."""

from collections.abc import Callable
from pathlib import Path

from tools.bench.rtp import Heard, Phase
from tools.bench.streams import Carried, carry, direct, through
from tools.bench.subject import Relay, running
from tools.bench.table import Results

RATES = (10_000, 20_000, 50_000)
CALLS = 100
"""Of two streams each."""
_MOST_LOST = 0.001
"""Above this part, 0..1, a figure says nothing."""

MakeRelay = Callable[[Path], Relay]


def measure(makes: list[MakeRelay], folder: Path, seconds: float, results: Results) -> None:
    """One round: the same load for each relay, and for none at all."""
    phases = [Phase("warm-up", 1.0, RATES[0]), *(Phase(str(rate), seconds, rate) for rate in RATES)]
    baseline = carry(direct(CALLS), phases)
    for make in makes:
        relay = make(folder)
        with running(relay, results):
            relay.start()
            carried = carry(through(relay, CALLS), phases, relay.processes)
            for rate in RATES:
                name = str(rate)
                _add(results, relay.name, rate, carried[name], baseline[name].heard)


def _add(results: Results, subject: str, rate: int, carried: Carried, baseline: Heard) -> None:
    heard = carried.heard
    short = heard.sent / heard.seconds < 0.98 * rate
    if short or heard.lost > _MOST_LOST:
        results.note(
            f"{subject} at {rate:,} packets/s: {heard.sent / heard.seconds:,.0f} offered, "
            f"{heard.lost:.2%} lost."
        )
        return
    at = f"at {rate:,} packets/s"
    results.add(f"processor time a packet {at}", "µs", subject, carried.microseconds)
    for name, with_it, without in (
        ("p50", heard.delay_p50, baseline.delay_p50),
        ("p99", heard.delay_p99, baseline.delay_p99),
    ):
        if with_it is not None and without is not None:
            results.add(f"added delay {at}, {name}", "µs", subject, 1e6 * (with_it - without))
