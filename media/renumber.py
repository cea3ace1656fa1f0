"""Packets under the payload type that their receiver has asked for (RFC 3264 §5.1).

The blocks of redundant audio name payload types of their own (RFC 2198 §3).
"""

from collections.abc import Mapping
from types import MappingProxyType

from media.control import SidePlan
from media.dtmf.g711 import CONVERTED
from media.rtp import payload_bounds

_TO_OTHER_LAW: dict[str, bytes] = {law: table for (law, _), table in CONVERTED.items()}
_LONGEST_CHAIN = 16
"""Blocks in one packet; real ones have two or three."""


class Renumber:
    """A transform of RTP. It keeps nothing: two with the same tables do the same."""

    __slots__ = ("_laws", "_redundant", "_table")

    def __init__(
        self,
        numbers: Mapping[int, int],
        redundant: frozenset[int] = frozenset(),
        laws: Mapping[int, bytes] = MappingProxyType({}),
    ) -> None:
        """By payload types as they come: `redundant`, whose packets are made of blocks; `laws`,
        whose octets become others."""
        self._redundant = redundant
        self._laws = dict(laws)
        self._table = bytes(
            marker | numbers.get(number, number) for marker in (0, 128) for number in range(128)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Renumber) and self._all == other._all

    def __hash__(self) -> int:
        return hash((self._table, self._redundant))

    @property
    def _all(self) -> tuple[bytes, frozenset[int], dict[int, bytes]]:
        return self._table, self._redundant, self._laws

    def __call__(self, data: bytes) -> bytes:
        second = data[1]
        if second & 127 in self._redundant:
            return self._of_blocks(data)
        if second & 127 in self._laws:
            return self._in_other_law(data, self._laws[second & 127])
        other = self._table[second]
        return data if other == second else b"%c%c%b" % (data[0], other, data[2:])

    def _in_other_law(self, data: bytes, law: bytes) -> bytes:
        start, end = payload_bounds(data, len(data)) or (0, 0)
        head = data[:1] + bytes([self._table[data[1]]]) + data[2:start]
        return head + data[start:end].translate(law) + data[end:]

    def _of_blocks(self, data: bytes) -> bytes:
        out = bytearray(data)
        out[1] = self._table[data[1]]
        start, end = payload_bounds(data, len(data)) or (0, 0)
        for _ in range(_LONGEST_CHAIN):
            if start >= end:
                break
            block = out[start]
            out[start] = block & 128 | self._table[block & 127]
            if block < 128:  # the last: the primary encoding
                break
            start += 4
        return bytes(out)


def check(plan: SidePlan) -> None:
    """Raises ValueError for what is no payload type."""
    if not all(0 <= number < 128 for pair in plan.numbers for number in pair):
        raise ValueError(f"no such payload types: {plan.numbers}")


def renumber_of(plan: SidePlan) -> Renumber | None:
    """What the packets of this end need, if anything."""
    if not plan.numbers:
        return None
    red = frozenset(codec.payload_type for codec in plan.codecs if codec.name.lower() == "red")
    laws = {
        codec.payload_type: _TO_OTHER_LAW[codec.name.upper()]
        for codec in plan.codecs
        if codec.payload_type in plan.laws and codec.name.upper() in _TO_OTHER_LAW
    }
    return Renumber(dict(plan.numbers), red, laws)
