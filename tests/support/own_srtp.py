"""SRTP and SRTCP written again from RFC 3711, RFC 6188 and RFC 7714, to hold libsrtp against.

One direction under one master key, without roll-over and replay lists: what the packet says.
"""

from dataclasses import dataclass
from hashlib import sha1
from hmac import new as hmac
from struct import pack

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from media.sdp.sdes import SUITES

_RTP_KEY, _RTP_AUTH, _RTP_SALT, _RTCP_KEY, _RTCP_AUTH, _RTCP_SALT = range(6)
"""Labels of §4.3.2."""
_HEADER = 12
_RTCP_HEADER = 8
_ENCRYPTED = 1 << 31


@dataclass(frozen=True)
class OwnSrtp:
    suite: str
    master: bytes

    @property
    def _key(self) -> bytes:
        return self.master[: SUITES[self.suite].key]

    @property
    def _salt(self) -> bytes:
        return self.master[SUITES[self.suite].key :]

    def derive(self, label: int, size: int) -> bytes:
        """§4.3.1, with a key derivation rate of zero."""
        salt = int.from_bytes(self._salt.ljust(14, b"\0"), "big") ^ label << 48
        return _counter(self._key, salt << 16, bytes(size))

    def protect(self, packet: bytes, roc: int = 0) -> bytes:
        """Of a packet with twelve bytes of header."""
        suite = SUITES[self.suite]
        sequence, ssrc = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[8:12], "big")
        key = self.derive(_RTP_KEY, suite.key)
        salt = self.derive(_RTP_SALT, suite.salt)
        header, payload = packet[:_HEADER], packet[_HEADER:]
        if suite.aead:
            initial = _xor(pack("!HIIH", 0, ssrc, roc, sequence), salt)
            return header + AESGCM(key).encrypt(initial, payload, header)
        index = (roc << 16) + sequence
        counter = (int.from_bytes(salt, "big") << 16) ^ (ssrc << 64) ^ (index << 16)
        made = header + _counter(key, counter, payload)
        return made + _tag(self.derive(_RTP_AUTH, 20), made + pack("!I", roc))[: suite.tag]

    def protect_rtcp(self, packet: bytes, index: int = 1) -> bytes:
        suite = SUITES[self.suite]
        ssrc = int.from_bytes(packet[4:8], "big")
        key = self.derive(_RTCP_KEY, suite.key)
        salt = self.derive(_RTCP_SALT, suite.salt)
        header, payload, last = packet[:_RTCP_HEADER], packet[_RTCP_HEADER:], _ENCRYPTED | index
        if suite.aead:
            initial = _xor(pack("!HIHI", 0, ssrc, 0, index), salt)
            known = header + pack("!I", last)
            return header + AESGCM(key).encrypt(initial, payload, known) + pack("!I", last)
        counter = (int.from_bytes(salt, "big") << 16) ^ (ssrc << 64) ^ (index << 16)
        made = header + _counter(key, counter, payload) + pack("!I", last)
        return made + _tag(self.derive(_RTCP_AUTH, 20), made)[:10]


def _counter(key: bytes, counter: int, data: bytes) -> bytes:
    start = (counter % (1 << 128)).to_bytes(16, "big")
    made: bytes = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor().update(data)
    return made


def _tag(key: bytes, data: bytes) -> bytes:
    return hmac(key, data, sha1).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
