"""M9, E7: streams of other kinds are relayed or refused as the profiles say; a fax falls back."""

from collections.abc import Iterator

import pytest

from media.engine.flow import Local
from tests.support.invariants import breaches, streams_between, winner
from tests.support.neighbourhood import CONFIG
from tests.support.phone_dialog import PhoneDialog
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.scripts import (
    CalleeScript,
    CallerScript,
    CallScript,
    Deed,
    Manner,
    Script,
    Step,
)
from tests.support.side_plans import side_plan
from tests.support.world import World

NO_FAX = CONFIG.replace(
    "\ntrunks:\n", "\n  plain: { t38: reject, text: reject }\ntrunks:\n"
).replace("  pbx: { zone: inside,", "  pbx: { zone: inside, media: plain,")


def talk(
    deeds: tuple[Deed, ...], text: str = CONFIG, manner: Manner | None = None
) -> tuple[World, PhoneDialog, PhoneDialog]:
    """A call in which the caller does all this, a second apart."""
    steps = tuple(Step(2.0 + at, deed) for at, deed in enumerate((*deeds, "hang up")))
    quick = Manner(pace=0.02)
    call = CallScript(
        caller=CallerScript(steps=steps, manner=quick),
        callees=(CalleeScript(manner=manner or quick),),
    )
    world = World(9, text).run(Script(calls=(call,)))
    assert breaches(world) == []
    (caller,) = (dialog for dialog in world.callers[0].dialogs.values() if dialog.up)
    callee = winner(world.callees[0][0])
    assert callee is not None
    return world, caller, callee


def kinds(dialog: PhoneDialog) -> Iterator[tuple[str, ...]]:
    """What was agreed on, each time it was; and after the end nothing."""
    for _, streams, _ in dialog.media.history:
        yield tuple(stream.kind for stream in streams)


def test_a_fax_takes_the_place_of_the_sound_and_gives_it_back() -> None:
    world, caller, callee = talk(("fax", "talk again"))
    expected = [("audio",), ("image",), ("audio",), ()]
    assert list(kinds(caller)) == list(kinds(callee)) == expected
    fax = caller.media.history[1][0]
    assert list(streams_between(caller, callee, (fax + 0.1, fax + 0.9))) == []
    heard = [each for each in callee.media.heard if fax + 0.1 < each.at < fax + 0.9]
    assert len(heard) == 40
    assert world.relay.relay is not None
    assert "not_rtp" not in world.relay.relay.drops


def test_a_fax_that_the_other_end_refuses_leaves_the_sound_as_it_was() -> None:
    refuses = Manner(pace=0.02, refuses=True)
    _, caller, callee = talk(("fax", "every codec"), manner=refuses)
    assert list(kinds(caller)) == [("audio",), ()]
    refused = caller.media.history[0][0] + 2.0
    assert list(streams_between(caller, callee, (refused, refused + 1.9))) == []


def test_a_fax_that_a_profile_refuses_never_reaches_the_other_end() -> None:
    world, caller, callee = talk(("fax",), NO_FAX)
    assert list(kinds(caller)) == [("audio",), ()]
    offers = [text for text in world.network.on("inside") if b"m=image" in text]
    assert offers == []
    refused = caller.media.history[0][0] + 2.0
    assert list(streams_between(caller, callee, (refused, refused + 0.9))) == []


@pytest.mark.parametrize("deed", ["fax beside", "add text"])
def test_a_stream_that_a_profile_refuses_is_refused_beside_what_goes_on(deed: Deed) -> None:
    _, caller, _ = talk((deed,), NO_FAX)
    assert list(kinds(caller)) == [("audio",), ("audio",), ()]


@pytest.mark.parametrize(("deed", "who"), [("fax", "caller"), ("refresh", "border")])
def test_a_silent_fax_is_no_dead_call(deed: Deed, who: str) -> None:
    """Between pages nothing comes for long."""
    impatient = CONFIG.replace("subsequent: 15s", "subsequent: 3s")
    steps = (Step(1.0, deed), Step(2.0, "mute"), Step(12.0, "hang up"))
    call = CallScript(
        caller=CallerScript(steps=steps), callees=(CalleeScript(steps=(Step(2.0, "mute"),)),)
    )
    world = World(9, impatient).run(Script(calls=(call,)))
    ended = [note for _, note in world.notes if note.event == "call_ended"]
    assert [dict(note.labels)["by"] for note in ended] == [who]


# --- in the relay ---------------------------------------------------------------------------------

UDPTL = b"\x00\x01\x06\xc0\x01\x80\x00\x00\xff"


def fax() -> tuple[RelayWorld, Local, Local]:
    """A call that was sound, with packets of both ends, and is a fax now."""
    world = RelayWorld()
    wan, lan = world.call(latching="ranked")
    world.speak(wan, ALICE)
    world.speak(lan, BOB)
    plans = side_plan(ALICE, latching="ranked", epoch=2), side_plan(BOB, epoch=2)
    world.program(*plans, supervise=True, opaque=True)
    return world, wan, lan


def test_each_datagram_of_a_fax_goes_across_as_it_is() -> None:
    world, wan, lan = fax()
    for data in (UDPTL, b"", b"\x80\xc8" + bytes(26), bytes(1400)):
        (there,) = world.arrive(wan, data, ALICE)
        (back,) = world.arrive(lan, data, BOB)
        assert (there.local, there.to, there.data) == (lan, BOB, data)
        assert (back.local, back.to, back.data) == (wan, ALICE, data)
    assert all(flow.up for flow in world.engine.flows.values())
    assert world.relay.drops == {}


def test_a_stranger_has_no_more_right_to_a_fax_than_to_sound() -> None:
    world, wan, _ = fax()
    assert world.arrive(wan, UDPTL, ("203.0.113.66", 4000)) == []
    assert world.report().streams[0].a.rejected == 1


def test_after_a_fax_sound_goes_by_a_flow_again() -> None:
    world, wan, lan = fax()
    world.arrive(wan, UDPTL, ALICE)
    world.program(side_plan(ALICE, epoch=3), side_plan(BOB, epoch=3), supervise=True)
    assert world.engine.flows[wan, ALICE].destination == BOB
    assert world.arrive(wan, UDPTL, ALICE) == []
    assert [(each.local, each.to) for each in world.speak(wan, ALICE)] == [(lan, BOB)]


def test_a_held_fax_is_held() -> None:
    world, wan, _ = fax()
    held = side_plan(ALICE, epoch=3), side_plan(BOB, receives=False, epoch=3)
    world.program(*held, supervise=True, opaque=True)
    assert world.arrive(wan, UDPTL, ALICE) == []
