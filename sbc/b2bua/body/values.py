"""Single values inside bodies: what of them means something on the other side, and in which form.

A value is rebuilt or it stays behind. Hosts are never kept: in their place stands a mark, which
becomes our own address when the message is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from sbc.b2bua.identity import escaped, printable, user_of
from sbc.b2bua.wire import DialogId
from sbc.sip.errors import BadMessage
from sbc.sip.uri import Uri

MARK = "\0"
"""Our own address, as whoever gets the message knows us. It can stand in no text of a peer."""

_URI = re.compile(r"(?i)(sips?|tel|pres|im|xmpp|mailto):", re.ASCII)
_LIKE_SIP = frozenset({"pres", "im", "mailto"})
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?", re.ASCII)
_LONGEST_TEXT = 256


@dataclass(frozen=True, slots=True)
class Translation:
    """What names of one side are on the other."""

    key: bytes = b""
    """Of our names for what is opaque: those of one subscription say nothing in another."""
    find: Callable[[DialogId], DialogId | None] = lambda _: None
    """A dialog of ours (Call-ID, local and remote tag of whoever it is told of) as the other side
    knows it; None: it is none of ours."""

    def opaque(self, text: str) -> str:
        """Always the same for the same; begins with a letter, as an XML ID must."""
        data = text.encode("utf-8", "surrogatepass")
        return f"i{blake2b(data, key=self.key[:64], digest_size=10).hexdigest()}"


Value = Callable[[str, Translation], str | None]
"""A value as the other side may see it; None: it stays behind."""


def number(text: str, _: Translation) -> str | None:
    return text.strip() if _NUMBER.fullmatch(text.strip()) else None


def decimal(text: str, _: Translation) -> str | None:
    return text.strip() if _DECIMAL.fullmatch(text.strip()) else None


def decimals(text: str, _: Translation) -> str | None:
    """As a position."""
    words = text.split()
    good = 1 <= len(words) <= 64 and all(_DECIMAL.fullmatch(each) for each in words)
    return " ".join(words) if good else None


def when(text: str, _: Translation) -> str | None:
    return text.strip() if _TIME.fullmatch(text.strip()) else None


def language(text: str, _: Translation) -> str | None:
    return text if _LANGUAGE.fullmatch(text) else None


def words(text: str, _: Translation) -> str | None:
    """What people write for people; it crosses as names do."""
    return printable(" ".join(text.split()))[:_LONGEST_TEXT] or None


def opaque(text: str, translation: Translation) -> str | None:
    """A name that only its maker understands: ours in its place."""
    return translation.opaque(text) if text else None


def content_id(text: str, translation: Translation) -> str | None:
    """Of a part (RFC 2392): the same as `Content-ID` there, so that the two still meet."""
    return f"{translation.opaque(text.strip('<> '))}@{MARK}" if text else None


def one_of(*known: str) -> Value:
    """Names of a protocol; any other may be a host."""
    spelled = {name.lower(): name for name in known}

    def rebuild(text: str, _: Translation) -> str | None:
        return spelled.get(text.strip().lower())

    return rebuild


def uri(text: str, _: Translation) -> str | None:
    """The user at our own address; of what is no address of a user, nothing."""
    text = text.strip()
    found = _URI.match(text)
    if found is None or len(text) > 512:
        return None
    scheme = found[1].lower()
    try:
        parsed = Uri.parse(f"sip{text[len(scheme) :]}" if scheme in _LIKE_SIP else text)
    except BadMessage:
        return None
    if scheme == "xmpp":
        return None
    user = escaped(user_of(parsed))
    if scheme == "tel":
        return f"tel:{user}" if user else None
    at = "@" if user else ""
    return f"{'sip' if scheme == 'sips' else scheme}:{user}{at}{MARK}"
