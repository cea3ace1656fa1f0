"""Where clients are told to come; accounts themselves are in `tests/simulation/test_i6_…`."""

from typing import Any

import pytest

from config.problems import Loc
from sbc.registrar.turn_credentials import TurnCredentials, urls_of
from tests.config.samples import model


def configured(monkeypatch: pytest.MonkeyPatch, **turn: Any) -> Any:
    monkeypatch.setenv("KEY", "shared")
    section = {
        "interfaces": ["wan"],
        "realm": "example.org",
        "relay_ports": "50000-50999",
        "credentials": {"hmac": "${ENV:KEY}"},
        **turn,
    }
    changes: dict[Loc, Any] = {
        ("turn",): section,
        ("certificates", "edge"): {"chain": "/e.pem", "key": "/e.key"},
    }
    return model(changes)


def test_without_a_name_clients_are_told_our_address(monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(monkeypatch)
    shown = config.interfaces["wan"].shown
    assert urls_of(config, config.turn) == (
        f"turn:{shown}:3478?transport=udp",
        f"turn:{shown}:3478?transport=tcp",
    )


def test_dtls_is_told_as_secure_udp(monkeypatch: pytest.MonkeyPatch) -> None:
    listen = {"dtls": 5349, "certificate": "edge"}
    config = configured(monkeypatch, listen=listen, host="turn.example.org")
    assert urls_of(config, config.turn) == ("turns:turn.example.org:5349?transport=udp",)


def test_nobody_gets_an_account_that_was_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TurnCredentials.of(model()) is None
    assert TurnCredentials.of(configured(monkeypatch)) is None
