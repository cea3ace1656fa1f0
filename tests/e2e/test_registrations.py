"""A phone behind a symmetric NAT registers and is called back, with Kamailio as the registrar
behind the border (A1, A4, N1, N6; RFC 3261 §10, RFC 3327)."""

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.baresip import Baresip
from tests.e2e.support.border import Border
from tests.e2e.support.configs import two_zones
from tests.e2e.support.kamailio import Kamailio, WithPath
from tests.e2e.support.loopback import at
from tests.e2e.support.namespaces import Network
from tests.e2e.support.places import (
    CARRIER,
    LAN,
    NAT,
    PBX,
    PHONE,
    WAN,
    add_phone_behind_nat,
    lay_out,
)
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of, require
from tests.e2e.support.waiting import eventually
from tests.support.authority import Authority, Pair

PASSWORD = "a phone's password"


ORIGIN = "https://phone.example.com"


def with_phones(registrar: dict[str, Any], pair: Pair) -> dict[str, Any]:
    config = two_zones(WAN, LAN, at(CARRIER), at(PBX))
    config["certificates"] = {"edge": {"chain": str(pair.chain), "key": str(pair.key)}}
    config["interfaces"]["wan"]["sip"] += [
        {"transport": "tls", "port": 5061, "certificate": "edge"},
        {
            "transport": "wss",
            "port": 443,
            "certificate": "edge",
            "path": "/sip",
            "origins": [ORIGIN],
        },
    ]
    config["access"] = {
        "phones": {
            "zone": "outside",
            "domains": ["example.com"],
            # This baresip gives up at the first challenge whose algorithm it does not know.
            "auth": {"users": {"anna": "${ENV:ANNA}"}, "algorithms": ["MD5"]},
            "registrar": registrar,
        }
    }
    config["routes"] = [
        {
            "name": "to-phones",
            "from": {"trunk": "pbx"},
            "match": {"registered": "phones"},
            "to": ["phones"],
        },
        {"name": "phones", "from": {"access": "phones"}, "to": ["pbx"]},
    ]
    return config


@pytest.fixture
def places(network: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    require("baresip", "kamailio", "kamcmd", "sipp")
    monkeypatch.setenv("ANNA", PASSWORD)
    lay_out(network)
    add_phone_behind_nat(network)
    return network


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def pair(authority: Authority) -> Pair:
    """What the border shows of itself."""
    return authority.pair("edge", WAN[0])


def phone_at(
    network: Network,
    directory: Path,
    ending: ExitStack,
    transport: str,
    authority: Authority | None = None,
) -> Baresip:
    port = ":5061" if transport == "tls" else ""
    account = (
        f'<sip:anna@example.com;transport={transport}>;auth_user=anna;auth_pass="{PASSWORD}"'
        f';outbound="sip:{WAN[0]}{port};transport={transport}";regint=60;answermode=auto'
    )
    trust = authority.trust if authority is not None else None
    phone = Baresip(network, "phone", PHONE[0], "anna", 1000.0, directory / "phone", account, trust)
    ending.callback(phone.close)
    return phone


def bound(border: Border) -> list[dict[str, Any]]:
    return border.client.registrations()


def stored(border: Border) -> int:
    """Bindings on the disk."""
    (file,) = border.spool.glob("*.bindings.sqlite")
    with closing(sqlite3.connect(file)) as base:
        (count,) = base.execute("SELECT COUNT(*) FROM binding").fetchone()
    return int(count)


def calls_anna(network: Network, directory: Path, port: int) -> Running:
    """SIPp in the core asks whoever listens there for `anna`; it hangs up after a second."""
    command = [
        path_of("sipp"), "-sn", "uac", "-s", "anna", at(PBX), "-i", PBX[0], "-p", str(port),
        "-m", "1", "-d", "1000", "-nostdin", "-timeout", "20",
    ]  # fmt: skip
    return Running(network.wrap("core")(command), directory / f"sipp-{port}.log", cwd=directory)


@pytest.mark.parametrize(
    ("transport", "at_core"), [("udp", False), ("tcp", False), ("udp", True), ("tls", True)]
)
def test_a_phone_behind_nat_is_relayed_to_its_registrar_and_called_back_along_its_path(
    places: Network,
    start_border: StartBorder,
    ending: ExitStack,
    tmp_path: Path,
    transport: str,
    authority: Authority,
    pair: Pair,
    at_core: bool,
) -> None:
    registrar = WithPath(PASSWORD if at_core else None)
    kamailio = Kamailio(PBX, tmp_path / "kamailio", places.wrap("core"), registrar)
    ending.callback(kamailio.close)
    config = with_phones({"mode": "relay", "upstream": "pbx", "client_expires": "60s"}, pair)
    if at_core:
        config["access"]["phones"]["auth"] = {"at": "core"}
    border = start_border(config, places.wrap("border"))
    phone_at(places, tmp_path, ending, transport, authority)
    (binding,) = eventually("the registration", lambda: bound(border))
    assert (binding["user"], binding["upstream"]) == ("anna", "registered")
    assert binding["nat"]["nat"] in {"translating", "preserving"}
    table = kamailio.registered()
    assert f"@{LAN[0]}" in table
    assert ";lr" in table, "the Path is not there"
    for address in (NAT, PHONE[0], WAN[0]):
        assert address not in table

    call = calls_anna(places, tmp_path, 5070)
    assert call.wait(20.0) == 0, call.said[-2000:]
    record = border.record()
    assert record["legs"]["b"]["remote"].startswith(f"{NAT}:")
    assert record["legs"]["b"]["user"] == "anna"
    assert record["media"][0]["b"]["total"]["packets"] > 20


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_behind_nat_is_absorbed_and_called_back(
    places: Network,
    start_border: StartBorder,
    ending: ExitStack,
    tmp_path: Path,
    transport: str,
    authority: Authority,
    pair: Pair,
) -> None:
    kamailio = Kamailio(PBX, tmp_path / "kamailio", places.wrap("core"))
    ending.callback(kamailio.close)
    absorb = {"mode": "absorb", "upstream": "pbx", "client_expires": "60s"}
    border = start_border(with_phones(absorb, pair), places.wrap("border"))
    phone_at(places, tmp_path, ending, transport, authority)
    (binding,) = eventually("the registration", lambda: bound(border))
    assert (binding["user"], binding["transport"]) == ("anna", transport)
    assert binding["source"].startswith(f"{NAT}:")
    assert PHONE[0] in binding["contact"], "the phone knows nothing of its NAT"
    eventually("it upstream", lambda: bound(border)[0]["upstream"] == "registered")
    table = kamailio.registered()
    assert f"sip:anna@{LAN[0]}" in table
    assert NAT not in table
    assert PHONE[0] not in table

    call = calls_anna(places, tmp_path, 5070)
    assert call.wait(20.0) == 0, call.said[-2000:]
    record = border.record()
    assert record["legs"]["b"]["remote"].startswith(f"{NAT}:")
    assert record["ended_by"] == "caller"
    sent = record["media"][0]["b"]
    assert sent["latched"][0] == NAT
    assert sent["total"]["packets"] > 20


def test_a_phone_is_called_after_a_restart_of_the_border(
    places: Network, start_border: StartBorder, ending: ExitStack, tmp_path: Path, pair: Pair
) -> None:
    kamailio = Kamailio(PBX, tmp_path / "kamailio", places.wrap("core"))
    ending.callback(kamailio.close)
    absorb = {
        "mode": "absorb",
        "upstream": "pbx",
        "client_expires": "300s",
        "spread": "1s",
    }
    border = start_border(with_phones(absorb, pair), places.wrap("border"))
    phone_at(places, tmp_path, ending, "udp")
    (before,) = eventually("the registration", lambda: bound(border))
    eventually("it upstream", lambda: bound(border)[0]["upstream"] == "registered")
    eventually("it on the disk", lambda: stored(border))
    border.kill_signalling()
    border.start()
    (after,) = bound(border)
    assert (after["user"], after["source"]) == (before["user"], before["source"])
    eventually("it upstream again", lambda: bound(border)[0]["upstream"] == "registered")
    call = calls_anna(places, tmp_path, 5071)
    assert call.wait(20.0) == 0, call.said[-2000:]


def test_a_nat_that_forgets_after_twelve_seconds_is_kept_awake(
    places: Network, start_border: StartBorder, ending: ExitStack, tmp_path: Path, pair: Pair
) -> None:
    """(N5, N9)"""
    for timeout in ("udp_timeout", "udp_timeout_stream"):
        places.run("nat", path_of("sysctl"), "-w", f"net.netfilter.nf_conntrack_{timeout}=12")
    kamailio = Kamailio(PBX, tmp_path / "kamailio", places.wrap("core"))
    ending.callback(kamailio.close)
    config = with_phones({"mode": "absorb", "upstream": "pbx", "client_expires": "5m"}, pair)
    config["zones"]["outside"]["nat"] = {"keepalive": "fixed", "min_interval": "10s"}
    border = start_border(config, places.wrap("border"))
    phone_at(places, tmp_path, ending, "udp")
    (first,) = eventually("the registration", lambda: bound(border))
    assert first["nat"]["keepalive"] == 10.0
    eventually("the first 25 s", lambda: bound(border)[0]["nat"]["since"] >= 25, 35.0)
    (later,) = bound(border)
    assert later["source"] == first["source"]
    assert later["nat"]["reachable"] is True
    call = calls_anna(places, tmp_path, 5072)
    assert call.wait(20.0) == 0, call.said[-2000:]
