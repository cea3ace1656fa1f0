from typing import Any

import pytest

from config.checks.turn import credentials, families, listeners, relay_ports
from config.model import Config
from config.problems import Loc
from tests.config.samples import model, told


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANN", "pw")


def configured(changes: dict[Loc, Any] | None = None, **more: Any) -> Config:
    turn = {
        "interfaces": ["wan"],
        "realm": "example.org",
        "relay_ports": "50000-50999",
        "credentials": {"users": {"ann": "${ENV:ANN}"}},
        **more,
    }
    return model({("turn",): turn, **(changes or {})})


def test_a_section_without_mistakes_has_no_findings() -> None:
    for check in (families, relay_ports, listeners, credentials):
        assert list(check(configured())) == []
        assert list(check(model())) == []


def test_two_interfaces_of_one_family_leave_open_which_is_meant() -> None:
    ((loc, message),) = told(list(families(configured(interfaces=["wan", "lan"]))))
    assert loc == ("turn", "interfaces", 1)
    assert message == "lan and wan both have IPv4 addresses"
    six: dict[Loc, Any] = {("interfaces", "lan", "bind"): "2001:db8::1"}
    assert list(families(configured(six, interfaces=["wan", "lan"]))) == []


@pytest.mark.parametrize("span", ["20500-21000", "19000-20000", "20100-20200", "1000-60000"])
def test_relay_ports_are_not_those_of_media(span: str) -> None:
    findings = told(list(relay_ports(configured(relay_ports=span))))
    assert findings[0] == (
        ("turn", "relay_ports"),
        "the range overlaps interfaces.wan.media.ports on the same address",
    )


@pytest.mark.parametrize(("span", "port"), [("5000-6000", 5060), ("3000-4000", 3478)])
def test_relay_ports_leave_out_what_is_listened_on(span: str, port: int) -> None:
    ((_, message),) = told(list(relay_ports(configured(relay_ports=span))))
    assert message.startswith(f"the range holds port {port}")


def test_a_port_is_listened_on_once() -> None:
    ((loc, message),) = told(list(listeners(configured(listen={"udp": 5060}))))
    assert loc == ("turn", "listen", "udp")
    assert message == "udp port 5060 of 203.0.113.10 is taken by interfaces.wan.sip[0]"
    assert list(listeners(configured(listen={"tcp": 5060}))) == []


def test_a_server_listens_somewhere() -> None:
    ((loc, _),) = told(list(listeners(configured(listen={}))))
    assert loc == ("turn", "listen")


def test_somebody_must_be_able_to_use_it() -> None:
    ((loc, _),) = told(list(credentials(configured(credentials={}))))
    assert loc == ("turn", "credentials")
