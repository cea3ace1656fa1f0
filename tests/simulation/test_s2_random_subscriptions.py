"""Random subscriptions over a network that loses, delays, repeats and reorders: nothing is left,
nothing of the inside is seen outside (S2, Z6)."""

import pytest

from tests.support.event_world import BAD, TOKEN, EventWorld
from tests.support.network import PERFECT


def lived(seed: int, quality: object = BAD) -> EventWorld:
    world = EventWorld(seed, quality)  # type: ignore[arg-type]
    for number in range(8):
        name = f"s{seed}-{number}"
        world.later(120, lambda name=name: world.subscribe(name))  # type: ignore[misc]
    world.run(until=world.now + 200)
    if seed % 3 == 0:
        world.perform(world.core.drain(world.now))
    world.run(until=world.now + 900)
    return world


@pytest.mark.parametrize("seed", range(25))
def test_when_time_has_run_out_nothing_is_left_and_nothing_has_leaked(seed: int) -> None:
    world = lived(seed)
    assert world.faults == []
    assert not any(world.core.left_over().values()), world.core.left_over()
    for peer in (world.subscriber, world.notifier):
        assert all(len(statuses) <= 1 for statuses in peer.finals.values())
    outside = [
        each.datagram.data for each in world.network.crossed if each.datagram.wire == "outer"
    ]
    for hidden in (TOKEN.encode(), b"10.20.0."):
        assert not any(hidden in data for data in outside)


def test_without_losses_everybody_is_answered_and_told() -> None:
    world = lived(1, PERFECT)
    assert world.received > 8
    for peer in (world.subscriber, world.notifier):
        assert all(len(statuses) == 1 for statuses in peer.finals.values())
