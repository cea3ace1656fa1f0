"""baresip to baresip: a phone behind a symmetric NAT calls the trusted core, and both hear the tone
that the other one played."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.baresip import Baresip
from tests.e2e.support.border import Border
from tests.e2e.support.configs import two_zones
from tests.e2e.support.loopback import at
from tests.e2e.support.namespaces import Network
from tests.e2e.support.places import (
    LAN,
    NAT,
    PBX,
    PHONE,
    WAN,
    add_phone_behind_nat,
    capturing,
    lay_out,
)
from tests.e2e.support.tones import heard, read_wave
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

PHONE_TONE, CORE_TONE = 1000.0, 700.0
"""Hertz."""
TALK = 6.0
"""Seconds: baresip's first RTCP report comes after 5."""


@pytest.fixture
def border(network: Network, start_border: StartBorder) -> Border:
    require("baresip", "tcpdump")
    lay_out(network)
    add_phone_behind_nat(network)
    config = two_zones(WAN, LAN, f"{NAT}:5060", at(PBX))
    return start_border(config, network.wrap("border"))


@pytest.fixture
def phone(border: Border, network: Network, tmp_path: Path, ending: ExitStack) -> Baresip:
    phone = Baresip(network, "phone", PHONE[0], "phone", PHONE_TONE, tmp_path / "phone")
    ending.callback(phone.close)
    return phone


@pytest.fixture
def core(border: Border, network: Network, tmp_path: Path, ending: ExitStack) -> Baresip:
    core = Baresip(network, "core", PBX[0], "core", CORE_TONE, tmp_path / "core")
    ending.callback(core.close)
    return core


def test_both_hear_each_other_and_the_core_can_hang_up(
    border: Border, phone: Baresip, core: Baresip, network: Network, tmp_path: Path
) -> None:
    with capturing(network, tmp_path) as capture:
        phone.dial(f"sip:core@{WAN[0]}")
        core.wait_for("CALL_ESTABLISHED")
        live = eventually("media reports of both ends", lambda: reported(border), TALK + 4)
        core.hang_up()
        phone.wait_for("CALL_CLOSED")
        seen = capture.end()

    # Each recording is the tone of the other, and nothing else.
    spoken = seconds_of(live)
    for end, tone, own in ((phone, CORE_TONE, PHONE_TONE), (core, PHONE_TONE, CORE_TONE)):
        samples = read_wave(end.recording())
        assert heard(samples, tone) > spoken - 1.0, f"{end.ip} heard too little"
        assert heard(samples, own) == 0.0

    record = border.record()
    assert record["ended_by"] == "callee"
    a, b = record["media"][0]["a"], record["media"][0]["b"]
    # The phone's media came from the NAT, from a port that its SDP knows nothing of.
    assert a["expected"][0] == PHONE[0]
    assert a["latched"][0] == NAT
    assert a["latched"][1] != a["expected"][1]
    assert a["latch_mode"] == "ranked"
    assert record["legs"]["a"]["remote"].startswith(f"{NAT}:")
    assert record["legs"]["a"]["remote"] != f"{NAT}:5060", "the NAT is symmetric"
    assert b["expected"][0] == PBX[0]
    for side in (a, b):
        assert side["total"]["packets"] > 50 * (spoken - 1)
        assert side["total"]["lost"] == 0
        assert side["codec"] == "PCMU/8000"
        assert side["mos"] > 4
        assert side["far_end"]["reports"] >= 1, "its own RTCP came through"
    # baresip's first RTCP may overtake the border's plan for the call; nobody else was heard.
    for side, host in ((a, NAT), (b, PBX[0])):
        assert {each.rpartition(":")[0] for each in side["rejected_sources"]} <= {host}
    assert b"10.20.0." not in seen


def test_the_core_hears_when_the_phone_hangs_up(
    border: Border, phone: Baresip, core: Baresip
) -> None:
    phone.dial(f"sip:core@{WAN[0]}")
    core.wait_for("CALL_ESTABLISHED")
    phone.hang_up()
    core.wait_for("CALL_CLOSED")
    assert border.record()["ended_by"] == "caller"


def test_the_core_holds_and_resumes_a_phone_behind_nat(
    border: Border, phone: Baresip, core: Baresip
) -> None:
    """N1: requests within the call reach the phone, and its media are found again."""
    phone.dial(f"sip:core@{WAN[0]}")
    core.wait_for("CALL_ESTABLISHED")
    eventually("media", lambda: packets(border, "a") > 50)
    core.hold()
    phone.wait_for("CALL_REMOTE_SDP", count=2)
    silent = eventually("the silence of the phone", lambda: silence(border, "a"))
    core.resume()
    phone.wait_for("CALL_REMOTE_SDP", count=3)
    eventually("media again", lambda: packets(border, "a") > silent + 50)
    core.hang_up()
    phone.wait_for("CALL_CLOSED")
    media = border.record()["media"][0]
    assert media["a"]["latched"][0] == NAT


def packets(border: Border, side: str) -> int:
    """That went on to the other side."""
    (call,) = border.calls()
    return sum(stream[side]["forwarded"] for stream in call["media"])


def silence(border: Border, side: str) -> int | None:
    """How much had come when nothing came any more, for some 200 ms."""
    before = packets(border, side)
    time.sleep(0.2)
    return before if packets(border, side) == before else None


def reported(border: Border) -> dict[str, object] | None:
    """The live call, once each end has sent RTCP of its own."""
    (call,) = border.calls()
    call = border.call(str(call["uid"]))
    sides = [stream[side] for stream in call["media"] for side in "ab"]
    return call if sides and all(side["far_end"] for side in sides) else None


def seconds_of(call: dict[str, object]) -> float:
    duration = call["duration_s"]
    assert isinstance(duration, float)
    return duration
