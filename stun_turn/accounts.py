"""Who may use TURN, and with which password: accounts of the configuration, and time-limited ones
whose password is an HMAC of their name.

The second need no memory: whoever shares the secret may hand them out. The name is
`EXPIRY:IDENTITY`, EXPIRY being seconds since 1970; the password is the base64 of HMAC-SHA1 of the
name. That is the form which browsers' applications and other TURN servers know ("A REST API for
access to TURN services", draft-uberti-behave-turn-rest).
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import Protocol
from unicodedata import category, normalize

from stun_turn.attributes import SHA256

SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a user who presents a name."""

    user: str
    """Who it is: quotas count by this, whatever name it came under."""
    password: str
    expires: float | None = None
    """Seconds since 1970; None: never."""


class Accounts(Protocol):
    def find(self, username: str, now: float) -> Account | None:
        """The account of that name, if it is good at `now`, in seconds since 1970."""

    def by_hash(self, userhash: bytes, now: float) -> tuple[str, Account] | None:
        """The name and account whose USERHASH this is (RFC 8489 §14.4)."""


class Listed:
    """Accounts of the configuration."""

    def __init__(self, passwords: Mapping[str, str], realm: str) -> None:
        self._accounts = {name: Account(name, text) for name, text in passwords.items()}
        self._hashes = {userhash(name, realm): name for name in passwords}

    def find(self, username: str, now: float) -> Account | None:
        del now
        return self._accounts.get(username)

    def by_hash(self, userhash: bytes, now: float) -> tuple[str, Account] | None:
        del now
        name = self._hashes.get(userhash)
        return None if name is None else (name, self._accounts[name])


class TimeLimited:
    """Accounts that are known by the secret alone. Their names cannot be hidden by USERHASH."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._revoked: dict[str, float] = {}
        """Identity → until when it was revoked; those that are past are dropped."""

    def issue(self, identity: str, expires: float) -> tuple[str, str]:
        """Name and password for `identity`, good until `expires`, in seconds since 1970."""
        name = f"{int(expires)}{SEPARATOR}{identity}"
        return name, self._password(name)

    def revoke(self, identity: str, until: float, now: float) -> None:
        """Nothing issued before counts any more. `until`: when the last of it has expired."""
        self._revoked = {each: end for each, end in self._revoked.items() if end > now}
        self._revoked[identity] = until

    def find(self, username: str, now: float) -> Account | None:
        date, _, identity = username.partition(SEPARATOR)
        if not (date.isascii() and date.isdigit() and len(date) <= 12):
            return None
        expires = float(date)
        if expires <= now or expires <= self._revoked.get(identity, 0.0):
            return None
        return Account(identity or username, self._password(username), expires)

    def by_hash(self, userhash: bytes, now: float) -> tuple[str, Account] | None:
        del userhash, now
        return None

    def _password(self, name: str) -> str:
        return b64encode(hmac.digest(self._secret, name.encode(), "sha1")).decode()


class Chained:
    """The first of several that knows the user."""

    def __init__(self, *accounts: Accounts) -> None:
        self._accounts = accounts

    def find(self, username: str, now: float) -> Account | None:
        return next((found for each in self._accounts if (found := each.find(username, now))), None)

    def by_hash(self, userhash: bytes, now: float) -> tuple[str, Account] | None:
        return next(
            (found for each in self._accounts if (found := each.by_hash(userhash, now))), None
        )


def userhash(username: str, realm: str) -> bytes:
    """RFC 8489 §14.4."""
    return sha256(f"{opaque(username)}{SEPARATOR}{opaque(realm)}".encode()).digest()


def long_term_key(username: str, realm: str, password: str, algorithm: int) -> bytes:
    """RFC 8489 §9.2.2, §18.5.1: MD5 unless SHA-256 was agreed on."""
    text = SEPARATOR.join((username, opaque(realm), opaque(password))).encode()
    if algorithm == SHA256:
        return sha256(text).digest()
    return md5(text, usedforsecurity=False).digest()


def opaque(text: str) -> str:
    """The OpaqueString profile of RFC 8265 §4.2, as far as it changes a text: other blanks become
    the one blank, and letters get their one form."""
    if text.isascii():
        return text
    return normalize("NFC", "".join(" " if category(each) == "Zs" else each for each in text))
