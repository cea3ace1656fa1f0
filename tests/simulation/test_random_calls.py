"""The proof that the cores are pure: whole calls, all in one process, in virtual time, from a seed.

Two scripted phones or more, the border's signalling core, its relay core, and between them networks
that lose, delay, reorder and repeat; phones that vanish, fork, refuse and contradict each other; a
relay that crashes. When time has run out nothing may be left, and all of `invariants` must hold.

A failing seed replays alone, as a ladder, and may be made smaller:

    python -m tests.support.world SEED [--smallest]
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sbc.actions import Action, Journal, Transmit
from sbc.operate.log import Log
from tests.support.invariants import breaches
from tests.support.neighbourhood import SECRETS
from tests.support.random_scripts import random_script
from tests.support.scripts import CalleeScript, CallerScript, CallScript, Final, Script, Step
from tests.support.smaller import smallest
from tests.support.world import World, main

ROOT = Path(__file__).parents[2]
TALK = Script(calls=(CallScript(caller=CallerScript(steps=(Step(9.0, "hang up"),))),))
WORLDS = 4 * settings().max_examples


@settings(max_examples=WORLDS)
@given(st.integers(0, 2**32 - 1))
def test_whatever_happens_to_calls_everything_holds_when_time_has_run_out(seed: int) -> None:
    found = breaches(World(seed).run(random_script(seed)))
    assert not found, "\n".join([f"see it: python -m tests.support.world {seed}", *found])


@settings(max_examples=WORLDS // 10)
@given(st.integers(0, 2**32 - 1))
def test_no_line_of_the_log_names_anybody(seed: int) -> None:
    world = World(seed).run(random_script(seed))
    stream = StringIO()
    times = iter(range(0, 10**9, 100))  # so far apart that no line is left out
    log = Log(stream, clock=lambda: next(times))
    for _, note in world.notes:
        log.note(note)
    assert stream.getvalue().count("\n") == len(world.notes)
    told = _TELLTALE.search(stream.getvalue())
    assert told is None, told


_TELLTALE = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b|secret-of|sips?:|\b[27]00\d\b", re.IGNORECASE)
"""An address, a name that a phone has made up, a URI, a number."""


@pytest.mark.parametrize("seed", range(5))
def test_one_seed_makes_one_world(seed: int) -> None:
    one, two = (World(seed).run(random_script(seed)).digest() for _ in range(2))
    assert one == two
    assert one != World(seed + 1).run(random_script(seed)).digest()


def test_a_seed_makes_the_same_world_in_every_process() -> None:
    """No order of a set, no clock and no random source finds its way in."""
    digests = {_replayed("11 12 13", hash_seed) for hash_seed in ("1", "2")}
    assert len(digests) == 1


def _replayed(seeds: str, hash_seed: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.world", *seeds.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return "\n".join(line for line in run.stdout.splitlines() if line.startswith("seed "))


def test_a_replay_shows_the_ladder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3"]) == 0
    shown = capsys.readouterr().out
    assert "INVITE" in shown
    assert "WRONG" not in shown


# --- the oracle sees ------------------------------------------------------------------------------


def tampered(tamper: Callable[[Action], Sequence[Action]], script: Script = TALK) -> list[str]:
    world = World(1)
    world.tamper = tamper
    return breaches(world.run(script))


def test_an_ordinary_call_has_no_breach() -> None:
    assert tampered(lambda action: (action,)) == []


def test_a_leak_is_seen() -> None:
    def leak(action: Action) -> Sequence[Action]:
        if isinstance(action, Transmit) and action.flow.interface == "wan":
            word = f"\r\nX-Route: {SECRETS['inside']}\r\nCSeq:".encode()
            return (structs.replace(action, data=action.data.replace(b"\r\nCSeq:", word)),)
        return (action,)

    assert any("secret-of-the-inside on the wire of the outside" in each for each in tampered(leak))


def test_a_name_used_on_both_sides_is_seen() -> None:
    names: dict[str, bytes] = {}

    def same_call_id(action: Action) -> Sequence[Action]:
        if isinstance(action, Transmit) and action.data.startswith(b"INVITE"):
            names["call"] = action.data.split(b"Call-ID: ")[1].split(b"\r\n")[0]
        elif isinstance(action, Transmit) and action.flow.interface == "wan" and names:
            extra = b"\r\nX-Call: x;tag=" + names["call"] + b"\r\nCSeq:"
            return (structs.replace(action, data=action.data.replace(b"\r\nCSeq:", extra)),)
        return (action,)

    assert any("on the wires of the" in each for each in tampered(same_call_id))


def test_a_bye_that_is_never_sent_is_seen() -> None:
    def no_bye(action: Action) -> Sequence[Action]:
        bye = isinstance(action, Transmit) and action.data.startswith(b"BYE")
        return () if bye else (action,)

    assert any("has never ended" in each for each in tampered(no_bye))


def test_a_missing_record_is_seen() -> None:
    def no_record(action: Action) -> Sequence[Action]:
        return () if isinstance(action, Journal) and action.kind == "cdr" else (action,)

    assert any("the journal of" in each for each in tampered(no_record))


def test_a_second_final_answer_is_seen() -> None:
    """The 486 comes once more, under another tag, in an answer that was meant to be provisional."""

    def two(action: Action) -> Sequence[Action]:
        if isinstance(action, Transmit) and action.data.startswith(b"SIP/2.0 180"):
            return (
                structs.replace(action, data=action.data.replace(b"180 Ringing", b"200 OK", 1)),
            )
        return (action,)

    found = tampered(two, Script(calls=(CallScript(callees=(BUSY,)),)))
    assert found


BUSY = CalleeScript(final=Final(status=486))


def test_a_silent_relay_is_seen() -> None:
    world = World(1).run(TALK)
    for call in world.callers:
        for dialog in call.dialogs.values():
            dialog.media.heard.clear()
    assert any("should flow, 0 packets came" in each for each in breaches(world))


def test_a_failing_script_is_made_smaller() -> None:
    def fails(script: Script) -> bool:
        return any(step.deed == "hold" for call in script.calls for step in call.caller.steps)

    big = replace(random_script(5), calls=random_script(5).calls * 2)
    steps = (Step(1.0, "info"), Step(2.0, "hold"), Step(3.0, "hang up"))
    calls = (big.calls[0], replace(big.calls[1], caller=CallerScript(steps=steps)))
    small = smallest(replace(big, calls=calls), fails)
    (call,) = small.calls
    assert small == Script(calls=(call,))
    assert call == CallScript(caller=CallerScript(steps=(Step(2.0, "hold"),)))
