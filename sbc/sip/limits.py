"""How large a message may be before it is refused; a zone sets its own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    bytes: int = 65_535
    """The whole message; beyond it 513 (RFC 3261 §21.5.7)."""

    headers: int = 160
    """Header lines, continuation lines among them; beyond it 400."""

    header_bytes: int = 8192
    """One header field with its continuation lines; beyond it 400."""

    body: int = 32_768
    """Beyond it 413 (RFC 3261 §21.4.11)."""


DEFAULT = Limits()

MOST_VIAS = 100
"""More hops than Max-Forwards lets a request make in practice."""

MOST_ROUTES = 40

MOST_CONTACTS = 100
