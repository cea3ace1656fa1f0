"""Names that lead to one device of a user, whoever dials them (GRUU, RFC 5627 §3, §5).

The public one shows user and instance. A temporary one shows nothing: it is what the device is
called here, hidden by a key (RFC 5627 appendix A), so that none has to be kept.
"""

import re
from binascii import Error as BadHex
from binascii import hexlify, unhexlify
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from sbc.registrar.binding import Binding
from sbc.sip.grammar import Params, quote

OPTION_TAG = "gruu"
_URN = re.compile(r'"<(urn:[A-Za-z0-9:._-]{1,128})>"')
_TOKEN, _SALT, _MAC = 12, 4, 8
"""Bytes."""
_SIZE = 2 * (_SALT + _TOKEN + _MAC)


def urn_of(binding: Binding) -> str | None:
    """The instance of a phone, as it can stand in a URI; None where it names none."""
    found = _URN.fullmatch(binding.instance or "")
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Named:
    """A phone of a user, by the flow that is called, or by its instance (RFC 5627)."""

    user: str
    key: tuple[str, ...] | None = None
    instance: str | None = None

    def fits(self, binding: Binding) -> bool:
        if self.key is not None:
            return binding.key == self.key
        return urn_of(binding) == self.instance


class Gruus:
    def __init__(self, key: bytes, domain: str) -> None:
        self._key = blake2b(key, digest_size=32).digest()
        self._domain = domain

    def issue(self, binding: Binding, salt: str) -> Params:
        """Parameters of its Contact in the answer. `salt`: eight fresh hexadecimal digits."""
        urn = urn_of(binding)
        if urn is None or len(binding.token) != 2 * _TOKEN:
            return ()
        public = f"sip:{binding.user}@{self._domain};gr={urn}"
        temporary = f"sip:{self._temporary(binding, salt)}@{self._domain};gr"
        return (("pub-gruu", quote(public)), ("temp-gruu", quote(temporary)))

    def found(self, user: str, named: Callable[[str], Binding | None]) -> Binding | None:
        """Whose temporary GRUU has this user part. It is good for as long as the phone keeps its
        Call-ID (§5.4.2), since another one may belong to somebody else."""
        try:
            data = unhexlify(user) if len(user) == _SIZE else b""
        except (BadHex, ValueError):
            return None
        salt, hidden, mac = data[:_SALT], data[_SALT:-_MAC], data[-_MAC:]
        if not data:
            return None
        binding = named(self._mixed(salt, hidden).hex())
        if binding is None or not compare_digest(mac, self._mac(salt, hidden, binding)):
            return None
        return binding

    def _temporary(self, binding: Binding, salt: str) -> str:
        salted = unhexlify(salt)
        hidden = self._mixed(salted, unhexlify(binding.token))
        return hexlify(salted + hidden + self._mac(salted, hidden, binding)).decode()

    def _mixed(self, salt: bytes, text: bytes) -> bytes:
        pad = blake2b(salt, key=self._key, digest_size=_TOKEN).digest()
        return bytes(a ^ b for a, b in zip(text, pad, strict=True))

    def _mac(self, salt: bytes, hidden: bytes, binding: Binding) -> bytes:
        call_id = binding.call_id.encode("utf-8", "surrogateescape")
        return blake2b(salt + hidden + call_id, key=self._key, digest_size=_MAC).digest()
