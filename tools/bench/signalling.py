"""The borders under calls: processor time a call, with media to anchor and without."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tools.bench.processes import spent
from tools.bench.sipp import PACKETS, CallLoad, Calls, Media
from tools.bench.subject import Border, running
from tools.bench.table import Results

RATES = (100, 200, 400)
_WARM_UP = Calls(rate=50, count=25)
_KINDS: dict[Media, str] = {
    "none": "call without media",
    "anchored": "anchored call",
    "flowing": f"anchored call, {2 * PACKETS} packets",
}

MakeBorder = Callable[[Path, Media], Border | None]
"""For calls that carry this; None: it cannot."""


def measure(makes: list[MakeBorder], folder: Path, seconds: float, results: Results) -> None:
    """One round: the same calls through each border."""
    for media in _KINDS:
        for make in makes:
            border = make(folder, media)
            if border is None:
                continue
            with running(border, results), CallLoad(folder, border.entry) as load:
                border.start()
                load.answer(media)
                load.run(replace(_WARM_UP, media=media))
                _climb(border, load, media, seconds, results)


def _climb(border: Border, load: CallLoad, media: Media, seconds: float, results: Results) -> None:
    """From rate to rate, until one is too much."""
    for rate in RATES:
        calls = Calls(rate, round(rate * seconds), media=media)
        before = spent(border.processes)
        outcome = load.run(calls)
        milliseconds = 1000 * (spent(border.processes) - before) / calls.count
        kind = _KINDS[media]
        if not outcome.clean(calls):
            results.note(f"{border.name}, {kind}, {rate} calls/s: {outcome.told()}.")
            return
        results.add(f"processor time: {kind}, {rate}/s", "ms", border.name, milliseconds)
