"""The certificates that DTLS shows: self-signed EC P-256, told by their fingerprints (RFC 8122).

They prove nothing by themselves, so they need no file and no authority; each is used for a while
and replaced long before it runs out. A session keeps the one that it began with.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA224, SHA256, SHA384, SHA512, HashAlgorithm
from OpenSSL import SSL

VALID = 30 * 86_400.0
"""Seconds. A call may begin with one that is about to be replaced, and last for hours."""
RENEWED_AFTER = 7 * 86_400.0

PROFILES = (
    b"SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32"
)
"""RFC 5764 §4.1.2, RFC 7714 §14.2, in order of preference."""
HASHES: Mapping[str, type[HashAlgorithm]] = {
    "sha-224": SHA224,
    "sha-256": SHA256,
    "sha-384": SHA384,
    "sha-512": SHA512,
}
"""Those that nobody can forge."""
_CIPHERS = b"ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL"
_DTLS_1_2 = 0xFEFD
_BACKDATED = timedelta(days=1)
"""A peer's clock may be slow."""


class Identity:
    """One certificate with its key, ready for handshakes."""

    __slots__ = ("certificate", "context", "fingerprint")

    def __init__(self, context: SSL.Context, certificate: x509.Certificate) -> None:
        self.context = context
        self.certificate = certificate
        self.fingerprint = fingerprint_of(certificate, "sha-256")
        """As a value of a=fingerprint."""


def new_identity() -> Identity:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sbc")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(seconds=VALID))
        .sign(key, SHA256())
    )
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_min_proto_version(_DTLS_1_2)
    # Whose certificate it is tells its fingerprint, once the handshake is over; here every one is
    # taken, but there must be one.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_cipher_list(_CIPHERS)
    context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_tlsext_use_srtp(PROFILES)
    return Identity(context, certificate)


def fingerprint_of(certificate: x509.Certificate, algorithm: str) -> str:
    """`algorithm`: as RFC 8122 names it; it must be one of `HASHES`."""
    digest = certificate.fingerprint(HASHES[algorithm]())
    return f"{algorithm} {':'.join(f'{octet:02X}' for octet in digest)}"


class Identities:
    """The one that is shown now."""

    __slots__ = ("_current", "_made_at", "_make")

    def __init__(self, make: Callable[[], Identity] = new_identity) -> None:
        self._make = make
        self._current: Identity | None = None
        self._made_at = 0.0

    def current(self, now: float) -> Identity:
        if self._current is None or now - self._made_at >= RENEWED_AFTER:
            self._current, self._made_at = self._make(), now
        return self._current
