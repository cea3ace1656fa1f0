"""Debian's Kamailio as a stateful proxy, with rtpengine for its media or without."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from tools.bench.processes import Process, until
from tools.bench.rtpengine import NG, Rtpengine
from tools.bench.rtpengine import PROGRAM as RTPENGINE
from tools.bench.sipp import CALLED_AT, answers
from tools.bench.subject import Address

PROGRAM = "kamailio"
ENTRY: Address = ("127.0.0.31", 5060)
_TEMPLATE = Path(__file__).with_name("kamailio.cfg")
_FLAGS = "replace-origin replace-session-connection ICE=remove"
_MEGABYTES = "64"
_START = 10.0


def installed() -> bool:
    return all(map(shutil.which, (PROGRAM, RTPENGINE)))


class Kamailio:
    name = RTPENGINE
    entry = ENTRY

    def __init__(self, folder: Path, *, media: bool = True) -> None:
        self._folder = folder
        self._media = media
        self._rtpengine = Rtpengine(folder) if media else None
        self._process: Process | None = None

    @property
    def processes(self) -> Sequence[Process]:
        own = [self._process] if self._process else []
        return [*own, *(self._rtpengine.processes if self._rtpengine else ())]

    def start(self) -> None:
        if self._rtpengine:
            self._rtpengine.start()
        file = self._folder / "kamailio.cfg"
        file.write_text(configuration(_TEMPLATE.read_text(), media=self._media))
        run = self._folder / "kamailio"
        run.mkdir(exist_ok=True)
        self._process = Process(
            [PROGRAM, "-f", str(file), "-DD", "-E", "-m", _MEGABYTES, "-Y", str(run)],
            self._folder / "kamailio.log",
        )
        until("Kamailio's answer", _START, self._process, lambda: answers(ENTRY))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
        if self._rtpengine:
            self._rtpengine.stop()


def configuration(template: str, *, media: bool) -> str:
    module = (
        'loadmodule "rtpengine.so"\nmodparam("rtpengine", "rtpengine_sock", "udp:{}:{}")'.format(
            *NG
        )
    )
    manage = f'rtpengine_manage("{_FLAGS}");'
    for mark, text in {
        "@ENTRY@": "{}:{}".format(*ENTRY),
        "@CALLED@": "{}:{}".format(*CALLED_AT),
        "@MODULE@": module if media else "",
        "@OFFER@": manage if media else "",
        "@ANSWER@": manage if media else ";",
        "@DELETE@": manage if media else ";",
    }.items():
        template = template.replace(mark, text)
    return template
