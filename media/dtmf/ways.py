"""Both directions of one stream whose ends press keys in different forms, as its plan says."""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from media.control import CodecClock, KeyPlan, Side, SidePlan
from media.dtmf.event import Pressed
from media.dtmf.g711 import Law
from media.dtmf.way import End, Way
from media.renumber import Renumber

OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}


class Ways:
    __slots__ = ("_ways",)

    def __init__(self, choose: Callable[[int], int]) -> None:
        empty = End("info")
        self._ways: dict[Side, Way] = {
            side: Way(empty, empty, choose(2**32), choose(2**16), choose(2**32)) for side in OTHER
        }
        """By the side that sends."""

    def agree(self, a: SidePlan, b: SidePlan) -> None:
        """Both have a plan for keys."""
        plans: dict[Side, SidePlan] = {"a": a, "b": b}
        for side, way in self._ways.items():
            way.agree(_sending(plans[side]), _taking(plans[OTHER[side]]))

    @property
    def due(self) -> float:
        return min(way.due for way in self._ways.values())

    def packet(self, side: Side, data: bytes, renumber: Renumber | None, now: float) -> list[bytes]:
        """What goes to the other side in place of a packet of this one."""
        return self._ways[side].packet(data, renumber, now)

    def tick(self, now: float) -> Iterator[tuple[Side, bytes]]:
        """Packets that are played, and towards which side."""
        for side, way in self._ways.items():
            if way.due <= now:
                for data in way.tick(now):
                    yield OTHER[side], data

    def told(self) -> Iterator[tuple[Side, Pressed]]:
        """Keys which were pressed, and by which side, that must be told otherwise."""
        for side, way in self._ways.items():
            for pressed in way.told():
                yield side, pressed

    def press(self, towards: Side, pressed: Pressed) -> bool:
        """Play a key to this side; False: it cannot be."""
        return self._ways[OTHER[towards]].press(pressed)


def _sending(plan: SidePlan) -> End:
    return _end(plan.keys, plan.codecs)


def _taking(plan: SidePlan) -> End:
    return _end(plan.keys, () if plan.keys is None else plan.keys.asked)


def _end(keys: KeyPlan | None, codecs: tuple[CodecClock, ...]) -> End:
    if keys is None:
        return End("info")
    events = {
        codec.payload_type: codec.rate
        for codec in codecs
        if codec.name.lower() == "telephone-event" and codec.rate > 0
    }
    voices = {
        codec.payload_type: cast(Law, codec.name.upper())
        for codec in codecs
        if codec.name.upper() in {"PCMU", "PCMA"} and codec.rate == 8000
    }
    rates = (codec.rate for codec in codecs if codec.payload_type not in events and codec.rate > 0)
    return End(keys.form, events, voices, next(rates, 8000))
