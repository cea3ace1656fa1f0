"""A DTLS association that makes keys for SRTP (RFC 5763, RFC 5764), of one component of one side.

Datagrams come in, datagrams go out. The records are OpenSSL's, and so is the timer for what was
lost on the way (RFC 6347 §4.2.4), which knows the real clock alone.
"""

from base64 import b64encode
from collections.abc import Mapping
from enum import Enum
from math import inf

from OpenSSL import SSL

from media.control import Dtls, Sdes, SrtpKey
from media.identity import HASHES, Identity, fingerprint_of
from media.sdp.sdes import SUITES

MTU = 1200
"""Bytes of a datagram of ours. A path that carries less is not the Internet's."""
MOST_DATAGRAMS = 300
"""That a handshake may take in; a good one takes four, and some more where much is lost."""
GIVEN_UP_AFTER = 30.0
"""Seconds without an end."""
_LEAST_WAIT = 0.05
"""Seconds between two looks at OpenSSL's timer."""
_LABEL = b"EXTRACTOR-dtls_srtp"
_RECORD_HEADER = 13
_SUITES: Mapping[bytes, str] = {
    b"SRTP_AES128_CM_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
    b"SRTP_AES128_CM_SHA1_32": "AES_CM_128_HMAC_SHA1_32",
    b"SRTP_AEAD_AES_128_GCM": "AEAD_AES_128_GCM",
    b"SRTP_AEAD_AES_256_GCM": "AEAD_AES_256_GCM",
}


def is_dtls(datagram: bytes) -> bool:
    """RFC 7983 §7"""
    return bool(datagram) and 20 <= datagram[0] <= 63


class State(Enum):
    SHAKING = "the handshake goes on"
    DONE = "there are keys"
    FAILED = "there will be none"


class Association:
    __slots__ = ("_connection", "_given_up_at", "_left", "_plan", "due", "failure", "keys", "state")

    def __init__(self, identity: Identity, plan: Dtls, now: float) -> None:
        self._plan = plan
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_ciphertext_mtu(MTU)
        if plan.active:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self._left = MOST_DATAGRAMS
        self._given_up_at = now + GIVEN_UP_AFTER
        self.state = State.SHAKING
        self.keys: Sdes | None = None
        self.failure: str | None = None
        """Why it failed, in words of ours."""
        self.due = self._given_up_at
        """When it must be looked at."""

    def begin(self, now: float) -> list[bytes]:
        """Of the active one, once there is somebody to send to."""
        return self._step(now) if self._plan.active else []

    def feed(self, datagram: bytes, now: float) -> list[bytes]:
        if self.state is State.FAILED:
            return []
        if self.state is State.DONE:
            return self._afterwards(datagram)
        if not self._left:
            return []
        self._left -= 1
        try:
            self._connection.bio_write(datagram)
        except SSL.Error:
            return []
        return self._step(now)

    def tick(self, now: float) -> list[bytes]:
        if self.state is not State.SHAKING or now < self.due:
            return []
        if now >= self._given_up_at:
            return self._fail("timeout")
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error:
            return self._fail("timeout")
        self._wait(now)
        return self._written()

    def _step(self, now: float) -> list[bytes]:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._wait(now)
            return self._written()
        except SSL.Error:
            return [*self._written(), *self._fail("handshake")]
        last = self._written()
        failure = self._taken()
        return last if failure is None else [*last, *self._fail(failure)]

    def _wait(self, now: float) -> None:
        """Anew after each step: the timer doubles, and a step may have ended it."""
        left = self._connection.DTLSv1_get_timeout()
        at = inf if left is None else now + max(left, _LEAST_WAIT)
        self.due = min(at, self._given_up_at)

    def _taken(self) -> str | None:
        """The handshake is over: is it with whom the description names, and what are the keys?"""
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not any(
            fingerprint_of(certificate, each.partition(" ")[0]) == each
            for each in self._plan.fingerprints
            if each.partition(" ")[0] in HASHES
        ):
            return "fingerprint"
        name = _SUITES.get(self._connection.get_selected_srtp_profile())
        if name is None:
            return "profile"
        self.keys = self._exported(name)
        self.state, self.due = State.DONE, inf
        return None

    def _exported(self, name: str) -> Sdes:
        """RFC 5764 §4.2: keys before salts, the client's before the server's."""
        suite = SUITES[name]
        key, salt = suite.key, suite.salt
        material = self._connection.export_keying_material(_LABEL, 2 * suite.size)
        clients = material[:key] + material[2 * key : 2 * key + salt]
        servers = material[key : 2 * key] + material[2 * key + salt :]
        ours, theirs = (clients, servers) if self._plan.active else (servers, clients)
        return Sdes(name, (_srtp_key(theirs),), _srtp_key(ours))

    def _afterwards(self, datagram: bytes) -> list[bytes]:
        """The peer may not have had our last flight; there is nothing else to hear."""
        try:
            self._connection.bio_write(datagram)
            self._connection.recv(4096)
        except SSL.Error:
            pass
        return self._written()

    def _fail(self, why: str) -> list[bytes]:
        self.state, self.failure, self.due = State.FAILED, why, inf
        return []

    def _written(self) -> list[bytes]:
        try:
            return packed(self._connection.bio_read(65_536))
        except SSL.Error:
            return []


def packed(records: bytes) -> list[bytes]:
    """A memory BIO does not know datagrams: they are cut between records, and filled up."""
    datagrams: list[bytes] = []
    at = 0
    while at + _RECORD_HEADER <= len(records):
        size = _RECORD_HEADER + int.from_bytes(records[at + 11 : at + 13], "big")
        record, at = records[at : at + size], at + size
        if datagrams and len(datagrams[-1]) + len(record) <= MTU:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams


def _srtp_key(octets: bytes) -> SrtpKey:
    return SrtpKey(b64encode(octets).decode())
