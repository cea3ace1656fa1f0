from typing import Any

import pytest

from config.checks.turn import certificate, credentials, families, listeners, relay_ports
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
    for check in (families, relay_ports, listeners, certificate, credentials):
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


EDGE: dict[Loc, Any] = {("certificates", "edge"): {"chain": "/e.pem", "key": "/e.key"}}


def test_udp_and_dtls_or_tcp_and_tls_need_ports_of_their_own() -> None:
    listen = {"udp": 3478, "dtls": 3478, "tcp": 3478, "tls": 3478, "certificate": "edge"}
    assert told(list(listeners(configured(EDGE, listen=listen)))) == [
        (("turn", "listen", "tls"), "tcp port 3478 is listened on for tcp already"),
        (("turn", "listen", "udp"), "udp port 3478 is listened on for dtls already"),
    ]


def test_tls_and_dtls_have_a_certificate_to_show() -> None:
    listen = {"tls": 5349, "dtls": 5349}
    assert told(list(certificate(configured(listen=listen)))) == [
        (("turn", "listen"), "TLS and DTLS need a certificate")
    ]
    named = {**listen, "certificate": "edge"}
    assert list(certificate(configured(EDGE, listen=named))) == []
    ((loc, message),) = told(list(certificate(configured(listen=named))))
    assert loc == ("turn", "listen", "certificate")
    assert message == "there is no certificate `edge`"
    trust: dict[Loc, Any] = {("certificates", "edge"): {"trust": "/ca.pem"}}
    ((_, message),) = told(list(certificate(configured(trust, listen=named))))
    assert message == "`edge` has no `chain` and `key` to show"


def test_a_certificate_that_nobody_sees_is_worth_a_word() -> None:
    listen = {"udp": 3478, "certificate": "edge"}
    ((loc, _),) = told(list(certificate(configured(EDGE, listen=listen))))
    assert loc == ("turn", "listen", "certificate")


def test_somebody_must_be_able_to_use_it() -> None:
    ((loc, _),) = told(list(credentials(configured(credentials={}))))
    assert loc == ("turn", "credentials")
