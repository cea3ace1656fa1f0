"""The relay crashes, or its link breaks, at any moment of a call: the call ends cleanly, on record.

One ordinary, eventful call is played again and again, each time with the crash a little later; so
every state of a call is hit, and every step of the talk with the relay.
"""

from collections import Counter
from typing import Any

import pytest

from sbc.b2bua.call import State
from tests.support.invariants import breaches
from tests.support.scripts import (
    CalleeScript,
    CallerScript,
    CallScript,
    Crash,
    Final,
    Manner,
    Ring,
    Script,
    Step,
)
from tests.support.world import BEGIN, World

EVENTFUL = CallScript(
    caller=CallerScript(
        reliable="supported",
        manner=Manner(deaf=1),  # the ACK comes half a second late
        steps=(Step(0.3, "add video"), Step(1.3, "hold"), Step(2.0, "hang up")),
    ),
    callees=(
        CalleeScript(
            rings=(Ring(0.2), Ring(0.4, 183, media=True, reliable=True)),
            final=Final(0.7),
            manner=Manner(thinks=0.2),
        ),
    ),
)
AFTERWARDS = CallScript(at=40.0, caller=CallerScript(steps=(Step(3.0, "hang up"),)))
LINK = 0.04
MOMENTS = [0.96137 + 0.03 * number for number in range(140)]
"""From before the INVITE until after the last report."""


def crashed(
    at: float, *, survives: bool = False, unnoticed: float = 0.01
) -> tuple[World, State | None]:
    """The world, and the state of the call just before the crash is noticed."""
    crash = Crash(at, unnoticed=unnoticed, down=1.0, survives=survives)
    world = World(3)
    seen: list[State] = []

    def look() -> None:
        seen.extend(call.state for call in world.core._agent.calls.values())

    world.later(at + unnoticed - 1e-6, look)
    world.run(Script(calls=(EVENTFUL, AFTERWARDS), link=LINK, crashes=(crash,)))
    return world, seen[0] if seen else None


def records(world: World) -> list[dict[str, Any]]:
    return [entry.record for _, entry in world.journal if entry.kind == "cdr"]


@pytest.mark.parametrize("survives", [False, True], ids=["crash", "broken link"])
def test_a_call_ends_cleanly_in_whatever_state_the_relay_is_lost(survives: bool) -> None:
    states: Counter[State | None] = Counter()
    for at in MOMENTS:
        world, state = crashed(at, survives=survives)
        assert breaches(world) == [], at
        first, second = records(world)
        states[state] += 1
        if state not in {State.ENDING, None}:
            assert first["cause"]["text"] == "The media relay was lost", at
            assert first["cause"]["sip"] == 503
        assert second["cause"]["sip"] == 200, at
        assert second["duration_s"] is not None
    assert set(State) - states.keys() <= {State.ENDED}


def test_a_relay_that_hangs_for_seconds_before_it_is_given_up_costs_no_record() -> None:
    for at in MOMENTS[::8]:
        world, _ = crashed(at, unnoticed=6.0)
        assert breaches(world) == [], at
        assert len(records(world)) == 2


def test_while_there_is_no_relay_calls_are_refused_at_once_and_told_to_come_again() -> None:
    crash = Crash(0.5, down=20.0)
    world = World(3).run(Script(calls=(EVENTFUL,), crashes=(crash,)))
    assert breaches(world) == []
    (caller,) = world.callers
    assert [final.status for final in caller.finals] == [503]
    assert caller.finals[0].at - BEGIN < 1.2
    assert world.callees == {}
