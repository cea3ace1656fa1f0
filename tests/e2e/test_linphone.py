"""A second brand of phone: Linphone calls baresip through the border, and both hear the tone that
the other one played."""

from contextlib import ExitStack
from pathlib import Path

from tests.e2e.conftest import StartBorder
from tests.e2e.support.baresip import Baresip
from tests.e2e.support.configs import two_zones
from tests.e2e.support.linphone import Linphone
from tests.e2e.support.loopback import at
from tests.e2e.support.namespaces import Network
from tests.e2e.support.places import LAN, PBX, WAN, lay_out
from tests.e2e.support.tones import heard, read_wave
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

LINPHONE_TONE, CORE_TONE = 900.0, 500.0
"""Hertz."""
OUTSIDE = ("203.0.113.1", 5060)
"""The other end of the border's link: what Linphone takes for its own address."""


def test_linphone_and_baresip_hear_each_other(
    network: Network, start_border: StartBorder, ending: ExitStack, tmp_path: Path
) -> None:
    require("linphonec", "baresip")
    lay_out(network)
    network.route("internet", via=WAN[0])  # it believes in a network only with a default route
    config = two_zones(WAN, LAN, at(OUTSIDE), at(PBX))
    border = start_border(config, network.wrap("border"))
    core = Baresip(network, "core", PBX[0], "core", CORE_TONE, tmp_path / "core")
    ending.callback(core.close)
    phone = Linphone(network, "internet", OUTSIDE[0], "anna", LINPHONE_TONE, tmp_path / "phone")
    ending.callback(phone.close)

    phone.dial(f"sip:core@{WAN[0]}")
    core.wait_for("CALL_ESTABLISHED")

    def both_spoke() -> bool:
        (call,) = border.calls()
        return all(call["media"][0][side]["forwarded"] > 150 for side in "ab")

    eventually("three seconds of both", both_spoke, 10.0)
    phone.hang_up()
    core.wait_for("CALL_CLOSED")

    for samples, tone, own in (
        (read_wave(core.recording()), LINPHONE_TONE, CORE_TONE),
        (read_wave(phone.recording), CORE_TONE, LINPHONE_TONE),
    ):
        assert heard(samples, tone) > 2.0
        assert heard(samples, own) == 0.0
    record = border.record()
    assert record["ended_by"] == "caller"
    assert "Linphone" in record["legs"]["a"]["user_agent"]
    assert record["media"][0]["a"]["codec"] == "PCMU/8000"
