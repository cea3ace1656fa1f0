"""Memory a call: of the relays while media flows, of the borders while calls are held."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import sleep

from tools.bench.processes import Broken, Process, cost, kernel_memory
from tools.bench.relaying import MakeRelay
from tools.bench.rtp import Phase
from tools.bench.signalling import MakeBorder
from tools.bench.sipp import CallLoad, Calls, Media
from tools.bench.streams import carry, through
from tools.bench.subject import Border, Relay, running
from tools.bench.table import Results

CALLS = 500
_WARM_UP = Calls(rate=50, count=25)
_RATE = 100
"""Calls begun a second."""
_HOLD = 8.0
_KINDS: dict[Media, str] = {"none": "call without media", "anchored": "anchored call"}
_SETTLE = 1.5
"""Seconds after the last call has begun, and before the first one ends."""


def measure_relays(makes: list[MakeRelay], folder: Path, results: Results) -> None:
    for make in makes:
        relay = make(folder)
        with running(relay, results):
            relay.start()
            _of_relay(relay, results)


def measure_borders(makes: list[MakeBorder], folder: Path, results: Results) -> None:
    for media, what in _KINDS.items():
        for make in makes:
            border = make(folder, media)
            if border is None:
                continue
            with running(border, results), CallLoad(folder, border.entry) as load:
                border.start()
                load.answer(media)
                load.run(replace(_WARM_UP, media=media))
                _of_border(border, load, Calls(_RATE, CALLS, _HOLD, media), what, results)


def _of_relay(relay: Relay, results: Results) -> None:
    before = _Memory(relay.processes)
    ends = through(relay, CALLS)
    carry(ends, [Phase("all", 3.0, 10_000)])
    before.add(results, relay.name, "relay alone, media flowing")


def _of_border(border: Border, load: CallLoad, calls: Calls, what: str, results: Results) -> None:
    before = _Memory(border.processes)
    caller = load.begin(calls)
    sleep(CALLS / _RATE + _SETTLE)
    if not caller.alive():
        raise Broken(f"{what}: {load.outcome().told()}")
    before.add(results, border.name, what)


class _Memory:
    """Before the calls, to be compared with now."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self._processes = processes
        self._own = cost(processes).memory
        self._kernel = kernel_memory()

    def add(self, results: Results, subject: str, what: str) -> None:
        own = cost(self._processes).memory - self._own
        kernel = kernel_memory() - self._kernel
        results.add(f"memory: {what}, processes", "KB", subject, own / CALLS / 1000)
        results.add(f"memory: {what}, kernel", "KB", subject, kernel / CALLS / 1000, compared=False)
