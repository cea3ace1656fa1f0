"""`sbc demo`, as a newcomer runs it: what it shows is what happened."""

import re
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def shown() -> str:
    command = [sys.executable, "-m", "sbc", "demo", "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def row(shown: str, name: str) -> list[float]:
    (line,) = [line for line in shown.splitlines() if line.startswith(name)]
    return [float(number) for number in re.findall(r"[\d.]+", line.removeprefix(name))]


def test_both_legs_stand_side_by_side(shown: str) -> None:
    rungs = [line for line in shown.splitlines() if "│" in line]
    assert sum("INVITE" in rung for rung in rungs) == 2
    assert sum("ACK" in rung for rung in rungs) == 2
    assert sum("BYE" in rung for rung in rungs) == 2


def test_nothing_was_seen_on_the_other_side(shown: str) -> None:
    assert "YES" not in shown
    assert "caller's Call-ID" in shown


def test_the_media_latched_to_the_nat(shown: str) -> None:
    assert re.search(r"SDP said 192\.168\.77\.23:4000; latched to 127\.0\.0\.8:\d+", shown)


def test_loss_is_measured_as_it_was_put_in(shown: str) -> None:
    put_in, measured = row(shown, "loss put in")[0], row(shown, "loss measured")[0]
    assert put_in > 0
    # A packet that was lost last is missed by nobody: up to two of 400.
    assert abs(measured - put_in) <= 0.5


def test_jitter_is_measured_near_what_was_put_in(shown: str) -> None:
    put_in, measured = row(shown, "jitter put in")[0], row(shown, "jitter measured")[0]
    # The machine's own scheduling adds to it.
    assert put_in * 0.8 <= measured <= put_in + 5


def test_every_packet_that_came_carried_the_tone(shown: str) -> None:
    heard, tones = row(shown, "receiver heard, of it the tone")[:2]
    assert heard > 300
    assert tones == heard
