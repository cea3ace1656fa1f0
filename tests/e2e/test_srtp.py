"""baresip with SRTP by SDES and by DTLS outside, and one with plain RTP in the core: both hear the
other, whoever calls (C1, I8)."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.baresip import Baresip
from tests.e2e.support.border import Border, Json
from tests.e2e.support.configs import two_zones
from tests.e2e.support.loopback import at
from tests.e2e.support.namespaces import Network
from tests.e2e.support.places import LAN, PBX, WAN, lay_out
from tests.e2e.support.tones import heard, read_wave
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

PHONE_TONE, CORE_TONE = 1000.0, 700.0
"""Hertz."""
TALK = 3.0
"""Seconds."""
OUTSIDE = "203.0.113.1"
"""The end of the border's own link, from which its packets come."""
SDES = {"mode": "required", "keying": ["sdes"], "sdes_over_plain": "allow"}
DTLS = {"mode": "required", "keying": ["dtls"]}
EITHER = {"mode": "optional", "keying": ["dtls", "sdes"], "sdes_over_plain": "allow"}

CM = "AES_CM_128_HMAC_SHA1_80"
ENCRYPTED = [
    pytest.param("phone", "srtp-mand", "srtp", SDES, CM, id="sdes-out"),
    pytest.param("core", "srtp-mand", "srtp", SDES, CM, id="sdes-in"),
    pytest.param("phone", "srtp", "srtp", EITHER, CM, id="osrtp-out"),
    pytest.param("core", "srtp", "srtp", EITHER, CM, id="osrtp-in"),
    pytest.param("phone", "dtls_srtp", "dtls_srtp", DTLS, None, id="dtls-out"),
    pytest.param("core", "dtls_srtp", "dtls_srtp", DTLS, None, id="dtls-in"),
    # Offered a fingerprint beside plain RTP, this baresip says 488: so it calls only.
    pytest.param("phone", "dtls_srtp", "dtls_srtp", EITHER, None, id="dtls-beside-plain-out"),
]


@pytest.fixture
def places(network: Network) -> Network:
    require("baresip")
    lay_out(network)
    return network


@pytest.fixture
def core(places: Network, tmp_path: Path, ending: ExitStack) -> Baresip:
    core = Baresip(places, "core", PBX[0], "core", CORE_TONE, tmp_path / "core")
    ending.callback(core.close)
    return core


def start(start_border: StartBorder, places: Network, srtp: Json) -> Border:
    config = two_zones(WAN, LAN, f"{OUTSIDE}:5060", at(PBX))
    config["zones"]["outside"]["srtp"] = srtp
    return start_border(config, places.wrap("border"))


def phone_with(
    places: Network, encryption: str, module: str, directory: Path, ending: ExitStack
) -> Baresip:
    phone = Baresip(
        places,
        "internet",
        OUTSIDE,
        "internet",
        PHONE_TONE,
        directory / "internet",
        modules=(module,),
        of_media=f";mediaenc={encryption}",
    )
    ending.callback(phone.close)
    return phone


def talking(border: Border) -> Json | None:
    for call in border.calls():
        media: Json = call["media"][0]
        if all(media[side]["total"]["packets"] > 50 * TALK for side in "ab"):
            return media
    return None


def both_heard(phone: Baresip, core: Baresip) -> None:
    for end, tone, own in ((phone, CORE_TONE, PHONE_TONE), (core, PHONE_TONE, CORE_TONE)):
        samples = read_wave(end.recording())
        assert heard(samples, tone) > TALK - 1.0, f"{end.ip} heard too little"
        assert heard(samples, own) == 0.0


@pytest.mark.parametrize(("calls", "encryption", "module", "srtp", "suite"), ENCRYPTED)
def test_a_phone_with_srtp_and_one_without_hear_each_other(
    calls: str,
    encryption: str,
    module: str,
    srtp: Json,
    suite: str | None,
    start_border: StartBorder,
    places: Network,
    core: Baresip,
    tmp_path: Path,
    ending: ExitStack,
) -> None:
    border = start(start_border, places, srtp)
    phone = phone_with(places, encryption, module, tmp_path, ending)
    if calls == "phone":
        phone.dial(f"sip:core@{WAN[0]}")
        core.wait_for("CALL_ESTABLISHED")
    else:
        core.dial(f"sip:internet@{LAN[0]}")
        phone.wait_for("CALL_ESTABLISHED")
    media = eventually("media of both", lambda: talking(border), TALK + 8)
    core.hang_up()
    phone.wait_for("CALL_CLOSED")

    both_heard(phone, core)
    secure, plain = ("a", "b") if calls == "phone" else ("b", "a")
    assert media[plain]["srtp"] is None
    assert media[secure]["srtp"] is not None
    assert suite in (None, media[secure]["srtp"])
    assert media[secure]["auth_failed"] == 0
