"""The media of one dialog of a phone: what it offered, what was agreed, what it says and hears.

Offer and answer as RFC 3264 has them, written without a look at how the border does it.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from struct import pack

from tests.support.network import Address
from tests.support.phone_sdp import FORMATS, MIRRORED, TAKEN, Described, Direction, Line, write

REPORT_EVERY = 1.0
PACKETS_OF_A_WHILE = 8


@dataclass(frozen=True, slots=True)
class Stream:
    """One m-line as both have agreed on it, seen from one end."""

    index: int
    kind: str
    local: int
    """Our port."""
    remote: Address
    sends: bool
    receives: bool
    formats: tuple[str, ...]
    """Numbers that the other end takes; of a fax none is a number."""


@dataclass(frozen=True, slots=True)
class Heard:
    at: float
    index: int
    """Of the m-line by whose port it came; -1: by none that is open."""
    ssrc: int
    payload_type: int


class Unfit(Exception):
    """A description that does not fit: the border is at fault."""


class PhoneMedia:
    def __init__(self, ip: str, secret: str, first_port: int, first_ssrc: int) -> None:
        self._ip = ip
        self._secret = secret
        self._next_port = first_port
        self._first_ssrc = first_ssrc
        self._version = 0
        self._written = ""
        self._remote: Described | None = None
        self._agreed_on: list[Described] = []
        self._sent = 0
        self._spoken: dict[int, list[float]] = {}
        """When each port of ours sent."""
        self.lines: tuple[Line, ...] = ()
        """Ours, as last agreed."""
        self.proposed: tuple[Line, ...] | None = None
        """Our open offer."""
        self.streams: tuple[Stream, ...] = ()
        self.mute = False
        self.rude = False
        self.history: list[tuple[float, tuple[Stream, ...], bool]] = []
        """When, what was agreed, and whether we keep silent all the same."""
        self.heard: list[Heard] = []

    def branch(self) -> "PhoneMedia":
        """For one more early dialog: the same offer, the same ports, an answer of its own."""
        other = copy(self)
        other.history = []
        other._agreed_on = []
        return other

    @property
    def agreed(self) -> bool:
        return self._remote is not None

    def knows(self, theirs: Described) -> bool:
        """Was it agreed on before, be it in another version?"""
        return any(before == replace(theirs, version=before.version) for before in self._agreed_on)

    # --- our offers -------------------------------------------------------------------------------

    def first_offer(self, kinds: tuple[str, ...]) -> str:
        return self._propose(tuple(self._line(kind) for kind in kinds))

    def same_offer(self) -> str:
        return self._propose(self.lines)

    def directed_offer(self, direction: Direction) -> str:
        return self._propose(
            tuple(replace(line, direction=direction, unspecified=False) for line in self.lines)
        )

    def zero_offer(self) -> str:
        """Hold as before RFC 3264."""
        return self._propose(tuple(replace(line, unspecified=True) for line in self.lines))

    def spoken_offer(self, *formats: str) -> str:
        """The sound in these formats."""
        return self._of_kind("audio", lambda line: replace(line, formats=formats))

    def numbered_offer(self, *formats: str) -> str:
        """The picture under these numbers."""
        return self._of_kind("video", lambda line: replace(line, formats=formats))

    def with_kind(self, kind: str) -> str:
        """One more stream, in a place that has become free or in a new one."""
        free = [at for at, line in enumerate(self.lines) if not line.port]
        lines = list(self.lines)
        if free:
            lines[free[0]] = self._line(kind)
        else:
            lines.append(self._line(kind))
        return self._propose(tuple(lines))

    def without_kind(self, kind: str) -> str:
        return self._of_kind(kind, lambda line: replace(line, port=0))

    def instead(self, old: str, new: str) -> str:
        """Another kind of stream in the place of one, as faxes do it (T.38 D.2)."""
        return self._of_kind(old, lambda line: replace(self._line(new), port=line.port))

    def _of_kind(self, kind: str, change: Callable[[Line], Line]) -> str:
        lines = (change(line) if line.kind == kind and line.port else line for line in self.lines)
        return self._propose(tuple(lines))

    def moved_offer(self) -> str:
        """The same streams on other ports of ours."""
        return self._propose(
            tuple(replace(line, port=line.port and self._port()) for line in self.lines)
        )

    def refused(self) -> None:
        """Our offer was: what was agreed before stands."""
        self.proposed = None

    # --- theirs -----------------------------------------------------------------------------------

    def answered(self, theirs: Described, now: float) -> None:
        """To our offer."""
        assert self.proposed is not None
        if [line.kind for line in theirs.lines] != [line.kind for line in self.proposed]:
            raise Unfit("the answer has other m-lines than the offer")
        for ours, line in zip(self.proposed, theirs.lines, strict=True):
            if line.port and not ours.port:
                raise Unfit("the answer takes a line that was not offered")
            if (line.sends and not ours.receives) or (line.receives and not ours.sends):
                raise Unfit(f"{line.direction} is no answer to {ours.direction}")
            if line.port and not set(line.formats) <= set(ours.formats):
                raise Unfit(f"the answer names {line.formats}, the offer {ours.formats}")
        lines, self.proposed = self.proposed, None
        self._agree(lines, theirs, now)

    def answer(self, theirs: Described, now: float) -> str:
        """To their offer."""
        if len(theirs.lines) < len(self.lines):
            raise Unfit("an offer forgets an m-line")
        ours = tuple(self._answer_line(at, line) for at, line in enumerate(theirs.lines))
        text = self._written_for(ours)
        self._agree(ours, theirs, now)
        return text

    def _answer_line(self, at: int, line: Line) -> Line:
        known = self.lines[at] if at < len(self.lines) else None
        formats = tuple(each for each in line.formats if each in TAKEN.get(line.kind, ()))
        if not line.port or not formats:
            return Line(line.kind, 0, "inactive", line.formats)
        port = known.port if known is not None and known.port else self._port()
        return Line(line.kind, port, MIRRORED[line.direction], formats)

    def _agree(self, lines: tuple[Line, ...], theirs: Described, now: float) -> None:
        self._check_origin(theirs)
        self.lines, self._remote = lines, theirs
        self._agreed_on.append(theirs)
        self.streams = tuple(
            Stream(
                at,
                ours.kind,
                ours.port,
                theirs.rtp(at),
                sends=ours.sends and line.receives,
                receives=ours.receives and line.sends,
                formats=line.formats,
            )
            for at, (ours, line) in enumerate(zip(lines, theirs.lines, strict=True))
            if ours.port and line.port
        )
        self._noted(now)

    def _check_origin(self, theirs: Described) -> None:
        """RFC 3264 §8: one session, and a version that rises with every change."""
        before = self._remote
        if before is None or before == theirs:
            return
        if theirs.session != before.session:
            raise Unfit("the session of o= has changed")
        if theirs.version <= before.version and theirs != replace(before, version=theirs.version):
            raise Unfit("a change without a higher version in o=")

    def repeated(self) -> str:
        """What we have written last."""
        return self._written

    def shifted(self, now: float) -> str:
        """The same answer with other ports of ours, before the dialog is confirmed."""
        assert self._remote is not None
        ours = tuple(replace(line, port=line.port and self._port()) for line in self.lines)
        text = self._written_for(ours)
        self._agree(ours, self._remote, now)
        return text

    # --- packets ----------------------------------------------------------------------------------

    def ssrc(self, index: int) -> int:
        return self._first_ssrc + index

    def silence(self, now: float, *, mute: bool) -> None:
        self.mute = mute
        self._noted(now)

    def end(self, now: float) -> None:
        self.streams = ()
        self._noted(now)

    def has_spoken(self, port: int, by: float) -> bool:
        """Has this port of ours sent for a while, so that whoever wants to knows where it is?"""
        return sum(at < by for at in self._spoken.get(port, ())) >= PACKETS_OF_A_WHILE

    def packets(self, now: float) -> Iterator[tuple[int, Address, bytes]]:
        """From which port, where to, and what: one RTP packet for each stream that we send."""
        self._sent += 1
        for stream in self.streams:
            if (stream.sends or self.rude) and not self.mute:
                self._spoken.setdefault(stream.local, []).append(now)
                yield stream.local, stream.remote, self._packet(stream)

    def _packet(self, stream: Stream) -> bytes:
        """RTP; or UDPTL, which has a sequence number in front and no version (T.38 §9.1)."""
        ssrc = self.ssrc(stream.index)
        if stream.kind == "image":
            return pack("!HHII", self._sent % 65536, 6, 0, ssrc) + bytes(20)
        payload_type = int(stream.formats[0])
        ticks = 160 * self._sent * (11 if stream.kind == "video" else 1)
        return pack("!BBHII", 0x80, payload_type, self._sent % 65536, ticks % 2**32, ssrc) + bytes(
            20
        )

    def reports(self) -> Iterator[tuple[int, Address, bytes]]:
        """RTCP: a sender report, and a description that says who and where we are."""
        for stream in self.streams:
            if stream.kind == "image":
                continue
            ssrc = self.ssrc(stream.index)
            sender = pack("!BBHIIIIII", 0x80, 200, 6, ssrc, self._sent, 0, 0, self._sent, 0)
            to = stream.remote[0], stream.remote[1] + 1
            yield stream.local + 1, to, sender + _description(ssrc, f"{self._secret}@{self._ip}")

    def hear(self, port: int, data: bytes, now: float) -> None:
        """RTP, on a port of ours."""
        ssrc = int.from_bytes(data[8:12], "big")
        self.heard.append(Heard(now, self._index_of(port), ssrc, data[1] & 0x7F))

    def _index_of(self, port: int) -> int:
        """A phone must hear what it has offered, too (RFC 3264 §5.1)."""
        for lines in (self.lines, self.proposed or ()):
            for index, line in enumerate(lines):
                if line.port == port:
                    return index
        return -1

    # --- within -----------------------------------------------------------------------------------

    def _noted(self, now: float) -> None:
        self.history.append((now, self.streams, self.mute))

    def _propose(self, lines: tuple[Line, ...]) -> str:
        assert self.proposed is None
        self.proposed = lines
        return self._written_for(lines)

    def _written_for(self, lines: tuple[Line, ...]) -> str:
        text = write(lines, self._ip, self._secret, self._version)
        if text != self._written:
            self._version += 1
            self._written = write(lines, self._ip, self._secret, self._version)
        return self._written

    def _line(self, kind: str) -> Line:
        return Line(kind, self._port(), "sendrecv", FORMATS[kind])

    def _port(self) -> int:
        port, self._next_port = self._next_port, self._next_port + 2
        return port


def _description(ssrc: int, cname: str) -> bytes:
    item = bytes([1, len(cname)]) + cname.encode()
    padded = item + bytes(4 - len(item) % 4)
    return pack("!BBHI", 0x81, 202, 1 + len(padded) // 4, ssrc) + padded
