"""SRTP and SRTCP (RFC 3711, RFC 6188, RFC 7714) by libsrtp, through the binding of pylibsrtp.

Its public calls have no AES-256 in counter mode, no MKI, and take no packet longer than 1,352
bytes. So the binding itself is used, and looked at first: see `_check_binding`.
"""

from base64 import b64decode
from binascii import Error as BadBase64
from collections import Counter
from collections.abc import Callable
from typing import Any

from pylibsrtp import Policy
from pylibsrtp._binding import ffi, lib

from media.control import Sdes, SrtpKey
from media.rtp import is_rtcp, is_rtp
from media.sdp.sdes import SUITES, Suite

LONGEST = 65_536 - 256
"""Bytes of a packet before protection."""
MOST_SSRCS = 256
"""Of one context: each has a roll-over counter and a replay list, and they are never forgotten."""
_CONTEXTS_KEPT = 8
"""For keys that come back: a cipher that began anew would repeat its key stream."""
_RTCP_TAG = 10
"""RFC 3711 §5.2, RFC 6188 §4: of SRTCP also where SRTP has four."""

_AUTH_FAIL, _REPLAYED, _TOO_OLD = 7, 9, 10
"""Of srtp_err_status_t."""
_CAUSES = {_AUTH_FAIL: "srtp_auth_fail", _REPLAYED: "srtp_replayed", _TOO_OLD: "srtp_replayed"}

_SIGNATURE = "<ctype 'srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)'>"
_AES_ICM_256 = 5
"""Cipher type of libsrtp."""
_CM_128 = [1, 30, 3, 20, 3]
"""A policy of AES_CM_128 in memory: cipher, its key with salt, HMAC-SHA1, its key, both services;
the fifth number, the length of the tag, is left out."""

_PROFILES = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}

_room = ffi.new("char[]", 65_536)
_buffer = ffi.buffer(_room)
_size = ffi.new("int *")
"""All contexts share them: the relay has one thread."""

_Function = Callable[[object, object, object], int]


class Refused(Exception):
    """libsrtp took a packet for forged, repeated or malformed, or will not protect it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.cause = _CAUSES.get(code, "srtp_malformed")


class Cipher:
    """Packets of one direction under one master key: roll-over counters and replay lists."""

    __slots__ = ("_context", "_policy", "_session", "ssrcs")

    def __init__(self, suite: Suite, key: bytes, *, inbound: bool) -> None:
        self._policy = _policy(suite, key, inbound=inbound)
        session = ffi.new("srtp_t *")
        code = lib.srtp_create(session, self._policy._policy)
        if code:
            raise ValueError(f"libsrtp: {code}")
        self._session = ffi.gc(session, lambda each: lib.srtp_dealloc(each[0]))
        self._context = session[0]
        self.ssrcs: set[bytes] = set()

    def protect(self, data: bytes) -> bytes:
        return self._known(data, data[8:12], lib.srtp_protect)

    def unprotect(self, data: bytes) -> bytes:
        return self._known(data, data[8:12], lib.srtp_unprotect)

    def protect_rtcp(self, data: bytes) -> bytes:
        return self._known(data, data[4:8], lib.srtp_protect_rtcp)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        return self._known(data, data[4:8], lib.srtp_unprotect_rtcp)

    def _known(self, data: bytes, ssrc: bytes, function: _Function) -> bytes:
        size, known = len(data), self.ssrcs
        if size > LONGEST or (ssrc not in known and len(known) >= MOST_SSRCS):
            raise Refused(0)
        _buffer[0:size] = data
        _size[0] = size
        code = function(self._context, _room, _size)
        if code:
            raise Refused(code)
        if ssrc not in known:  # now it is authentic, or our own
            known.add(ssrc)
        made: bytes = _buffer[0 : _size[0]]
        return made


class Keyring:
    """What comes from one end may be under one of several keys, named by their MKI (§3.1)."""

    __slots__ = ("_ciphers", "_length", "_suite")

    def __init__(self, suite: Suite, keys: tuple[SrtpKey, ...]) -> None:
        self._suite = suite
        self._ciphers = {
            bytes.fromhex(key.mki): Cipher(suite, _octets(suite, key), inbound=True) for key in keys
        }
        self._length = len(next(iter(self._ciphers)))

    def unprotect(self, data: bytes) -> bytes:
        cipher, bare = self._pick(data, self._suite.tag)
        return cipher.unprotect(bare)

    def unprotect_rtcp(self, data: bytes) -> bytes:
        cipher, bare = self._pick(data, _RTCP_TAG)
        return cipher.unprotect_rtcp(bare)

    def _pick(self, data: bytes, tag: int) -> tuple[Cipher, bytes]:
        """The MKI is not authenticated, so it can be taken out: before the tag, or, of an AEAD
        suite, at the end (RFC 7714 §8.2)."""
        if not self._length:
            return self._ciphers[b""], data
        end = len(data) - (0 if self._suite.aead else tag)
        start = end - self._length
        cipher = self._ciphers.get(data[start:end]) if start > 0 else None
        if cipher is None:
            raise Refused(_AUTH_FAIL)
        return cipher, data[:start] + data[end:]


class Protection:
    """SRTP of one side, both ways. Before it has keys nothing passes."""

    __slots__ = (
        "_drops",
        "_former",
        "_inbound",
        "_outbound",
        "_rings",
        "_theirs",
        "_writers",
        "auth_failed",
        "replayed",
        "suite",
    )

    def __init__(self, drops: Counter[str]) -> None:
        self._drops = drops
        self.suite: str | None = None
        self.auth_failed = 0
        self.replayed = 0
        self._theirs: tuple[str, tuple[SrtpKey, ...]] | None = None
        self._inbound: Keyring | None = None
        self._former: Keyring | None = None
        """Of the keys before these, until the first packet under the new ones has come."""
        self._outbound: Cipher | None = None
        self._rings: dict[tuple[str, tuple[SrtpKey, ...]], Keyring] = {}
        self._writers: dict[tuple[str, SrtpKey], Cipher] = {}

    def use(self, keys: Sdes) -> None:
        """Those that were known go on where they were."""
        suite = SUITES[keys.suite]
        self.suite = suite.name
        theirs = suite.name, keys.theirs
        if theirs != self._theirs:
            self._former, self._theirs = self._inbound, theirs
            self._inbound = self._rings.get(theirs) or Keyring(suite, keys.theirs)
            _remember(self._rings, theirs, self._inbound)
        ours = suite.name, keys.ours
        self._outbound = self._writers.get(ours) or Cipher(
            suite, _octets(suite, keys.ours), inbound=False
        )
        _remember(self._writers, ours, self._outbound)

    def unprotect(self, data: bytes) -> bytes | None:
        """RTP in clear, if this end has sent it and it has not come before."""
        clear = self._opened(data, Keyring.unprotect)
        if clear is not None and not is_rtp(clear, len(clear)):
            return self._dropped("malformed")
        return clear

    def unprotect_rtcp(self, data: bytes) -> bytes | None:
        clear = self._opened(data, Keyring.unprotect_rtcp)
        if clear is not None and not is_rtcp(clear, len(clear)):
            return self._dropped("malformed")
        return clear

    def protect(self, data: bytes) -> bytes | None:
        if self._outbound is None:
            return self._dropped("srtp_no_keys")
        try:
            return self._outbound.protect(data)
        except Refused:
            return self._dropped("srtp_not_sent")

    def protect_rtcp(self, data: bytes) -> bytes | None:
        if self._outbound is None:
            return self._dropped("srtp_no_keys")
        try:
            return self._outbound.protect_rtcp(data)
        except Refused:
            return self._dropped("srtp_not_sent")

    def _opened(self, data: bytes, by: Callable[[Keyring, bytes], bytes]) -> bytes | None:
        if self._inbound is None:
            return self._dropped("srtp_no_keys")
        try:
            clear = by(self._inbound, data)
        except Refused as refused:
            return self._with_former(data, by) or self._refused(refused.cause)
        if self._former is not None:
            self._former = None
        return clear

    def _with_former(self, data: bytes, by: Callable[[Keyring, bytes], bytes]) -> bytes | None:
        if self._former is None:
            return None
        try:
            return by(self._former, data)
        except Refused:
            return None

    def _refused(self, cause: str) -> bytes | None:
        if cause == "srtp_auth_fail":
            self.auth_failed += 1
        elif cause == "srtp_replayed":
            self.replayed += 1
        return self._dropped(cause)

    def _dropped(self, cause: str) -> bytes | None:
        self._drops[cause] += 1
        return None


def check(keys: Sdes) -> None:
    """Raises ValueError when the plan makes no sense."""
    suite = SUITES.get(keys.suite)
    if suite is None:
        raise ValueError(f"no such suite: {keys.suite}")
    names = [bytes.fromhex(key.mki) for key in keys.theirs]
    if not names or len(set(names)) < len(names) or len(set(map(len, names))) > 1:
        raise ValueError("keys that cannot be told apart")
    for key in (*keys.theirs, keys.ours):
        _octets(suite, key)


def _octets(suite: Suite, key: SrtpKey) -> bytes:
    try:
        octets = b64decode(key.text, validate=True)
    except BadBase64:
        octets = b""
    if len(octets) != suite.size:  # and never which key it was
        raise ValueError("a key of the wrong length")
    return octets


def _policy(suite: Suite, key: bytes, *, inbound: bool) -> Policy:
    kind = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    short = Policy.SRTP_PROFILE_AES128_CM_SHA1_32
    usual = short if suite.tag == 4 else Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=_PROFILES.get(suite.name, usual))
    if not suite.aead and suite.key != 16:
        for part in (policy._policy.rtp, policy._policy.rtcp):
            numbers = ffi.cast("int *", ffi.addressof(part))
            numbers[0], numbers[1] = _AES_ICM_256, suite.size
    return policy


def _remember(kept: dict[Any, Any], key: Any, value: Any) -> None:
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > _CONTEXTS_KEPT:
        del kept[next(iter(kept))]


def _check_binding() -> None:
    """It is private, so another release may differ. Better no relay than a wrong cipher."""
    names = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
    for name in names:
        if str(ffi.typeof(getattr(lib, name))) != _SIGNATURE:
            raise ImportError(f"{name} of this pylibsrtp is not as it was")
    numbers = ffi.cast("int *", ffi.addressof(Policy(key=bytes(30))._policy.rtp))
    if [numbers[at] for at in (0, 1, 2, 3, 5)] != _CM_128:
        raise ImportError("a policy of this libsrtp is not as it was")


_check_binding()
