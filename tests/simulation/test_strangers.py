"""A stranger who overhears the outside wire and sends all of it again, from an address of his own.

Nobody of us has ever heard of him: calls must go on as if he were not there (X1, N3).
"""

import pytest

from tests.support.invariants import breaches
from tests.support.neighbourhood import BORDER
from tests.support.network import Crossing, Datagram
from tests.support.random_scripts import random_script
from tests.support.scripts import Script
from tests.support.world import World

STRANGER = "198.51.100.66"


class Parrot:
    """Sends again what he hears on the outside wire, to the border, a moment later."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read = 0
        self.repeated = 0
        world.strangers["outside", STRANGER] = []
        world.after_each = self.listen

    def listen(self) -> None:
        crossed = self._world.network.crossed
        new, self._read = crossed[self._read :], len(crossed)
        for crossing in new:
            heard = crossing.datagram
            if heard.wire == "outside" and heard.source[0] != STRANGER:
                self._repeat(heard)

    def _repeat(self, heard: Datagram) -> None:
        """Also what came from the border goes there, to the port that it came from."""
        self.repeated += 1
        port = (heard.source if heard.source[0] == BORDER["outside"] else heard.to)[1]
        to = (BORDER["outside"], port)
        again = Datagram("outside", (STRANGER, port), to, heard.data)
        self._world.later(0.001, lambda: self._world.network.send(again, self._world.now))


def ours(world: World) -> list[Crossing]:
    return [each for each in world.network.crossed if each.datagram.source[0] != STRANGER]


def calm(seed: int) -> Script | None:
    script = random_script(seed)
    return script if script.calm else None


@pytest.mark.parametrize("seed", [seed for seed in range(60) if calm(seed)])
def test_a_stranger_who_repeats_everything_changes_nothing(seed: int) -> None:
    script = random_script(seed)
    without = World(seed).run(script)
    world = World(seed)
    parrot = Parrot(world)
    world.run(script)
    assert parrot.repeated == len(without.network.on("outside"))
    assert world.strangers["outside", STRANGER] == []
    assert ours(world) == ours(without)
    assert breaches(world) == []
