"""Calls by the NG protocol: offer, answer and delete a second, ours beside rtpengine's.

One client keeps a window of calls open, so that neither ever waits for it.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from time import monotonic

from tools.bench import rtpengine
from tools.bench.bencode import Value, encode
from tools.bench.figures import per_item
from tools.bench.ours import NAME
from tools.bench.processes import LOAD_CORE, Broken, Process, on_core, spent, until
from tools.bench.rtpengine import description
from tools.bench.subject import CALLED, CALLER, Address
from tools.bench.table import Results

ADDRESS = "127.0.0.91"
NG: Address = (ADDRESS, 22_222)
WINDOW = 16
_PORTS = "20000-59999"
_START, _PATIENCE = 10.0, 2.0
_STEPS = ("offer", "answer", "delete")


class OurNg:
    """The relay as a proxy has it."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        command = [sys.executable, "-m", "media", "--ng", f"{ADDRESS}:{NG[1]}"]
        command += ["--interface", ADDRESS, "--ports", _PORTS, "--delete-delay", "0"]
        self._process = Process(command, self._folder / "ng.log")
        until("the relay's answer", _START, self._process, lambda: _pings(NG))

    def stop(self) -> None:
        if self._process:
            self._process.stop()


Subject = OurNg | rtpengine.Rtpengine


def measure(
    makes: Sequence[Callable[[Path], Subject]], folder: Path, seconds: float, results: Results
) -> None:
    """One round."""
    for make in makes:
        subject = make(folder)
        at = NG if isinstance(subject, OurNg) else rtpengine.NG
        try:
            subject.start()
            with on_core(LOAD_CORE):
                _calls(at, 0.5)
                before, began = spent(subject.processes), monotonic()
                done = _calls(at, seconds)
                taken, cost = monotonic() - began, spent(subject.processes) - before
            results.add("NG: offer, answer and delete", "1/s", subject.name, done / taken)
            what = "processor time: offer, answer and delete by NG"
            results.add(what, "µs", subject.name, 1e6 * per_item(cost, done))
        except Broken as problem:
            results.note(f"{subject.name}: {problem}")
        finally:
            subject.stop()


def question(step: int, call: int) -> bytes:
    """With its cookie, which says whose reply it is."""
    tags: dict[str, Value] = {"call-id": f"bench-{call}", "from-tag": f"a{call}"}
    if step > 0:
        tags["to-tag"] = f"b{call}"
    if step < 2:
        at = (CALLER, 20_000 + call % 20_000) if step == 0 else (CALLED, 20_000 + call % 20_000)
        tags |= {"sdp": description(at), "ICE": "remove", "replace": ["origin"]}
    message: dict[str, Value] = {"command": _STEPS[step], **tags}
    return b"%d_%d " % (call, step) + encode(message)


def _calls(at: Address, seconds: float) -> int:
    """So many have come and gone."""
    with socket(AF_INET, SOCK_DGRAM) as client:
        client.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20)
        client.settimeout(_PATIENCE)
        client.connect(at)
        begun = done = 0
        end = monotonic() + seconds
        first = int(end * 1000)  # call-ids of this turn alone
        for begun in range(WINDOW):
            client.send(question(0, first + begun))
        open_ = WINDOW
        while open_:
            try:
                cookie, _, reply = client.recv(65_535).partition(b" ")
            except OSError:
                raise Broken("does not answer") from None
            if b"6:result2:ok" not in reply:
                raise Broken(f"answers {reply[:200]!r}")
            call, _, step = cookie.partition(b"_")
            if step != b"2":
                client.send(question(int(step) + 1, int(call)))
                continue
            done += 1
            if monotonic() < end:
                begun += 1
                client.send(question(0, first + begun))
            else:
                open_ -= 1
    return done


def _pings(at: Address) -> bool:
    with socket(AF_INET, SOCK_DGRAM) as client:
        client.settimeout(0.2)
        client.connect(at)
        try:
            client.send(b"1 d7:command4:pinge")
            return client.recv(100).startswith(b"1 ")
        except OSError:
            return False
