"""`python -m tools.bench`: measures our border beside its peers. Traffic stays on the loopback."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import FrameType

from rich.console import Console

from tools.bench import (
    connections,
    kamailio,
    memory,
    ng,
    one_message,
    overload,
    registering,
    relaying,
    rtpengine,
    securing,
    signalling,
    sipp,
    sippy,
    turn,
)
from tools.bench.ours import NAME, OurBorder, OurRelay
from tools.bench.table import Results, as_markdown, as_table

_WIDTH = 120
_ENDS = (signal.SIGINT, signal.SIGTERM)
PARTS = (
    "message",
    "relay",
    "srtp",
    "signalling",
    "memory",
    "overload",
    "turn",
    "registering",
    "connections",
    "ng",
)


def main() -> int:
    options = _options()
    for number in _ENDS:
        signal.signal(number, _interrupted)
    if options.nice:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, options.nice)
    results = Results()
    try:
        if options.with_sippy:
            sippy.install()
        with tempfile.TemporaryDirectory(prefix="bench") as folder:
            _run(options, Path(folder), results)
        status = 0
    except KeyboardInterrupt:
        results.note("Interrupted.")
        status = 130
    _show(results, options.markdown)
    return status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    parser.add_argument("--with-sippy", action="store_true", help="install sippy below build/")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--rounds", type=int, help="3; with --quick 1")
    parser.add_argument("--nice", type=int, default=0, help="priority, on a machine that is busy")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there")
    return parser.parse_args()


def _run(options: argparse.Namespace, folder: Path, results: Results) -> None:
    relays, borders = _subjects(options.without_peers, results)
    seconds = 1.5 if options.quick else 4.0
    parts: dict[str, Callable[[], None]] = {
        "message": lambda: one_message.measure(500 if options.quick else 2000, results),
        "relay": lambda: relaying.measure(relays, folder, seconds, results),
        "srtp": lambda: securing.measure(_secure(relays), folder, seconds, results),
        "signalling": lambda: signalling.measure(borders, folder, seconds, results),
        "memory": lambda: _memory(relays, borders, folder, results),
        "overload": lambda: overload.measure(relays, folder, results),
        "registering": lambda: registering.measure(folder, seconds, results),
        "connections": lambda: connections.measure(folder, seconds, results),
        "ng": lambda: ng.measure(_ng_relays(relays), folder, seconds, results),
        "turn": lambda: turn.measure(
            _turn_servers(options.without_peers, results), folder, seconds, results
        ),
    }
    began = monotonic()
    for part in options.only or PARTS:
        for number in range(options.rounds or (1 if options.quick else 3)):
            sys.stderr.write(f"{monotonic() - began:4.0f} s  {part}, round {number + 1}\n")
            parts[part]()


def _ng_relays(relays: list[relaying.MakeRelay]) -> list[Callable[[Path], ng.Subject]]:
    theirs = [rtpengine.Rtpengine] if rtpengine.Rtpengine in relays else []
    return [ng.OurNg, *theirs]


def _secure(relays: list[relaying.MakeRelay]) -> list[securing.MakeRelay]:
    """Those that can; all can."""
    known: tuple[securing.MakeRelay, ...] = (OurRelay, rtpengine.Rtpengine)
    return [make for make in known if make in relays]


def _turn_servers(alone: bool, results: Results) -> list[turn.Make]:
    if alone:
        return [turn.ours]
    if not turn.installed():
        results.note("coturn is not installed (Debian: coturn).")
        return [turn.ours]
    return [turn.ours, turn.coturn]


def _memory(
    relays: list[relaying.MakeRelay],
    borders: list[signalling.MakeBorder],
    folder: Path,
    results: Results,
) -> None:
    memory.measure_relays(relays, folder, results)
    memory.measure_borders(borders, folder, results)


def _subjects(
    alone: bool, results: Results
) -> tuple[list[relaying.MakeRelay], list[signalling.MakeBorder]]:
    """Ours, and the peers that are there."""
    relays: list[relaying.MakeRelay] = [OurRelay]
    borders: list[signalling.MakeBorder] = [lambda folder, _: OurBorder(folder)]
    if not alone:
        _add_peers(relays, borders, results)
    if not sipp.installed():
        results.note("No call was made: SIPp is not installed (Debian: sip-tester).")
        borders.clear()
    return relays, borders


def _add_peers(
    relays: list[relaying.MakeRelay], borders: list[signalling.MakeBorder], results: Results
) -> None:
    if rtpengine.installed():
        relays.append(rtpengine.Rtpengine)
    else:
        results.note("rtpengine is not installed (Debian: rtpengine-daemon).")
    if kamailio.installed():
        results.note(f"{rtpengine.PROGRAM} stands for Kamailio with it wherever calls are made.")
        results.note("Kamailio is alone where there is no media to anchor.")
        borders.append(lambda folder, media: kamailio.Kamailio(folder, media=media != "none"))
    else:
        results.note("Kamailio with rtpengine is not installed (Debian: kamailio).")
    if sippy.installed():
        borders.append(lambda folder, media: sippy.Sippy(folder) if media == "none" else None)
    else:
        results.note("sippy is not installed (--with-sippy does it).")


def _show(results: Results, markdown: Path | None) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(as_table(results, NAME))
    for note in results.notes:
        console.print(f"* {note}", highlight=False)
    if markdown is not None:
        markdown.write_text("".join(f"{line}\n" for line in as_markdown(results, NAME)))


def _interrupted(_: int, __: FrameType | None) -> None:
    """Once: from then on, what was started is being ended."""
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
