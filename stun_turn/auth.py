"""Long-term credentials (RFC 8489 §9.2), with password algorithms guarded against bid-down.

Every answer to one who is not authenticated is the same, whether the name is known or not, and
takes the same work.
"""

from dataclasses import dataclass

from stun_turn.accounts import Account, Accounts, long_term_key
from stun_turn.attributes import (
    MD5,
    SHA256,
    PasswordAlgorithm,
    password_algorithms,
    read_password_algorithms,
)
from stun_turn.message import BadStun, Message, Value
from stun_turn.nonce import PASSWORD_ALGORITHMS, Nonces, features
from stun_turn.registry import Attribute

OFFERED = (PasswordAlgorithm(SHA256), PasswordAlgorithm(MD5))
"""Strongest first."""
_OFFER = password_algorithms(OFFERED)
_NOBODY = Account("", "nobody has this password")
_LONGEST_USERNAME = 508
"""Bytes (RFC 8489 §14.3)."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who asks, and how the answer shall be protected."""

    username: str
    account: Account
    key: bytes
    algorithm: str
    """`sha1` or `sha256`: the integrity attribute that the request had (§9.2.4)."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The error response to send instead."""

    code: int
    attributes: tuple[Value, ...] = ()


class LongTerm:
    """The server's side of the mechanism (§9.2.4)."""

    def __init__(self, realm: str, accounts: Accounts, nonces: Nonces) -> None:
        self._realm = realm
        self._accounts = accounts
        self._nonces = nonces

    def check(
        self, message: Message, client: str, now: float, wall: float
    ) -> Authenticated | Denied:
        """`client` names the five-tuple; `wall` is `now` in seconds since 1970."""
        if message.integrity_at is None and message.sha256_at is None:
            return self._challenge(401, client, now)
        try:
            nonce, realm = _text(message, Attribute.NONCE), _text(message, Attribute.REALM)
            named = message.has(Attribute.USERNAME) or message.has(Attribute.USERHASH)
            if nonce is None or realm is None or not named:
                return Denied(400)
            chosen = _chosen_algorithm(message, nonce)
            username, account = self._user(message, wall)
        except BadStun:
            return Denied(400)
        if chosen is None:
            return Denied(400)
        known = account is not None and realm == self._realm
        holder = account if account is not None else _NOBODY
        key = long_term_key(username, self._realm, holder.password, chosen)
        strong = message.sha256_at is not None
        genuine = message.is_authentic_sha256(key) if strong else message.is_authentic(key)
        if not (known and genuine):
            return self._challenge(401, client, now)
        if not self._nonces.is_fresh(nonce, client, now):
            return self._challenge(438, client, now)
        return Authenticated(username, holder, key, "sha256" if strong else "sha1")

    def _challenge(self, code: int, client: str, now: float) -> Denied:
        return Denied(
            code,
            (
                (Attribute.REALM, self._realm.encode()),
                (Attribute.NONCE, self._nonces.make(client, now).encode()),
                (Attribute.PASSWORD_ALGORITHMS, _OFFER),
            ),
        )

    def _user(self, message: Message, wall: float) -> tuple[str, Account | None]:
        hashed = message.get(Attribute.USERHASH)
        if hashed is not None:
            return self._accounts.by_hash(hashed, wall) or ("", None)
        username = _text(message, Attribute.USERNAME) or ""
        if len(username.encode()) > _LONGEST_USERNAME:
            raise BadStun("a username that is too long")
        return username, self._accounts.find(username, wall)


def _chosen_algorithm(message: Message, nonce: str) -> int | None:
    """§9.2.4: the one that the client took from our list, which it must send back whole; None:
    somebody has changed the list, or the client chose none of it."""
    listed = message.get(Attribute.PASSWORD_ALGORITHMS)
    chosen = message.get(Attribute.PASSWORD_ALGORITHM)
    if not features(nonce) & PASSWORD_ALGORITHMS or (listed is None and chosen is None):
        return MD5
    if listed is None or chosen is None or listed != _OFFER:
        return None
    wanted = read_password_algorithms(chosen)
    return wanted[0].number if len(wanted) == 1 and wanted[0] in OFFERED else None


def _text(message: Message, kind: Attribute) -> str | None:
    value = message.get(kind)
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadStun("a text that is not UTF-8") from None
