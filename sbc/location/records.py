"""What the DNS is asked, and what it answers, as far as RFC 3263 reads it; nothing of its wire."""

from dataclasses import dataclass
from typing import Literal

QueryType = Literal["NAPTR", "SRV", "A", "AAAA"]


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    """In lower case, without the dot of the root."""
    type: QueryType


@dataclass(frozen=True, slots=True)
class Naptr:
    """RFC 3403 §4.1."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Host:
    """Of an A or AAAA record."""

    ip: str


Record = Naptr | Srv | Host


@dataclass(frozen=True, slots=True)
class Found:
    records: tuple[Record, ...]
    ttl: float
    """Seconds; the least of all records that led here."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The name is not there, or has no record of that type (RFC 2308 §2)."""

    ttl: float | None = None
    """Seconds; None: the answer did not say."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No resolver gave an answer. It may have one a little later."""

    why: Literal["timeout", "refused"]
    """`refused`: one answered, but with a failure, as some do to every type they do not know."""


Answer = Found | Nothing | Unanswered


def plain(name: str) -> str:
    """As names are compared (RFC 4343), and the root's dot taken off."""
    return name.lower().removesuffix(".")
