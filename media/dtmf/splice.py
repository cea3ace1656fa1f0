"""Sequence numbers of a stream from which packets are taken, and into which others are put.

Whoever receives it sees neither: each number comes once, and what was lost before us stays lost
(RFC 3550 §5.1).
"""

from media.rtp import sequence_distance

_REMEMBERED = 16
"""Changes, for packets that come late."""


class Splice:
    __slots__ = ("_changes", "_highest", "_next", "_offset")

    def __init__(self, first: int) -> None:
        """`first`: of what is put in before anything has come."""
        self._next = first
        self._highest: int | None = None
        """Of the numbers that came."""
        self._offset = 0
        self._changes: list[tuple[int, int]] = []
        """From which number on which offset holds, the newest last."""

    def follow(self, sequence: int) -> int:
        """What the number of a packet becomes that passes."""
        if self._highest is None:
            self._highest = sequence
            self._changes.append((sequence, 0))
            return sequence
        if sequence_distance(sequence, self._highest) > 0:
            self._highest = sequence
            return sequence + self._offset & 0xFFFF
        for since, offset in reversed(self._changes):
            if sequence_distance(sequence, since) >= 0:
                return sequence + offset & 0xFFFF
        return sequence + self._changes[0][1] & 0xFFFF

    def take_out(self, sequence: int) -> None:
        """This one does not pass. One that comes late leaves its gap: what it was is decided."""
        if self._highest is None:
            self._highest = sequence
            self._changes.append((sequence + 1 & 0xFFFF, 0))
        elif sequence_distance(sequence, self._highest) > 0:
            self._highest = sequence
            self._change(sequence + 1 & 0xFFFF, -1)

    def put_in(self) -> int:
        """The number of one more packet, behind all that have passed."""
        if self._highest is None:
            number, self._next = self._next, self._next + 1 & 0xFFFF
            return number
        number = self._highest + 1 + self._offset & 0xFFFF
        self._change(self._highest + 1 & 0xFFFF, 1)
        return number

    def _change(self, since: int, step: int) -> None:
        self._offset += step
        if self._changes[-1][0] == since:
            self._changes[-1] = (since, self._offset)
        else:
            self._changes.append((since, self._offset))
            del self._changes[:-_REMEMBERED]
