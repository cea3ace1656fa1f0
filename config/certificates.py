"""Certificates and keys as they lie in files: read, judged, made into contexts of TLS.

What was read is kept, so that a context never mixes an old chain with a new key: OpenSSL wants
files, and gets them out of memory.
"""

import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509

from config.model import Certificate

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else."""
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


Stamp = tuple[tuple[int, int, int], ...]
"""Of each file what changes with it: time, size, number."""


class Unfit(Exception):
    """The files do not make a certificate that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the files of one certificate held when they were read."""

    chain: bytes
    key: bytes
    trust: bytes
    min_version: Literal["1.2", "1.3"]
    names: tuple[str, ...]
    """Host names of the certificate (SAN), in small letters."""
    expires: float
    """Epoch seconds: our certificate's; of authorities the last one's."""


def read(section: Certificate) -> Material:
    """Raises Unfit."""
    chain, key, trust = (_bytes(path) for path in (section.chain, section.key, section.trust))
    shown = _parsed(chain, section.chain)
    trusted = _parsed(trust, section.trust)
    ends = [one.not_valid_after_utc.timestamp() for one in (shown[:1] or trusted)]
    names = _host_names(shown[0]) if shown else ()
    material = Material(chain, key, trust, section.min_version, names, max(ends))
    if shown:
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), material)
    return material


def paths(section: Certificate) -> Sequence[str]:
    return [path for path in (section.chain, section.key, section.trust) if path is not None]


def stamp_of(section: Certificate) -> Stamp:
    return tuple(_stamp(path) for path in paths(section))


def _stamp(path: str) -> tuple[int, int, int]:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def server_context(shown: Material, trusted: Material | None, *, required: bool) -> ssl.SSLContext:
    """For those who connect to us."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, shown)
    _load(context, shown)
    # No resumption: who a peer is gets verified in each handshake, and SIP makes few.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    if trusted is not None:
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=trusted.trust.decode("ascii", "replace"))
    return context


def client_context(shown: Material | None, trusted: Material | None) -> ssl.SSLContext:
    """For connections of ours. Names are compared as SIP compares them, after the handshake."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, shown or trusted)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    if shown is not None:
        _load(context, shown)
    if trusted is not None:
        context.load_verify_locations(cadata=trusted.trust.decode("ascii", "replace"))
    else:
        context.load_default_certs()
    return context


def by_server_name(offered: Sequence[tuple[Material, ssl.SSLContext]]) -> ssl.SSLContext:
    """The first one's context, which lets another take over that has the name asked for (RFC 6066
    §3)."""
    first = offered[0][1]
    if len(offered) > 1:

        def choose(handshake: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            for material, context in offered:
                if name is not None and speaks_for(material, name):
                    handshake.context = context
                    return

        first.sni_callback = choose
    return first


def speaks_for(material: Material, name: str) -> bool:
    name = name.lower()
    above = name.partition(".")[2]
    return name in material.names or (bool(above) and f"*.{above}" in material.names)


def _context(protocol: int, material: Material | None) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = VERSIONS["1.2" if material is None else material.min_version]
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _load(context: ssl.SSLContext, material: Material) -> None:
    with _in_memory(material.chain) as chain, _in_memory(material.key) as key:
        try:
            # A password is not asked for: there is nobody at the terminal.
            context.load_cert_chain(chain, key, password=lambda: b"")
        except (ssl.SSLError, OSError, ValueError) as error:
            why = getattr(error, "reason", None) or "cannot be read"
            raise Unfit(f"chain and key: {str(why).replace('_', ' ').lower()}") from None


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _bytes(path: str | None) -> bytes:
    if path is None:
        return b""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Unfit(f"{path}: {why}") from None


def _parsed(data: bytes, path: str | None) -> list[x509.Certificate]:
    if path is None:
        return []
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise Unfit(f"{path}: no certificate in PEM form") from None


def _host_names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(name.lower() for name in found.value.get_values_for_type(x509.DNSName))
