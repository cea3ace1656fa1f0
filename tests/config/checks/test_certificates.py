from typing import Any

import pytest

from config.checks.certificates import identities, listeners, origins, uses, whole
from config.problems import Loc
from tests.config.samples import model, told

SIP: Loc = ("interfaces", "wan", "sip", 0)
EDGE: Loc = ("certificates", "edge")
PAIR = {"chain": "/c.pem", "key": "/k.pem"}
IDENTIFY: Loc = ("trunks", "carrier", "identify")


def test_the_smallest_file_has_no_findings() -> None:
    every = [check(model()) for check in (whole, listeners, uses, origins, identities)]
    assert [finding for findings in every for finding in findings] == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "names no file"),
        ({"chain": "/c.pem"}, "has no `key`"),
        ({"key": "/k.pem", "trust": "/t.pem"}, "has no `chain`"),
    ],
)
def test_a_certificate_comes_with_its_key(files: dict[str, str], said: str) -> None:
    assert told(list(whole(model({EDGE: files})))) == [(EDGE, said)]


def test_a_whole_one_may_be_shown_and_verified_by() -> None:
    listener = {"transport": "tls", "certificate": ["edge"], "client_ca": "edge"}
    config = model({SIP: listener, EDGE: {**PAIR, "trust": "/t.pem"}})
    assert [*whole(config), *listeners(config), *uses(config)] == []


@pytest.mark.parametrize(
    ("listener", "where", "said"),
    [
        ({"transport": "tls"}, SIP, "tls needs a certificate"),
        ({"transport": "wss"}, SIP, "wss needs a certificate"),
        (
            {"transport": "udp", "certificate": "edge"},
            (*SIP, "certificate"),
            "the key `certificate` has no effect for udp",
        ),
        (
            {"transport": "ws", "client_ca": "edge"},
            (*SIP, "client_ca"),
            "the key `client_ca` has no effect for ws",
        ),
        (
            {"transport": "tls", "certificate": "edge", "path": "/sip"},
            (*SIP, "path"),
            "the key `path` has no effect for tls",
        ),
        (
            {"transport": "tls", "certificate": "edge", "client_certificate": "requested"},
            (*SIP, "client_certificate"),
            "nobody is asked for a certificate",
        ),
    ],
)
def test_a_listener_has_what_its_transport_needs_and_nothing_more(
    listener: dict[str, Any], where: Loc, said: str
) -> None:
    assert told(list(listeners(model({SIP: listener, EDGE: PAIR})))) == [(where, said)]


def test_what_is_shown_needs_a_key_and_what_is_verified_by_authorities() -> None:
    ca: Loc = ("certificates", "ca")
    changes: dict[Loc, Any] = {
        SIP: {"transport": "tls", "certificate": ["edge", "ca"], "client_ca": "edge"},
        EDGE: PAIR,
        ca: {"trust": "/t.pem"},
        ("trunks", "pbx", "tls"): {"certificate": "ca", "trust": "edge"},
    }
    no_key = "the certificate `ca` has no chain and key to show"
    no_trust = "the certificate `edge` has no authorities to verify by"
    assert told(list(uses(model(changes)))) == [
        ((*SIP, "certificate", 1), no_key),
        ((*SIP, "client_ca"), no_trust),
        (("trunks", "pbx", "tls", "certificate"), no_key),
        (("trunks", "pbx", "tls", "trust"), no_trust),
    ]


def test_scripts_of_every_page_are_worth_a_warning_in_an_untrusted_zone() -> None:
    (finding,) = origins(model({SIP: {"transport": "ws"}}))
    assert (finding.loc, finding.severity) == (SIP, "warning")
    assert list(origins(model({SIP: {"transport": "ws", "origins": ["https://a.example"]}}))) == []
    assert list(origins(model({("interfaces", "lan", "sip", 0): {"transport": "ws"}}))) == []


def test_a_trunk_that_nobody_is() -> None:
    assert told(list(identities(model({IDENTIFY: {}})))) == [(IDENTIFY, "nobody is this trunk")]


def test_names_where_nobody_is_asked_for_one() -> None:
    named: dict[Loc, Any] = {IDENTIFY: {"tls_san": ["a.example"]}}
    (finding,) = identities(model(named))
    assert (finding.loc, finding.severity) == ((*IDENTIFY, "tls_san"), "warning")
    listener = {"transport": "tls", "certificate": "edge", "client_ca": "edge"}
    assert list(identities(model({**named, SIP: listener, EDGE: PAIR}))) == []


def test_a_listener_has_the_usual_port_of_its_transport() -> None:
    for transport, port in (("udp", 5060), ("tcp", 5060), ("tls", 5061), ("ws", 80), ("wss", 443)):
        config = model({SIP: {"transport": transport}})
        assert config.interfaces["wan"].sip[0].port == port
    config = model({SIP: {"transport": "tls", "port": 5071}})
    assert config.interfaces["wan"].sip[0].port == 5071
