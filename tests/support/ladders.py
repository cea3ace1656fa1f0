"""A simulated world as text: its script, its ladder, what was noted and what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pprint import pformat

from tests.support.neighbourhood import BORDER, NAT, PHONES
from tests.support.network import Crossing
from tests.support.phones import SIP_PORT
from tests.support.world import BEGIN, World

WIDTH = 34
_LEFT = {"outside"}


def picture(world: World) -> Iterator[str]:
    yield pformat(world.script, width=100)
    yield f"{'':9}{'outside':^{WIDTH}} border {'inside':^{WIDTH}}"
    lines = [*_messages(world), *_notes(world), *_records(world)]
    for at, text in sorted(lines, key=lambda line: line[0]):
        yield f"{at - BEGIN:8.3f} {text}"
    for call in world.callers:
        finals = [(round(each.at - BEGIN, 3), each.status) for each in call.finals]
        yield f"call {call.index}: final answers {finals}"


def _messages(world: World) -> Iterator[tuple[float, str]]:
    for crossing in world.network.crossed:
        if SIP_PORT in {crossing.datagram.source[1], crossing.datagram.to[1]}:
            yield crossing.at, _arrow(crossing)


def _arrow(crossing: Crossing) -> str:
    datagram = crossing.datagram
    head, _, body = datagram.data.partition(b"\r\n\r\n")
    first = head.split(b"\r\n", 1)[0].decode().replace("SIP/2.0", "").strip()
    method = next((row for row in head.split(b"\r\n") if row.startswith(b"CSeq:")), b"").decode()
    what = first.split(" sip:")[0][:14] + method.removeprefix("CSeq:")
    what += " sdp" if body.startswith(b"v=0") else ""
    what += {0: " LOST", 1: ""}.get(crossing.arrivals, " TWICE")
    ours = datagram.source[0] == BORDER[datagram.wire]
    who = _name(datagram.to[0] if ours else datagram.source[0])
    left = datagram.wire in _LEFT
    arrow = f"{who} {what}"
    arrow = f"◄── {arrow} ──" if ours == left else f"── {arrow} ──►"
    return f"{arrow:^{WIDTH}}   │" if left else f"{'':{WIDTH}}   │   {arrow:^{WIDTH}}"


def _name(ip: str) -> str:
    if ip == NAT:
        return "alice"
    return next((name for name, (_, own) in PHONES.items() if own == ip), ip)


def _notes(world: World) -> Iterator[tuple[float, str]]:
    for at, note in world.notes:
        details = {name: value for name, value in note.detail if name != "traceback"}
        yield at, f"    · {note.event} {dict(note.labels)} {details}"
        for name, value in note.detail:
            if name == "traceback":
                yield at, value
    for phone in world.phones.values():
        for complaint in phone.complaints:
            yield float(complaint.split(" ")[0]), f"    ! {complaint}"


def _records(world: World) -> Iterator[tuple[float, str]]:
    for at, entry in world.journal:
        record = entry.record
        yield at, f"    = {entry.kind} {entry.uid} to {record['to']}: {record['cause']}"
