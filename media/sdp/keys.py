"""Telephone-events in descriptions of two peers that press keys in different forms (RFC 4733 §2.5).

Where both have a form, the border is the end of their events: it offers them to who takes them, for
each clock of its codecs, and answers with those that were offered, whatever the other side has.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from media.sdp.codec import Codec, is_real
from media.sdp.media_description import DIRECTIONS, Media
from media.sdp.session import Session

Form = Literal["pass", "rfc4733", "info", "inband"]

_EVENT = "telephone-event"
_EVERY_KEY = "0-15"
_USUAL_CLOCK = 8000
_USUAL_NUMBER = 101
_DYNAMIC = range(96, 128)
_Change = Callable[[Media, Media], Media]
_DIRECTION_LINES = frozenset(f"a={direction}" for direction in DIRECTIONS)


def meet(one: Form, other: Form) -> bool:
    """Does the border stand between the keys of two such peers?"""
    return "pass" not in {one, other} and not (one == other != "rfc4733")


def offered(ours: Session, form: Form) -> Session:
    """An offer of ours for a peer of this form."""
    return _each_line(ours, ours, lambda line, _: _offer(line, form))


def answered(ours: Session, made: Session, form: Form) -> Session:
    """An answer of ours for a peer of this form, which had offered `made`."""
    return _each_line(ours, made, lambda line, offer: _answer(line, offer, form))


def differ(one: Sequence[Codec], other: Sequence[Codec]) -> bool:
    """Have the events of two ends different clocks?"""
    clocks = [{codec.rate for codec in codecs if is_event(codec)} for codecs in (one, other)]
    return bool(clocks[0] and clocks[1]) and not clocks[0] & clocks[1]


def is_event(codec: Codec) -> bool:
    return codec.key[0] == _EVENT


def _each_line(ours: Session, beside: Session, change: _Change) -> Session:
    media = [
        change(line, other) if _is_sound(line) else line
        for line, other in zip(ours.media, beside.media, strict=True)
    ]
    return Session(ours.lines, media, ours.connection_ip)


def _is_sound(line: Media) -> bool:
    return line.kind == "audio" and not line.refused and any(map(is_real, line.codecs))


def _offer(line: Media, form: Form) -> Media:
    if form != "rfc4733":
        return _with_events(line, ())
    have = {codec.rate for codec in line.codecs if is_event(codec)}
    clocks = dict.fromkeys(codec.rate for codec in line.codecs if is_real(codec))
    taken = {codec.payload_type for codec in line.codecs}
    events = [codec for codec in line.codecs if is_event(codec)]
    for clock in (*clocks, _USUAL_CLOCK):
        if clock not in have:
            have.add(clock)
            number = _free(taken)
            if number is not None:
                taken.add(number)
                events.append(Codec(number, _EVENT, clock, 1, _EVERY_KEY))
    return _with_events(line, events)


def _answer(line: Media, offer: Media, form: Form) -> Media:
    events = [codec for codec in offer.codecs if is_event(codec)]
    if form != "rfc4733" or not events:
        return _with_events(line, ())
    clock = next(codec.rate for codec in line.codecs if is_real(codec))
    fitting = [codec for codec in events if codec.rate == clock]
    return _with_events(line, (fitting or events)[:1])


def _free(taken: set[int]) -> int | None:
    usual = (_USUAL_NUMBER, *_DYNAMIC)
    return next((number for number in usual if number not in taken), None)


def _with_events(line: Media, events: Iterable[Codec]) -> Media:
    """The line with these events and no others."""
    wanted = list(events)
    had = [codec for codec in line.codecs if is_event(codec)]
    if wanted == had:
        return line
    gone = {str(codec.payload_type) for codec in had}
    formats = [each for each in line.formats if each not in gone]
    lines = [each for each in line.lines if _number_of(each) not in gone]
    at = next((at for at, each in enumerate(lines) if each in _DIRECTION_LINES), len(lines))
    lines[at:at] = [text for codec in wanted for text in _lines_of(codec)]
    formats += [str(codec.payload_type) for codec in wanted]
    return Media(
        line.kind, line.port, line.protocol, formats, lines, connection_ip=line.connection_ip
    )


def _number_of(line: str) -> str | None:
    """The payload type that an a= line is for."""
    name, _, rest = line.partition(":")
    return rest.partition(" ")[0] if name in {"a=rtpmap", "a=fmtp", "a=rtcp-fb"} else None


def _lines_of(codec: Codec) -> tuple[str, ...]:
    number = codec.payload_type
    return (
        f"a=rtpmap:{number} {_EVENT}/{codec.rate}",
        f"a=fmtp:{number} {codec.fmtp or _EVERY_KEY}",
    )
