"""The certificate that clients are shown by TLS and DTLS, read anew when its files change (X7).

What is up keeps the context that it began with; new handshakes get the new one. Files that cannot
be used change nothing.
"""

import ssl
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from config.certificates import CIPHERS, Material, Unfit, read, server_context, stamp_of
from config.model import Certificate

DTLS_1_2 = 0xFEFD
"""RFC 6347 §4.1"""
Cookie = Callable[[SSL.Connection], bytes]
CookieCheck = Callable[[SSL.Connection, bytes], bool]


class Shown:
    def __init__(self, section: Certificate) -> None:
        """Raises Unfit."""
        self._section = section
        self._stamp = stamp_of(section)
        self._material = read(section)
        self._newest = self._tls()
        self.tls = self._tls()
        """One for all listeners: it lets the newest take over (RFC 6066 §3)."""
        self.tls.sni_callback = self._take_over
        self._dtls: SSL.Context | None = None

    def look(self) -> str | None:
        """What has become of them: `certificate_loaded`, `certificate_refused`, or nothing."""
        stamp = stamp_of(self._section)
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            self._material = read(self._section)
        except Unfit:
            return "certificate_refused"
        self._newest = self._tls()
        self._dtls = None
        return "certificate_loaded"

    def dtls(self, cookie: Cookie, check: CookieCheck) -> SSL.Context:
        """For the next handshake."""
        if self._dtls is None:
            self._dtls = _dtls_context(self._material, cookie, check)
        return self._dtls

    def _tls(self) -> ssl.SSLContext:
        return server_context(self._material, None, required=False)

    def _take_over(self, handshake: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
        handshake.context = self._newest


def _dtls_context(material: Material, cookie: Cookie, check: CookieCheck) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_SERVER_METHOD)
    context.set_min_proto_version(DTLS_1_2)
    context.set_cipher_list(CIPHERS.encode())
    context.set_options(SSL.OP_NO_QUERY_MTU | SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    leaf, *others = x509.load_pem_x509_certificates(material.chain)
    context.use_certificate(leaf)
    for each in others:
        context.add_extra_chain_cert(each)
    key = load_pem_private_key(material.key, None)
    context.use_privatekey(key)  # type: ignore[arg-type]  # its kind was seen to fit the chain
    context.set_cookie_generate_callback(cookie)
    context.set_cookie_verify_callback(check)
    return context
