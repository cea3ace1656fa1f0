"""The media of one call: its streams, how it is supervised, and when to look at it again."""

from collections.abc import Iterator
from math import inf

from media.bundle import link
from media.control import Dead, Judged, Phase, Program, SessionReport, Side, Silent, StreamReport
from media.dtmf.event import Pressed
from media.engine.flow import EngineAction
from media.identity import Identity
from media.report import Begun, Measuring, stream_report
from media.side import SideState
from media.stream import Stream, Tell
from media.supervision import Patience


class Session:
    __slots__ = (
        "_closed",
        "_dead",
        "_measuring",
        "_opened_at",
        "_patience",
        "_roll_at",
        "_supervised_at",
        "armed",
        "cnames",
        "due",
        "identity",
        "name",
        "orphaned_at",
        "streams",
    )

    def __init__(
        self, name: str, cnames: tuple[bytes, bytes], measuring: Measuring, now: float
    ) -> None:
        self.name = name
        self.cnames = cnames
        """What the other side is told in place of the CNAME of `a`, and of `b`."""
        self.streams: dict[int, Stream] = {}
        self._closed: dict[int, StreamReport] = {}
        self._opened_at = now
        self._supervised_at: float | None = None
        self._patience = Patience(0.0, 0.0)
        self._measuring = measuring
        self._roll_at = now + measuring.interval
        self._dead = False
        self.identity: Identity | None = None
        """What it shows in DTLS, from its beginning to its end."""
        self.orphaned_at: float | None = None
        """When signalling was lost, if it has not named this session since."""
        self.due = self._roll_at
        """When to look again."""
        self.armed = inf
        """When the relay will, as its alarms stand."""

    def sides(self) -> Iterator[tuple[Stream, SideState]]:
        for stream in self.streams.values():
            yield stream, stream.a
            yield stream, stream.b

    def supervise(self, program: Program, now: float) -> None:
        """After its plans have been agreed."""
        self._patience = Patience(program.initial, program.subsequent)
        if not program.supervise:
            self._supervised_at = None
        elif self._supervised_at is None:
            self._supervised_at = now
        for stream, side in self.sides():
            # Between two pages of a fax, without a word on the floor, or while nobody types
            # (RFC 4103 §5.2), nothing comes for long.
            steady = not stream.opaque and stream.kind != "text"
            expected = program.supervise and stream.may_cross(side) and steady
            side.watch.expect(expected, self._patience, now)
            if expected and side.asked_at is None:
                side.asked_at = now
        self._set_due()

    def bundle(self) -> list[EngineAction]:
        """After streams have been agreed on: who shares a port with whom."""
        return [*link(self.streams, "a"), *link(self.streams, "b")]

    def removed(self, index: int, now: float) -> Stream | None:
        """A stream that was refused or given up; what it was stays in the report."""
        stream = self.streams.pop(index, None)
        if stream is not None:
            self._closed[index] = stream_report(stream, self._begun, self._measuring, now)
        return stream

    def tick(self, now: float) -> list[EngineAction | Tell]:
        actions: list[EngineAction | Tell] = []
        if now >= self._roll_at:
            self._roll(now)
            actions += self._judgements(now)
        for stream in self.streams.values():
            if stream.due <= now:
                actions += stream.look(now)
        actions += [*self._silences(now), *self._death()]
        self._set_due()
        return actions

    def press(self, towards: Side, pressed: Pressed) -> bool:
        """The first stream that can play it does."""
        for stream in self.streams.values():
            if stream.press(towards, pressed):
                self.hurry(stream)
                return True
        return False

    def hurry(self, stream: Stream) -> None:
        """A packet has given this stream something to do before the next look."""
        self.due = min(self.due, stream.due)

    def last_at(self) -> float:
        """When any end was last heard."""
        return max((side.reception.last_at or -inf for _, side in self.sides()), default=-inf)

    def report(self, now: float) -> SessionReport:
        live = {
            index: stream_report(stream, self._begun, self._measuring, now)
            for index, stream in self.streams.items()
        }
        reports = sorted({**self._closed, **live}.items())
        return SessionReport(
            self.name, self._opened_at, now, tuple(report for _, report in reports)
        )

    @property
    def _begun(self) -> Begun:
        return Begun(self._opened_at, self._supervised_at)

    def _roll(self, now: float) -> None:
        for _, side in self.sides():
            if side.reception.packets:
                side.reception.roll(now)
        self._roll_at += self._measuring.interval
        if self._roll_at <= now:  # the process was stopped for a while
            self._roll_at = now + self._measuring.interval

    def _judgements(self, now: float) -> Iterator[Tell]:
        """What has become better or worse, of a call that is answered."""
        if self._supervised_at is None:
            return
        for stream in self.streams.values():
            report = stream_report(stream, self._begun, self._measuring, now)
            for side, verdict in ((stream.a, report.a.verdict), (stream.b, report.b.verdict)):
                if verdict is None or verdict.name in {"waiting", "inactive", side.judged}:
                    continue
                side.judged = verdict.name
                yield Tell(Judged(self.name, stream.index, side.name, verdict))

    def _silences(self, now: float) -> Iterator[Tell]:
        for stream, side in self.sides():
            phase = side.watch.look(side.reception.last_at, self._patience, now)
            if phase is not None:
                yield Tell(Silent(self.name, stream.index, side.name, phase))

    def _death(self) -> Iterator[Tell]:
        watches = [side.watch for _, side in self.sides() if side.watch.expecting]
        dead = bool(watches) and all(watch.silent for watch in watches)
        if dead and not self._dead:
            once_alive = any(watch.phase == "subsequent" for watch in watches)
            phase: Phase = "subsequent" if once_alive else "initial"
            yield Tell(Dead(self.name, phase))
        self._dead = dead

    def _set_due(self) -> None:
        watches = min((side.watch.due for _, side in self.sides()), default=inf)
        streams = min((stream.due for stream in self.streams.values()), default=inf)
        self.due = min(self._roll_at, watches, streams)
