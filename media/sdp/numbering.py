"""Payload types of one codec that differ between the legs (RFC 3264 §5.1, §6.1).

Each end names a number for what is sent to it, and should say the numbers of the offer in its
answer; not all do, and some send under their own number whatever the other end asked for. So an
offerer always gets an answer in its own numbers, and the relay puts the number that an end has
asked for on whatever goes there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from media.sdp.codec import Codec

Numbers = Mapping[int, int]
"""From the payload types of one description to those of another, where they differ."""

_NUMBERED = re.compile(r"a=(rtpmap|fmtp|rtcp-fb|framesize):([0-9]{1,3})( .*)")
_APT = re.compile(r"(?<=\bapt=)[0-9]{1,3}")
_REDUNDANT = re.compile(r" [0-9]{1,3}(?:/[0-9]{1,3})+ *")
_ONE = re.compile(r"[0-9]{1,3}")


def in_numbers_of(offered: Sequence[Codec], answered: Sequence[Codec]) -> dict[int, int]:
    """What each codec of an answer is in the offer: the same number, the same parameters, or else
    the first of its name that is not taken."""
    numbers: dict[int, int] = {}
    free = list(offered)
    for same in (_same_number, _same_parameters, _same_name):
        for codec in answered:
            found = next((each for each in free if same(each, codec)), None)
            if codec.payload_type not in numbers and found is not None:
                numbers[codec.payload_type] = found.payload_type
                free.remove(found)
    return {ours: theirs for ours, theirs in numbers.items() if ours != theirs}


def _same_number(one: Codec, other: Codec) -> bool:
    return one.payload_type == other.payload_type and one.key == other.key


def _same_parameters(one: Codec, other: Codec) -> bool:
    return one.key == other.key and one.fmtp == other.fmtp


def _same_name(one: Codec, other: Codec) -> bool:
    return one.key == other.key


def renumbered(lines: Iterable[str], numbers: Numbers) -> list[str]:
    """These a= lines under other numbers; what names other formats (rtx, red) follows."""
    return [_renumbered(line, numbers) for line in lines]


def _renumbered(line: str, numbers: Numbers) -> str:
    match = _NUMBERED.fullmatch(line)
    if match is None:
        return line
    name, number, rest = match.groups()

    def other(found: re.Match[str]) -> str:
        return str(numbers.get(int(found[0]), int(found[0])))

    if name == "fmtp":
        rest = _ONE.sub(other, rest) if _REDUNDANT.fullmatch(rest) else _APT.sub(other, rest)
    return f"a={name}:{numbers.get(int(number), int(number))}{rest}"


def crossing_numbers(
    sender: tuple[Sequence[Codec], Sequence[Codec]], asked: Sequence[Codec]
) -> tuple[tuple[int, int], ...]:
    """Under which number packets of one end go to the other, where it is not their own.

    `sender`: what it was told and what it said itself: it should send the first, some send the
    other. `asked`: what the end that gets them has said.
    """
    at = {codec.key: codec.payload_type for codec in asked}
    if all(at.get(codec.key, codec.payload_type) == codec.payload_type for codec in chain(*sender)):
        return ()  # as nearly always
    numbers: dict[int, int] = {}
    for codecs in sender:
        wanted = in_numbers_of(asked, codecs)
        for codec in codecs:
            numbers.setdefault(
                codec.payload_type, wanted.get(codec.payload_type, codec.payload_type)
            )
    return tuple((number, other) for number, other in numbers.items() if number != other)
