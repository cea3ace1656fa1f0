"""One direction between two forms of keys: none is lost, none comes twice, each keeps its length
(M7)."""

from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest

from media.dtmf.event import KEYS, Event, EventReader, Pressed, parse
from media.dtmf.g711 import SILENCE, Law, decode, encode
from media.dtmf.tones import ToneReader, tone
from media.dtmf.way import MOST_WAITING, End, Form, Way
from media.rtp import read_header
from tests.support.rtp_streams import rtp

PCMU, PCMA, EVENT = 0, 8, 101
BOTH: dict[int, Law] = {PCMU: "PCMU", PCMA: "PCMA"}
PACKET, STEP = 0.02, 160

Packet = tuple[float, bytes]


def end(form: Form, *, number: int = EVENT, rate: int = 8000, voices: bool = True) -> End:
    events = {number: rate} if form == "rfc4733" else {}
    return End(form, events, BOTH if voices else {}, rate)


class Line:
    """A source that speaks steadily and presses keys; and what comes out behind the way."""

    def __init__(self, source: End, target: End) -> None:
        self.source, self.target = source, target
        self.way = Way(source, target, ssrc=9, sequence=100, timestamp=0)
        self.now = 10.0
        self.out: list[bytes] = []
        self.told: list[Pressed] = []
        self._sequence = self._timestamp = 0

    def say(self, payload: bytes = bytes([SILENCE["PCMU"]]) * STEP) -> None:
        self._send(rtp(self._sequence, self._timestamp, PCMU, payload=payload))
        self._timestamp += STEP
        self._pass(PACKET)

    def silent(self, seconds: float) -> None:
        self._timestamp += round(8000 * seconds)
        self._pass(seconds)

    def press(self, key: str, milliseconds: int, drop: Iterator[bool] | None = None) -> None:
        """In the form of the source, with a pause behind."""
        if self.source.form == "info":
            assert self.way.press(Pressed(key, milliseconds))
        elif self.source.form == "inband":
            samples = tone(key, 0, 8 * milliseconds)
            samples += [0] * (-len(samples) % STEP)
            for at in range(0, len(samples), STEP):
                self.say(encode(samples[at : at + STEP], "PCMU"))
        else:
            self._press_event(key, milliseconds, drop)
        for _ in range(max(4, milliseconds // 20 + 8)):
            self.say()

    def _press_event(self, key: str, milliseconds: int, drop: Iterator[bool] | None) -> None:
        ((number, rate),) = self.source.events.items()
        begun, code = self._timestamp, KEYS.index(key)
        lengths = [*range(20, milliseconds, 20), milliseconds]
        ends = [False] * len(lengths)
        for length, over in zip(
            [*lengths, *2 * lengths[-1:]], [*ends[:-1], *3 * [True]], strict=True
        ):
            payload = Event(code, over, 10, length * rate // 1000).encode()
            data = rtp(self._sequence, begun, number, payload=payload)
            if drop is not None and next(drop):
                self._sequence += 1
            else:
                self._send(data)
            self._timestamp += STEP
            self._pass(PACKET)

    def _send(self, data: bytes) -> None:
        self._sequence += 1
        self.out += self.way.packet(data, None, self.now)

    def _pass(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.way.due) <= until:
            self.now = max(self.now, due)
            self.out += self.way.tick(self.now)
        self.now = until
        self.told += self.way.told()

    # --- what the target makes of it --------------------------------------------------------------

    def heard(self) -> list[tuple[str, int]]:
        if self.target.form == "info":
            return [(each.key, each.milliseconds) for each in self.told]
        if self.target.form == "inband":
            return self._tones()
        reader = EventReader()
        found: list[Pressed] = []
        ((number, rate),) = self.target.events.items()
        for data in self.out:
            header, event = read_header(data), parse(data[12:])
            if header.payload_type == number and event is not None:
                found += reader.packet(header.timestamp, rate, event)
        return [(each.key, each.milliseconds) for each in found]

    def _tones(self) -> list[tuple[str, int]]:
        reader = ToneReader()
        found: list[tuple[str, int]] = []
        for data in self.out:
            header = read_header(data)
            assert header.payload_type in BOTH
            found += reader.samples(decode(data[12:], BOTH[header.payload_type])).ended
        return [*found, *reader.end()]

    def check_numbers(self) -> None:
        numbers = [read_header(data).sequence for data in self.out]
        assert all(later - earlier & 0xFFFF == 1 for earlier, later in pairwise(numbers))
        assert len({read_header(data).ssrc for data in self.out}) == 1


FORMS: tuple[Form, ...] = ("rfc4733", "info", "inband")
DIFFERENT = [(one, other) for one in FORMS for other in FORMS if one != other]


@pytest.mark.parametrize(("source", "target"), DIFFERENT)
def test_every_key_goes_across_with_its_length(source: Form, target: Form) -> None:
    line = Line(end(source), end(target))
    line.say()
    for key in KEYS:
        line.press(key, 100)
    assert [key for key, _ in line.heard()] == list(KEYS)
    slack = 26 * ((source == "inband") + (target == "inband"))
    assert all(abs(length - 100) <= slack for _, length in line.heard())
    line.check_numbers()


@pytest.mark.parametrize(("source", "target"), DIFFERENT)
def test_of_a_thousand_keys_none_is_lost_or_doubled(source: Form, target: Form) -> None:
    random = Random(f"{source} {target}")
    line = Line(end(source), end(target))
    pressed = [(random.choice(KEYS), random.choice((60, 80, 120, 200))) for _ in range(1000)]
    for key, milliseconds in pressed:
        line.press(key, milliseconds)
    line.silent(1.0)
    assert [key for key, _ in line.heard()] == [key for key, _ in pressed]
    line.check_numbers()


def test_nor_where_a_third_of_the_events_is_lost() -> None:
    random = Random(3)
    line = Line(end("rfc4733"), end("info"))
    pressed = [random.choice(KEYS) for _ in range(1000)]
    for key in pressed:
        kept = random.randrange(7)  # of its seven packets at least one comes
        line.press(key, 100, iter([at != kept and random.random() < 0.33 for at in range(7)]))
    line.silent(1.0)
    assert [key for key, _ in line.heard()] == pressed


@pytest.mark.parametrize(
    ("rates", "ticks"), [((48000, 8000), 800), ((8000, 48000), 4800), ((8000, 16000), 1600)]
)
def test_an_event_changes_its_number_and_its_clock(rates: tuple[int, int], ticks: int) -> None:
    line = Line(end("rfc4733", number=96, rate=rates[0]), end("rfc4733", rate=rates[1]))
    line.press("5", 100)
    assert line.heard() == [("5", 100)]
    events = [data for data in line.out if read_header(data).payload_type == EVENT]
    last = parse(events[-1][12:])
    assert len(events) == 7
    assert last == Event(5, True, 10, ticks)
    line.check_numbers()


def test_sound_passes_as_it_is() -> None:
    line = Line(end("rfc4733"), end("info"))
    spoken = [bytes([at]) * STEP for at in range(20)]
    for payload in spoken:
        line.say(payload)
    assert [data[12:] for data in line.out] == spoken


def test_sound_goes_under_the_number_that_is_asked_for() -> None:
    way = Way(end("rfc4733"), end("info"), 1, 2, 3)
    (out,) = way.packet(rtp(1, 160), lambda data: data[:1] + b"\x08" + data[2:], 1.0)
    assert read_header(out).payload_type == 8


def test_a_tone_is_silence_where_the_other_end_is_told() -> None:
    line = Line(end("inband"), end("info"))
    line.press("5", 200)
    assert [key for key, _ in line.heard()] == ["5"]
    heard = ToneReader()
    assert [heard.samples(decode(data[12:], "PCMU")).key for data in line.out] == [None] * len(
        line.out
    )


def test_a_key_can_be_played_before_the_source_has_said_a_word() -> None:
    line = Line(end("info"), end("rfc4733"))
    assert line.way.press(Pressed("1", 100))
    line.silent(0.5)
    assert line.heard() == [("1", 100)]
    line.check_numbers()


def test_a_key_whose_end_never_comes_is_told_all_the_same() -> None:
    line = Line(end("rfc4733"), end("info"))
    line._press_event("5", 100, iter([False] * 4 + [True] * 3))
    assert line.told == []
    line.silent(0.3)
    assert line.heard() == [("5", 80)]


def test_lengths_are_kept_within_reason() -> None:
    line = Line(end("info"), end("rfc4733"))
    assert line.way.press(Pressed("1", 0))
    assert line.way.press(Pressed("2", 10**9))
    line.silent(20.0)
    assert line.heard() == [("1", 40), ("2", 8000)]


def test_not_everything_can_be_played() -> None:
    way = Way(end("info"), end("inband", voices=False), 1, 2, 3)
    assert not way.press(Pressed("5", 100))
    way = Way(end("info"), end("rfc4733"), 1, 2, 3)
    assert not way.press(Pressed("x", 100))
    assert not way.press(Pressed("", 100))
    taken = [way.press(Pressed("5", 100)) for _ in range(2 * MOST_WAITING)]
    assert taken.count(True) == MOST_WAITING


def test_an_event_for_whom_no_tone_can_be_made_is_not_passed_for_sound() -> None:
    line = Line(end("rfc4733"), end("inband", voices=False))
    line.press("5", 100)
    assert {read_header(data).payload_type for data in line.out} == {PCMU}


def test_a_new_source_begins_with_its_own_numbers() -> None:
    way = Way(end("rfc4733"), end("info"), 1, 2, 3)
    way.packet(rtp(10, 0, EVENT, payload=b"\x05"), None, 1.0)
    (out,) = way.packet(rtp(7000, 0, ssrc=77), None, 1.1)
    assert read_header(out).sequence == 7000
