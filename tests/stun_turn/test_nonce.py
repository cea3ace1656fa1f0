"""Nonces (RFC 8489 §9.2): good for their client and their time, and for nobody else."""

import pytest

from stun_turn.nonce import (
    COOKIE,
    LIFETIME,
    PASSWORD_ALGORITHMS,
    USERNAME_ANONYMITY,
    Nonces,
    features,
)

NONCES = Nonces(b"key", PASSWORD_ALGORITHMS)
CLIENT = "udp 192.0.2.1:1024"


def test_a_nonce_is_good_for_its_lifetime() -> None:
    nonce = NONCES.make(CLIENT, 1000.7)
    assert NONCES.is_fresh(nonce, CLIENT, 1000.7)
    assert NONCES.is_fresh(nonce, CLIENT, 1000 + LIFETIME)
    assert not NONCES.is_fresh(nonce, CLIENT, 1002 + LIFETIME)
    assert not NONCES.is_fresh(nonce, CLIENT, 999.0)


def test_a_stolen_nonce_is_worth_nothing_elsewhere() -> None:
    nonce = NONCES.make(CLIENT, 1000.0)
    assert not NONCES.is_fresh(nonce, "udp 192.0.2.1:1025", 1000.0)
    assert not Nonces(b"another", PASSWORD_ALGORITHMS).is_fresh(nonce, CLIENT, 1000.0)


def test_whoever_changes_the_announced_features_breaks_the_nonce() -> None:
    nonce = NONCES.make(CLIENT, 1000.0)
    weakened = COOKIE + "AAAA" + nonce[len(COOKIE) + 4 :]
    assert features(nonce) == PASSWORD_ALGORITHMS
    assert features(weakened) == 0
    assert not NONCES.is_fresh(weakened, CLIENT, 1000.0)


def test_the_cookie_of_the_rfc_s_example_is_read() -> None:
    assert features("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA") == 2
    assert features("obMatJos2wAAA") == PASSWORD_ALGORITHMS | USERNAME_ANONYMITY


@pytest.mark.parametrize(
    "nonce",
    ["", "obMatJos2", "obMatJos2gAAA", "obMatJos2gAAA!!!!", "x" * 700, "obMatJos2gAA\u00e9"],
)
def test_what_we_did_not_make_is_not_fresh(nonce: str) -> None:
    assert not NONCES.is_fresh(nonce, CLIENT, 1000.0)
    features(nonce)
