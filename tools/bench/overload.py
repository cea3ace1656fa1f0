"""The relays after an overload: how soon every stream flows again."""

from pathlib import Path

from tools.bench.relaying import MakeRelay
from tools.bench.rtp import Phase
from tools.bench.streams import Carried, carry, through
from tools.bench.subject import Relay, running
from tools.bench.table import Results

CALLS = 250
"""Of two streams each."""
_NORMAL = 25_000
"""Packets a second: 50 a stream."""
_BURST = 4
_RATES = tuple(round(50_000 * 1.15**step) for step in range(14))
"""Up to 300,000 packets a second."""
_NEARLY_ALL = 0.99
_STEP, _OVERLOAD, _AFTER = 0.6, 3.0, 5.0
"""Seconds."""


def measure(makes: list[MakeRelay], folder: Path, results: Results) -> None:
    for make in makes:
        capacity = _capacity(make(folder), results)
        if capacity:
            _overload(make(folder), capacity, results)


def _capacity(relay: Relay, results: Results) -> float:
    """The highest rate, packets a second, of which nearly all come out; 0: none."""
    clean = [0.0]
    with running(relay, results):
        relay.start()
        steps = [Phase(str(rate), _STEP, rate, _BURST) for rate in _RATES]
        carried = carry(through(relay, CALLS), [Phase("warm-up", 1.0, _NORMAL), *steps])
        heard = [carried[step.name].heard for step in steps]
        clean += [h.sent / h.seconds for h in heard if h.delivered >= _NEARLY_ALL * h.sent]
    return max(clean)


def _overload(relay: Relay, capacity: float, results: Results) -> None:
    """In a process that has seen no overload yet."""
    with running(relay, results):
        relay.start()
        phases = [
            Phase("warm-up", 1.0, _NORMAL),
            Phase("overload", _OVERLOAD, 2 * capacity, _BURST),
            Phase("after", _AFTER, _NORMAL),
        ]
        carried = carry(through(relay, CALLS), phases, relay.processes)
        _add(results, relay.name, capacity, carried)


def _add(results: Results, name: str, capacity: float, carried: dict[str, Carried]) -> None:
    overload, after = carried["overload"], carried["after"].heard
    offered = overload.heard.sent / overload.heard.seconds / capacity
    if offered < 1.9:
        results.note(f"{name}: only {offered:.1f} times its capacity could be offered.")
    at_once = sum(at <= 1.0 for at in after.first)
    results.add("overload: most carried on one core", "packets/s", name, capacity)
    results.add("overload: its processor share in it", "cores", name, overload.load, compared=False)
    results.add(
        f"overload: of {2 * CALLS} streams flow again within 1 s", "", name, at_once, compared=False
    )
    results.add(f"overload: … within {_AFTER:.0f} s", "", name, after.streams, compared=False)
    results.add(
        f"overload: lost in the {_AFTER:.0f} s after", "%", name, 100 * after.lost, compared=False
    )
