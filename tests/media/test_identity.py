"""Certificates for DTLS: EC P-256, self-signed, told by fingerprint, replaced in time (I8)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from media.identity import RENEWED_AFTER, VALID, Identities, Identity, fingerprint_of, new_identity


def test_a_certificate_is_p_256_self_signed_and_valid_now() -> None:
    certificate = new_identity().certificate
    key = certificate.public_key()
    assert isinstance(key, EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.issuer == certificate.subject
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(hours=20)
    assert certificate.not_valid_after_utc > now + timedelta(seconds=VALID - 60)


def test_its_fingerprint_is_said_as_in_a_description() -> None:
    identity = new_identity()
    assert identity.fingerprint == fingerprint_of(identity.certificate, "sha-256")
    name, _, octets = identity.fingerprint.partition(" ")
    assert (name, len(octets.split(":"))) == ("sha-256", 32)


@pytest.mark.parametrize(("algorithm", "octets"), [("sha-224", 28), ("sha-384", 48)])
def test_peers_may_name_other_hashes(algorithm: str, octets: int) -> None:
    told = fingerprint_of(new_identity().certificate, algorithm)
    assert len(told.split(":")) == octets


def test_no_two_are_alike() -> None:
    assert new_identity().fingerprint != new_identity().fingerprint


def test_one_is_made_when_it_is_needed_and_replaced_long_before_its_end() -> None:
    made: list[Identity] = []

    def make() -> Identity:
        made.append(new_identity())
        return made[-1]

    identities = Identities(make)
    assert made == []
    first = identities.current(100.0)
    assert identities.current(100.0 + RENEWED_AFTER - 1) is first
    second = identities.current(100.0 + RENEWED_AFTER)
    assert made == [first, second]
    assert RENEWED_AFTER * 2 < VALID
