"""Proxy routes between real SIPp ends (S16): one callee behind each role, and a stateless front of
two.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border, Json
from tests.e2e.support.configs import two_zones, with_metrics
from tests.e2e.support.loopback import Address, Loopback, at, free_port
from tests.e2e.support.sipp import Sipp, listening
from tests.e2e.support.tools import require

CALLS = 40


def proxied(config: Json, mode: str) -> Json:
    for zone in config["zones"].values():
        zone["trust"] = "trusted"
    for route in config["routes"]:
        route["mode"] = mode
    return config


def called(
    name: str, where: Address, directory: Path, ending: ExitStack, calls: int, media: int = 6000
) -> Sipp:
    own = directory / name
    own.mkdir()
    end = Sipp("routed", own, where, calls=calls, media_port=media)
    ending.callback(end.running.end)
    return listening(end)


@pytest.mark.parametrize("mode", ["proxy", "stateless"])
def test_calls_cross_a_proxy_and_media_would_go_directly(
    start_border: StartBorder, ending: ExitStack, lo: Loopback, tmp_path: Path, mode: str
) -> None:
    require("sipp")
    peers = (lo.caller, free_port(lo.caller)), (lo.callee, free_port(lo.callee))
    ours = (lo.wan, free_port(lo.wan)), (lo.lan, free_port(lo.lan))
    config = two_zones(*ours, at(peers[0]), at(peers[1]))
    border = start_border(with_metrics(proxied(config, mode), lo.wan))
    callee = called("callee", peers[1], tmp_path, ending, 5)
    caller = Sipp("routed", tmp_path, peers[0], ours[0], calls=5).finish()
    callee.finish()
    assert [each.what for each in callee.received].count("BYE") == 5
    (answer, *_) = caller.got("200 INVITE")
    assert f"c=IN IP4 {lo.callee}" in answer.body
    (asked, *_) = callee.got("INVITE")
    assert f"c=IN IP4 {lo.caller}" in asked.body
    metrics = border.metrics()
    assert metrics.sum("sbc_relay_ports", state="used") == 0
    assert metrics.sum("sbc_events_total", event="proxied") >= 5


def test_a_stateless_front_shares_calls_among_two_and_each_stays_where_it_began(
    start_border: StartBorder, ending: ExitStack, lo: Loopback, tmp_path: Path
) -> None:
    require("sipp")
    caller = lo.caller, free_port(lo.caller)
    one = lo.callee, free_port(lo.callee)
    two = lo.callee, free_port(lo.callee)
    assert one != two
    ours = (lo.wan, free_port(lo.wan)), (lo.lan, free_port(lo.lan))
    config = proxied(two_zones(*ours, at(caller), at(one)), "stateless")
    config["trunks"]["pbx"]["endpoints"].append({"uri": f"sip:{at(two)}"})
    start_border(with_metrics(config, lo.wan))
    ends = [
        called("1", one, tmp_path, ending, CALLS),
        called("2", two, tmp_path, ending, CALLS, media=6100),
    ]
    Sipp("routed", tmp_path, caller, ours[0], calls=CALLS, rate=40).finish()
    shares = [len({each.field("Call-ID") for each in end.got("BYE")}) for end in ends]
    assert sum(shares) == CALLS
    assert min(shares) > CALLS // 8, shares
    for end in ends:
        for what in ("INVITE", "ACK", "BYE"):
            assert len({each.field("Call-ID") for each in end.got(what)}) == len(
                {each.field("Call-ID") for each in end.got("BYE")}
            )


def test_a_stateless_border_in_front_of_two_whole_borders_shares_calls(
    ending: ExitStack, lo: Loopback, tmp_path: Path
) -> None:
    """Caller, front, one of two borders, callee: real processes, and every call its whole way."""
    require("sipp")
    caller, callee = (lo.caller, free_port(lo.caller)), (lo.callee, free_port(lo.callee))
    outer, inner = (lo.wan, free_port(lo.wan)), (f"{lo.prefix}.43", 5060)
    behind = [(f"{lo.prefix}.{host}", 5060) for host in (44, 45)]
    front = proxied(two_zones(outer, inner, at(caller), at(behind[0])), "stateless")
    front["trunks"]["pbx"]["endpoints"].append({"uri": f"sip:{at(behind[1])}"})
    front["trunks"]["pbx"]["identify"]["sources"] = [f"{host}/32" for host, _ in behind]
    configs = [front]
    for number, where in enumerate(behind):
        inside = (f"{lo.prefix}.{46 + number}", 5060)
        configs.append(with_metrics(two_zones(where, inside, at(inner), at(callee)), where[0]))
    borders = []
    for number, config in enumerate(configs):
        border = Border(config, tmp_path / f"border-{number}")
        ending.callback(border.close)
        borders.append(border.start())
    end = Sipp("basic", tmp_path, callee, calls=CALLS)
    ending.callback(end.running.end)
    listening(end)
    said = Sipp("routed", tmp_path, caller, outer[0:2], calls=CALLS, rate=20).finish(60)
    end.finish()
    shares = [int(border.metrics().sum("sbc_calls_ended_total")) for border in borders[1:]]
    assert sum(shares) == CALLS
    assert min(shares) > CALLS // 8, shares
    for message in said.received:
        assert lo.callee not in message.text
