"""Users from a file: a line each, with a password or with hashes of it (RFC 7616 §3.4.2).

    anna   password=all that follows, spaces too
    bert   md5=6c39…          sha256=9f2b…

A hash is H(user:realm:password): whoever reads it can register here, and nowhere else.
"""

import re
from collections.abc import Mapping

MOST_USERS = 1_000_000
LONGEST_LINE = 1024

Proof = str | Mapping[str, str]
"""A password; or of each algorithm its hash."""

_NAME = re.compile(r"[A-Za-z0-9_.!~*'()&=+$,?/%-]{1,128}")
"""The user part of an address of record (RFC 3261 §25.1)."""
_HASHES = {"md5": ("MD5", 32), "sha256": ("SHA-256", 64)}
_HEX = re.compile(r"[0-9a-fA-F]+")


class BadUsers(Exception):
    """The operator's fault; its text never holds a secret."""


def parse_users(text: str) -> dict[str, Proof]:
    """Whole or not at all: half of the users would be worse than those of before. Raises
    BadUsers."""
    users: dict[str, Proof] = {}
    for number, written in enumerate(text.splitlines(), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        try:
            name, proof = _user(line)
        except ValueError as error:
            raise BadUsers(f"line {number}: {error}") from None
        if name in users:
            raise BadUsers(f"line {number}: the user stands there twice")
        if len(users) == MOST_USERS:
            raise BadUsers(f"more than {MOST_USERS} users")
        users[name] = proof
    return users


def _user(line: str) -> tuple[str, Proof]:
    if len(line) > LONGEST_LINE:
        raise ValueError("it is too long")
    name, *rest = line.split(None, 1)
    if not _NAME.fullmatch(name):
        raise ValueError("a name that no address of record can have")
    proof = rest[0] if rest else ""
    if proof.startswith("password="):
        if proof == "password=":
            raise ValueError("an empty password")
        return name, proof.removeprefix("password=")
    hashes: dict[str, str] = {}
    for part in proof.split():
        kind, _, value = part.partition("=")
        algorithm, size = _HASHES.get(kind, ("", 0))
        if not algorithm or len(value) != size or not _HEX.fullmatch(value):
            raise ValueError("expected password=…, or md5=… of 32 and sha256=… of 64 hex digits")
        hashes[algorithm] = value.lower()
    if not hashes:
        raise ValueError("nothing to prove it by")
    return name, hashes
