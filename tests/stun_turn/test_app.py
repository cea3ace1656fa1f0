"""The configuration of TURN becomes settings, rules for peers, and sockets."""

from typing import Any

import pytest

from config.model import Config, Turn
from stun_turn.app import (
    accounts_of,
    marks_of,
    peer_rules,
    run,
    server_of,
    settings_of,
    sockets_of,
    time_limited_of,
)
from stun_turn.attributes import IPV4
from stun_turn.settings import Quotas, RelayAddress
from tests.config.samples import model


def configured(monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[Config, Turn]:
    monkeypatch.setenv("TURN_KEY", "secret")
    monkeypatch.setenv("ANN", "pw")
    turn = {
        "interfaces": ["wan"],
        "realm": "example.org",
        "relay_ports": "50000-50999",
        "credentials": {"hmac": "${ENV:TURN_KEY}", "users": {"ann": "${ENV:ANN}"}},
        **more,
    }
    config = model({("turn",): turn})
    assert config.turn is not None
    return config, config.turn


def test_what_is_not_said_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    config, turn = configured(monkeypatch)
    wan = str(config.interfaces["wan"].bind)
    settings = settings_of(config, turn)
    assert settings.relays == {IPV4: RelayAddress(wan, wan, 50000, 50999)}
    assert (settings.realm, settings.quotas) == ("example.org", Quotas())
    assert settings.public_stun
    assert list(sockets_of(config, turn)) == [("udp", (wan, 3478)), ("tcp", (wan, 3478))]


def test_what_is_said_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    config, turn = configured(
        monkeypatch,
        listen={"udp": 13478},
        quotas={"per_user": 1, "per_source": 2, "total": 3, "bitrate": "64kbit/s"},
        stun={"public": False, "rate": "5/s"},
    )
    settings = settings_of(config, turn)
    assert settings.quotas == Quotas(1, 2, 3)
    assert (settings.bitrate, settings.public_stun, settings.stranger_rate) == (64e3, False, 5.0)
    assert [transport for transport, _ in sockets_of(config, turn)] == ["udp"]


def test_relayed_media_have_the_mark_of_media(monkeypatch: pytest.MonkeyPatch) -> None:
    """(M8)"""
    config, turn = configured(monkeypatch)
    assert marks_of(config, turn) == {}
    wan = config.interfaces["wan"]
    marked = wan.model_copy(update={"media": wan.media.model_copy(update={"dscp": 46})})
    interfaces = {**config.interfaces, "wan": marked}
    config = config.model_copy(update={"interfaces": interfaces})
    assert marks_of(config, turn) == {str(wan.bind): 46}


def test_other_zones_and_our_own_addresses_are_no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    config, turn = configured(monkeypatch, peers={"allow": ["198.18.5.0/24"]})
    rules = peer_rules(config, turn)
    assert rules.may("8.8.8.8")
    assert rules.may("198.18.5.1")
    assert not rules.may("198.18.6.1")
    for interface in config.interfaces.values():
        assert not rules.may(str(interface.bind))
    inside = config.trunks["pbx"].identify.sources[0]
    assert not rules.may(str(inside.network_address))


def test_both_kinds_of_account_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    config, turn = configured(monkeypatch)
    accounts = accounts_of(turn, time_limited_of(turn))
    assert accounts.find("ann", 0.0) is not None
    assert accounts.find("2000:bob", 0.0) is not None
    assert accounts.find("bob", 0.0) is None
    assert len(server_of(config, turn, 0.0, None).allocations) == 0


def test_without_its_section_there_is_no_server() -> None:
    with pytest.raises(LookupError, match="turn"):
        run(model())
