"""Calls between two SIPp ends: set-up, changes and endings, both ways, by UDP, TCP and IPv6.

Each call is also searched for anything of one side in any message of the other (`stage.leaks`).
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import two_zones, with_metrics
from tests.e2e.support.loopback import Address, Loopback, at, free_port
from tests.e2e.support.sipp import Transport
from tests.e2e.support.stage import Side, Stage
from tests.e2e.support.tools import require


@dataclass(frozen=True, slots=True)
class BorderStage(Stage):
    border: Border


MakeStage = Callable[..., BorderStage]


@pytest.fixture
def make_stage(
    start_border: StartBorder, ending: ExitStack, lo: Loopback, tmp_path: Path
) -> MakeStage:
    """With these transports outside and inside; inside may be IPv6."""
    require("sipp")

    def make(
        outside: Transport = "udp", inside: Transport = "udp", ipv6: bool = False
    ) -> BorderStage:
        def place(ip: str) -> Address:
            return ip, free_port(ip)

        peers = place(lo.caller), place("::1" if ipv6 else lo.callee)
        ours = place(lo.wan), place("::1" if ipv6 else lo.lan)
        config = two_zones(*ours, at(peers[0]), at(peers[1]), transports=(outside, inside))
        border = start_border(with_metrics(config, lo.wan))
        sides = Side(peers[0], ours[0], outside), Side(peers[1], ours[1], inside)
        return BorderStage(tmp_path, ending, *sides, border)

    return make


@pytest.fixture
def stage(make_stage: MakeStage) -> BorderStage:
    return make_stage()


@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_a_call_crosses_in_either_direction(stage: BorderStage, outwards: bool) -> None:
    caller, callee = stage.play("basic", outwards=outwards)
    assert [each.what for each in caller.received] == [
        "100 INVITE",
        "180 INVITE",
        "200 INVITE",
        "200 BYE",
    ]
    assert [each.what for each in callee.received] == ["INVITE", "ACK", "BYE"]
    record = stage.border.record()
    assert (record["ended_by"], record["cause"]["sip"]) == ("caller", 200)
    assert record["route"] == ("out" if outwards else "in")
    assert record["legs"]["a"]["zone"] == ("inside" if outwards else "outside")


@pytest.mark.parametrize(("outside", "inside"), [("udp", "tcp"), ("tcp", "udp"), ("tcp", "tcp")])
@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_each_leg_has_its_own_transport(
    make_stage: MakeStage, outside: Transport, inside: Transport, outwards: bool
) -> None:
    stage = make_stage(outside, inside)
    _, callee = stage.play("basic", outwards=outwards)
    transport = outside if outwards else inside
    invite = callee.got("INVITE")[0]
    assert invite.field("Via").startswith(f"SIP/2.0/{transport.upper()} ")
    assert (";transport=tcp" in invite.field("Contact")) == (transport == "tcp")


@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_a_call_crosses_from_ipv4_to_ipv6(make_stage: MakeStage, outwards: bool) -> None:
    stage = make_stage(ipv6=True)
    caller, callee = stage.play("basic", outwards=outwards)
    four, six = (callee, caller) if outwards else (caller, callee)
    for end, family, shown in ((four, "IP4", stage.outside), (six, "IP6", stage.inside)):
        (described,) = [each for each in end.received if "m=audio" in each.body]
        assert f"c=IN {family} {shown.border[0]}" in described.body


@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_early_media_are_described_before_the_answer(stage: BorderStage, outwards: bool) -> None:
    caller, _ = stage.play("early", outwards=outwards)
    (early,) = caller.got("183 INVITE")
    (answer,) = caller.got("200 INVITE")
    assert media_lines(early.body) == media_lines(answer.body)


def test_a_reliable_provisional_response_is_acknowledged_end_to_end(stage: BorderStage) -> None:
    caller, callee = stage.play("prack")
    assert len(caller.got("200 PRACK")) == len(callee.got("PRACK")) == 1


def test_the_border_acknowledges_for_a_caller_that_cannot(stage: BorderStage) -> None:
    """S5: the callee insists on 100rel, the caller has never heard of it."""
    caller, callee = stage.play("basic", "prack")
    assert len(callee.got("PRACK")) == 1
    assert not any(each.has("RSeq") or "100rel" in each.text for each in caller.received)


def test_an_invite_without_an_offer_gets_one_in_the_answer(stage: BorderStage) -> None:
    caller, callee = stage.play("offerless")
    assert f"c=IN IP4 {stage.outside.border[0]}" in caller.got("200 INVITE")[0].body
    assert f"c=IN IP4 {stage.inside.border[0]}" in callee.got("ACK")[0].body


def test_a_caller_may_give_up(stage: BorderStage) -> None:
    _, callee = stage.play("cancel")
    assert len(callee.got("CANCEL")) == 1
    record = stage.border.record()
    assert (record["ended_by"], record["cause"]["sip"]) == ("caller", 487)


def test_busy_is_told_as_it_is(stage: BorderStage) -> None:
    stage.play("busy")
    record = stage.border.record()
    assert (record["ended_by"], record["cause"]["sip"], record["cause"]["q850"]) == (
        "callee",
        486,
        17,
    )


@pytest.mark.parametrize("outwards", [False, True], ids=["inwards", "outwards"])
def test_a_call_is_held_and_resumed(stage: BorderStage, outwards: bool) -> None:
    _, callee = stage.play("hold", outwards=outwards)
    first, held, resumed = (each.body for each in callee.got("INVITE"))
    assert "a=sendonly" in held
    assert "a=sendonly" not in resumed
    ports = {line.split()[1] for body in (first, held, resumed) for line in media_lines(body)}
    assert len(ports) == 1, "the stream keeps its port"
    versions = [int(body.split("o=")[1].split()[2]) for body in (first, held, resumed)]
    assert versions == sorted(set(versions)), "each new description has a higher version"


def test_update_and_info_cross_within_a_call(stage: BorderStage) -> None:
    _, callee = stage.play("update")
    assert [each.what for each in callee.received] == ["INVITE", "ACK", "UPDATE", "INFO", "BYE"]
    assert callee.got("INFO")[0].body.split() == ["Signal=5", "Duration=160"]


def test_the_callee_may_hang_up(stage: BorderStage) -> None:
    caller, _ = stage.play("hangup")
    assert len(caller.got("BYE")) == 1
    assert stage.border.record()["ended_by"] == "callee"


def test_two_hundred_calls_at_fifty_a_second_all_succeed_and_all_are_recorded(
    stage: BorderStage,
) -> None:
    stage.play("basic", calls=200, rate=50)
    records = stage.border.records_when(200, within=10)
    assert {record["cause"]["sip"] for record in records} == {200}
    assert not stage.border.calls()
    metrics = stage.border.metrics()
    assert metrics.sum("sbc_calls_ended_total", status_class="2xx") == 200
    assert metrics.sum("sbc_calls_up") == 0
    assert metrics.sum("sbc_relay_ports", state="used") == 0
    assert metrics.sum("sbc_events_total", event="call_fault") == 0


def media_lines(body: str) -> list[str]:
    return [line.strip() for line in body.splitlines() if line.startswith("m=")]
