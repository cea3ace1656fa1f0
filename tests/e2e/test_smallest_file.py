"""The smallest file works as it stands: in namespaces that own its addresses, by its defaults."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.border import REPOSITORY, SBC
from tests.e2e.support.namespaces import Network, with_private_places
from tests.e2e.support.places import CARRIER, LAN, PBX, WAN, capturing, lay_out
from tests.e2e.support.processes import Running
from tests.e2e.support.stage import Side, Stage
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

SMALLEST = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp, port: 5060 }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp, port: 5060 }], media: { ports: 20000-20999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [192.0.2.1/32] } }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [carrier] }
  - { name: in, from: { trunk: carrier }, to: [pbx] }
"""  # noqa: E501


@pytest.fixture
def stage(network: Network, tmp_path: Path, ending: ExitStack) -> Stage:
    """SIPp as carrier and as PBX; the border with nothing but its file."""
    require("sipp", "tcpdump", "unshare")
    lay_out(network)
    (tmp_path / "smallest.yaml").write_text(SMALLEST)
    command = [*SBC, "run", str(tmp_path / "smallest.yaml")]
    for usual in ("run", "var-lib"):
        (tmp_path / usual).mkdir()
    places = {Path("/run"): tmp_path / "run", Path("/var/lib"): tmp_path / "var-lib"}
    running = Running(
        network.wrap("border")(with_private_places(command, places)),
        tmp_path / "border.log",
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY)},
    )
    ending.callback(running.end)
    eventually("the start of the border", lambda: '"started"' in running.said, 20)
    sides = (
        Side(CARRIER, WAN, wrap=network.wrap("internet")),
        Side(PBX, LAN, wrap=network.wrap("core")),
    )
    return Stage(tmp_path, ending, *sides)


def test_calls_cross_both_ways_and_each_side_stays_hidden(
    stage: Stage, network: Network, tmp_path: Path
) -> None:
    with capturing(network, tmp_path) as capture:
        stage.play("basic")
        stage.play("hold", outwards=True)
        seen = capture.end()
    assert seen.count(b"SIP/2.0 200 OK") >= 5
    assert b"10.20.0." not in seen, "an inside address was seen outside"
    found = eventually("both records", lambda: recorded(tmp_path / "var-lib/sbc/cdr", 2))
    assert [record["route"] for record in found] == ["in", "out"]
    assert {record["cause"]["sip"] for record in found} == {200}


def recorded(spool: Path, count: int) -> list[dict[str, Any]] | None:
    """The CDRs, once there are so many."""
    lines = [line for file in spool.glob("cdr-*.jsonl") for line in file.read_text().splitlines()]
    return [json.loads(line) for line in lines] if len(lines) == count else None
