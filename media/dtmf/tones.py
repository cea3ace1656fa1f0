"""DTMF as tones (ITU-T Q.23, Q.24), made, and found by Goertzel's filters; 8000 samples a second.

A key is two tones, one of the rows and one of the columns of the keypad. It counts when two blocks
in a row say it, and is over when three do not: some 25 ms of tone are enough, and a click is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

RATE = 8000
BLOCK = 102
"""Samples of one look, 12.75 ms: long enough to tell the rows apart, 73 Hz from each other."""

_ROWS = (697, 770, 852, 941)
_COLUMNS = (1209, 1336, 1477, 1633)
_KEYPAD = ("123A", "456B", "789C", "*0#D")
TONES = {
    key: (row, column)
    for row, keys in zip(_ROWS, _KEYPAD, strict=True)
    for column, key in zip(_COLUMNS, keys, strict=True)
}
"""Hz, by key."""

_LOUDNESS = 8000
"""Of each of both tones, as the amplitude of 16-bit samples: some -9 dBm0."""

_FAINTEST = 400.0
"""Amplitude of the fainter tone below which nothing is a key: some -35 dBm0 (Q.24 table A-1)."""
_TWIST = 6.3
"""Ratio of powers of row and column: 8 dB."""
_CLEAR = 6.3
"""A tone has so many times the power of every other one of its group."""
_SHARE = 0.6
"""Of all power in the block, what both tones make up; speech is spread wider."""
_BEGIN, _END = 2, 3
"""Blocks in a row."""

_COEFFICIENTS = tuple(2 * cos(2 * pi * hertz / RATE) for hertz in (*_ROWS, *_COLUMNS))
_FULL = (BLOCK / 2) ** 2
"""What the filter gives for a tone of amplitude 1."""


def tone(key: str, start: int, count: int) -> list[int]:
    """`count` samples of a key, from its sample `start` on."""
    row, column = (2 * pi * hertz / RATE for hertz in TONES[key])
    return [
        round(_LOUDNESS * (sin(row * at) + sin(column * at))) for at in range(start, start + count)
    ]


def key_of(block: Sequence[int]) -> str | None:
    """The key that fills these samples."""
    total = sum(sample * sample for sample in block)
    if total < _FAINTEST**2 * BLOCK / 2:
        return None
    powers = [_power(block, coefficient) for coefficient in _COEFFICIENTS]
    rows, columns = powers[:4], powers[4:]
    row, column = max(rows), max(columns)
    if min(row, column) < _FAINTEST**2 or max(row, column) > _TWIST * min(row, column):
        return None
    if (row + column) * BLOCK / 2 < _SHARE * total:
        return None
    if not (_stands_out(row, rows) and _stands_out(column, columns)):
        return None
    return _KEYPAD[rows.index(row)][columns.index(column)]


def _power(block: Sequence[int], coefficient: float) -> float:
    """Goertzel: the squared amplitude of one frequency."""
    before = last = 0.0
    for sample in block:
        before, last = last, sample + coefficient * last - before
    return (last * last + before * before - coefficient * last * before) / _FULL


def _stands_out(power: float, group: list[float]) -> bool:
    return sum(other * _CLEAR > power for other in group) == 1


@dataclass(frozen=True, slots=True)
class Sounding:
    """What a stretch of samples says."""

    key: str | None
    """That sounds at its end."""
    ended: tuple[tuple[str, int], ...] = ()
    """Keys which ended in it, and their milliseconds."""


class ToneReader:
    """One direction of one stream."""

    __slots__ = ("_blocks", "_candidate", "_key", "_misses", "_rest", "_seen")

    def __init__(self) -> None:
        self._rest: list[int] = []
        """Samples that do not fill a block yet."""
        self._key: str | None = None
        self._candidate: str | None = None
        self._seen = self._misses = self._blocks = 0

    def samples(self, samples: Sequence[int]) -> Sounding:
        self._rest += samples
        ended: list[tuple[str, int]] = []
        while len(self._rest) >= BLOCK:
            block, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            self._block(key_of(block), ended)
        return Sounding(self._key, tuple(ended))

    def end(self) -> tuple[tuple[str, int], ...]:
        """The stream has stopped, and with it whatever sounded."""
        ended: list[tuple[str, int]] = []
        self._finish(ended)
        self._rest.clear()
        return tuple(ended)

    def _block(self, found: str | None, ended: list[tuple[str, int]]) -> None:
        if self._key is not None:
            self._blocks += 1
            self._misses = 0 if found == self._key else self._misses + 1
            if self._misses == _END:
                self._finish(ended)
        if found is None or found != self._candidate:
            self._candidate, self._seen = found, 0 if found is None else 1
            return
        self._seen += 1
        if self._seen >= _BEGIN and self._key is None:
            self._key, self._blocks, self._misses = found, self._seen, 0

    def _finish(self, ended: list[tuple[str, int]]) -> None:
        if self._key is not None:
            blocks = self._blocks - self._misses
            ended.append((self._key, round(1000 * blocks * BLOCK / RATE)))
        self._key, self._misses, self._blocks = None, 0, 0
