"""An authority of a test: certificates for whoever the test needs, in files as an operator has."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from config.model import Certificate


@dataclass(frozen=True, slots=True)
class Pair:
    chain: Path
    key: Path

    def section(self, trust: Path | None = None) -> Certificate:
        return Certificate(
            chain=str(self.chain), key=str(self.key), trust=str(trust) if trust else None
        )


class Authority:
    def __init__(self, directory: Path, name: str = "ca") -> None:
        self._directory = directory
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.trust = directory / f"{name}.pem"
        made = self._signed(self._name, self._key, days=3650, authority=True)
        self.trust.write_bytes(made.public_bytes(Encoding.PEM))

    def pair(
        self,
        file: str,
        *names: str,
        uris: tuple[str, ...] = (),
        days: float = 365,
        common_name: str = "x",
    ) -> Pair:
        """A certificate for these host names or addresses, written to `file`.pem and `file`.key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        alternatives = [_alternative(name) for name in names]
        alternatives += [x509.UniformResourceIdentifier(uri) for uri in uris]
        made = self._signed(subject, key, days=days, alternatives=alternatives)
        pair = Pair(self._directory / f"{file}.pem", self._directory / f"{file}.key")
        pair.chain.write_bytes(made.public_bytes(Encoding.PEM))
        pair.key.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        return pair

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        days: float,
        alternatives: list[x509.GeneralName] | None = None,
        authority: bool = False,
    ) -> x509.Certificate:
        end = datetime.now(UTC) + timedelta(days=days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(end, datetime.now(UTC)) - timedelta(days=2))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if alternatives:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternatives), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
