"""Subscriptions and published states between real ends (S2, Z6): SIPp on both sides, and Kamailio
as the presence server behind the border."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import two_zones, with_metrics
from tests.e2e.support.kamailio import Kamailio, presence_installed
from tests.e2e.support.loopback import Loopback, at, free_port
from tests.e2e.support.sipp import Sipp
from tests.e2e.support.stage import Side, Stage
from tests.e2e.support.tools import require


@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_a_subscription_is_told_refreshed_and_ended(
    start_border: StartBorder, ending: ExitStack, lo: Loopback, tmp_path: Path, outwards: bool
) -> None:
    require("sipp")
    peers = (lo.caller, free_port(lo.caller)), (lo.callee, free_port(lo.callee))
    ours = (lo.wan, free_port(lo.wan)), (lo.lan, free_port(lo.lan))
    border = start_border(with_metrics(two_zones(*ours, at(peers[0]), at(peers[1])), lo.wan))
    sides = Side(peers[0], ours[0], "udp"), Side(peers[1], ours[1], "udp")
    stage = Stage(tmp_path, ending, *sides)
    watcher, notifier = stage.play("watch", outwards=outwards)
    told = watcher.got("NOTIFY")
    states = [each.field("Subscription-State").split(";")[0] for each in told]
    assert states == ["active", "active", "terminated"]
    shown = (ours[1] if outwards else ours[0])[0]
    assert all(f"sip:100@{shown}" in each.body for each in told)
    assert "WatcherPhone" not in str([each.text for each in notifier.received])
    assert border.metrics().sum("sbc_events_total", event="subscribed") == 1
    assert border.metrics().sum("sbc_events_total", event="subscription_ended") == 1


@pytest.fixture
def presence(start_border: StartBorder, ending: ExitStack, lo: Loopback, tmp_path: Path) -> Border:
    """The border in front of a presence server."""
    require("sipp", "kamailio")
    if not presence_installed():
        pytest.skip("kamailio-presence-modules is not installed")
    kamailio = Kamailio((lo.callee, 5060), tmp_path / "kamailio", presence=True)
    ending.callback(kamailio.close)
    config = two_zones((lo.wan, 5060), (lo.lan, 5060), f"{lo.caller}:5070", f"{lo.callee}:5060")
    return start_border(with_metrics(config, lo.wan))


def test_kamailio_keeps_a_state_that_comes_through_the_border_by_tags_of_each_side(
    presence: Border, lo: Loopback, tmp_path: Path
) -> None:
    publisher = Sipp("publish", tmp_path, (lo.caller, 5070), (lo.wan, 5060)).finish()
    tags = [each.field("SIP-ETag") for each in publisher.got("200 PUBLISH") if each.has("SIP-ETag")]
    assert len(set(tags)) == 2
    assert presence.metrics().sum("sbc_events_total", event="publish_refused") == 0


def test_who_watches_through_the_border_is_told_what_was_published_there(
    presence: Border, lo: Loopback, tmp_path: Path
) -> None:
    Sipp("present", tmp_path, (lo.caller, 5070), (lo.wan, 5060)).finish()
    watcher = Sipp("watch", tmp_path, (lo.caller, 5070), (lo.wan, 5060)).finish()
    told = watcher.got("NOTIFY")
    assert "<basic>open</basic>" in told[0].body
    assert f'entity="sip:100@{lo.wan}"' in told[0].body
    assert told[-1].field("Subscription-State").startswith("terminated")
    for message in watcher.received:
        assert lo.lan not in message.text
        assert lo.callee not in message.text
    assert presence.metrics().sum("sbc_events_total", event="subscription_ended") == 1
