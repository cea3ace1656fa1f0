"""M3: whatever a call becomes, media flows exactly as its descriptions say, and at once.

One call, thirty re-INVITEs and UPDATEs of both ends; RTP is looked at after every one.
"""

from dataclasses import dataclass

import pytest

from tests.support.invariants import breaches, streams_between, winner
from tests.support.network import Quality
from tests.support.phone_dialog import PhoneDialog
from tests.support.scripts import (
    CalleeScript,
    CallerScript,
    CallScript,
    Deed,
    Manner,
    Script,
    Step,
)
from tests.support.world import World

AT_ONCE = 0.2
"""Seconds from a change until media must flow as it says."""
APART = 1.2
"""Seconds between two changes."""
QUICK = Manner(pace=0.02)

THIRTY: tuple[tuple[str, Deed, str], ...] = (
    ("caller", "hold", "audio> 8"),
    ("caller", "resume", "audio<> 8"),
    ("callee", "hold", "audio< 8"),
    ("callee", "resume", "audio<> 8"),
    ("caller", "hold both ways", "audio 8"),
    ("callee", "resume", "audio<> 8"),
    ("callee", "hold by zero", "audio< 8"),
    ("callee", "resume", "audio<> 8"),
    ("caller", "add video", "audio<> 8, video<> 97"),
    ("callee", "hold", "audio< 8, video< 97"),
    ("callee", "resume", "audio<> 8, video<> 97"),
    ("callee", "renumber video", "audio<> 8, video<> 102"),
    ("caller", "only PCMU", "audio<> 0, video<> 102"),
    ("callee", "every codec", "audio<> 8, video<> 102"),
    ("caller", "renumber events", "audio<> 8, video<> 102"),
    ("caller", "move", "audio<> 8, video<> 102"),
    ("callee", "move", "audio<> 8, video<> 102"),
    ("callee", "drop video", "audio<> 8"),
    ("callee", "add text", "audio<> 8, text<> 98"),
    ("caller", "ask for an offer", "audio<> 8, text<> 98"),
    ("callee", "ask for an offer", "audio<> 8, text<> 98"),
    ("caller", "drop text", "audio<> 8"),
    ("caller", "fax", "image<> t38"),
    ("callee", "talk again", "audio<> 8"),
    ("caller", "update", "audio< 8"),
    ("caller", "resume", "audio<> 8"),
    ("callee", "fax beside", "audio<> 8, image<> t38"),
    ("callee", "drop fax", "audio<> 8"),
    ("callee", "refresh", "audio<> 8"),
    ("caller", "add video", "audio<> 8, video<> 97"),
)
"""Who does what, one after the other; and what there is then: each stream with the ways that the
caller sees open, `>` for what it sends, and the first format that it may send."""


def steps_of(who: str) -> tuple[Step, ...]:
    return tuple(
        Step(APART * (1 + index), deed)
        for index, (whose, deed, _) in enumerate(THIRTY)
        if whose == who
    )


@dataclass(frozen=True)
class Talk:
    world: World
    caller: PhoneDialog
    callee: PhoneDialog
    began: float


@pytest.fixture(scope="module", params=[False, True], ids=["udp", "tcp"])
def talk(request: pytest.FixtureRequest) -> Talk:
    """The whole call, over a network with 5 ms from phone to border."""
    end = Step(APART * (len(THIRTY) + 1), "hang up")
    call = CallScript(
        caller=CallerScript(steps=(*steps_of("caller"), end), manner=QUICK),
        callees=(CalleeScript(steps=steps_of("callee"), manner=QUICK),),
    )
    near = Quality(delay=0.005)
    script = Script(calls=(call,), outside=near, inside=near, tcp=request.param)
    world = World(3).run(script)
    (caller,) = (dialog for dialog in world.callers[0].dialogs.values() if dialog.up)
    callee = winner(world.callees[0][0])
    assert callee is not None
    answered = max(caller.media.history[0][0], callee.media.history[0][0])
    return Talk(world, caller, callee, answered)


def test_nothing_is_wrong_with_it_as_a_call(talk: Talk) -> None:
    assert breaches(talk.world) == []


@pytest.mark.parametrize(
    "index", range(len(THIRTY)), ids=[f"{who} {what}" for who, what, _ in THIRTY]
)
def test_after_each_change_media_flows_as_it_says_within_200_ms(talk: Talk, index: int) -> None:
    begin = talk.began + APART * (1 + index) + AT_ONCE
    window = (begin, begin + APART - 2 * AT_ONCE)
    assert agreed(talk.caller, begin) == THIRTY[index][2]
    assert list(streams_between(talk.caller, talk.callee, window)) == []


def agreed(dialog: PhoneDialog, at: float) -> str:
    *_, streams = (streams for when, streams, _ in dialog.media.history if when <= at)
    return ", ".join(
        f"{stream.kind}{'<' * stream.receives}{'>' * stream.sends} {stream.formats[0]}"
        for stream in streams
    )
