"""baresip with ICE behind a symmetric NAT, and one that knows no ICE in the core: both hear the
other, whoever calls (I1, I2, I3)."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.baresip import Baresip
from tests.e2e.support.border import Border, Json
from tests.e2e.support.configs import two_zones
from tests.e2e.support.loopback import at
from tests.e2e.support.namespaces import Network
from tests.e2e.support.places import LAN, NAT, PBX, PHONE, WAN, add_phone_behind_nat, lay_out
from tests.e2e.support.tones import heard, read_wave
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

PHONE_TONE, CORE_TONE = 1000.0, 700.0
"""Hertz."""
TALK = 4.0
"""Seconds."""


@pytest.fixture
def places(network: Network) -> Network:
    require("baresip")
    lay_out(network)
    add_phone_behind_nat(network)
    return network


def start(start_border: StartBorder, places: Network, caller: str) -> Border:
    config = two_zones(WAN, LAN, caller, at(PBX))
    # What it names in its SDP is of no use: it is heard by its checks or not at all.
    config["zones"]["outside"] |= {"ice": "offer", "latching": {"mode": "signalled"}}
    return start_border(config, places.wrap("border"))


@pytest.fixture
def core(places: Network, tmp_path: Path, ending: ExitStack) -> Baresip:
    core = Baresip(places, "core", PBX[0], "core", CORE_TONE, tmp_path / "core")
    ending.callback(core.close)
    return core


def with_ice(places: Network, host: str, ip: str, directory: Path, ending: ExitStack) -> Baresip:
    phone = Baresip(
        places,
        host,
        ip,
        host,
        PHONE_TONE,
        directory / host,
        modules=("ice",),
        of_media=";medianat=ice",
    )
    ending.callback(phone.close)
    return phone


def connected(border: Border, side: str) -> Json | None:
    """The stream, once ICE has found a pair and both are heard."""
    for call in border.calls():
        media: Json = call["media"][0]
        if media[side]["ice"] == "connected" and all(
            media[each]["total"]["packets"] > 50 * TALK for each in "ab"
        ):
            return media
    return None


def both_heard(phone: Baresip, core: Baresip) -> None:
    for end, tone, own in ((phone, CORE_TONE, PHONE_TONE), (core, PHONE_TONE, CORE_TONE)):
        samples = read_wave(end.recording())
        assert heard(samples, tone) > TALK - 1.0, f"{end.ip} heard too little"
        assert heard(samples, own) == 0.0


def test_a_phone_behind_a_symmetric_nat_calls_with_ice(
    start_border: StartBorder, places: Network, core: Baresip, tmp_path: Path, ending: ExitStack
) -> None:
    border = start(start_border, places, f"{NAT}:5060")
    phone = with_ice(places, "phone", PHONE[0], tmp_path, ending)
    phone.dial(f"sip:core@{WAN[0]}")
    core.wait_for("CALL_ESTABLISHED")
    media = eventually("media by ICE", lambda: connected(border, "a"), TALK + 8)
    core.hang_up()
    phone.wait_for("CALL_CLOSED")

    both_heard(phone, core)
    # Our checks of its consent were answered, from the port that the NAT has given it.
    assert media["a"]["latch_mode"] == "ice"
    assert media["a"]["expected"] == media["a"]["latched"]
    assert media["a"]["latched"][0] == NAT
    assert media["b"]["ice"] is None


def test_a_phone_is_offered_ice_and_its_candidates_are_checked(
    start_border: StartBorder, places: Network, core: Baresip, tmp_path: Path, ending: ExitStack
) -> None:
    border = start(start_border, places, "192.0.2.1:5060")
    phone = with_ice(places, "internet", "192.0.2.1", tmp_path, ending)
    core.dial(f"sip:internet@{LAN[0]}")
    phone.wait_for("CALL_ESTABLISHED")
    media = eventually("media by ICE", lambda: connected(border, "b"), TALK + 8)
    core.hang_up()
    phone.wait_for("CALL_CLOSED")

    both_heard(phone, core)
    # It answers from another address of its host than it names: found as peer reflexive.
    assert media["b"]["expected"] == media["b"]["latched"]
    assert media["b"]["latched"][0] == "203.0.113.1"
    assert media["a"]["ice"] is None
