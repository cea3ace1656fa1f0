"""Session-ID (RFC 7989): one identifier that names the call on both legs (S12).

The border passes the identifier of each end on, and makes one on behalf of an end that has none.
"""

import re
from dataclasses import dataclass, replace

from media.control import Side
from sbc.tokens import Tokens

NULL = "0" * 32
_FORM = re.compile(r"\s*([0-9a-f]{32})\s*(?:;\s*remote\s*=\s*([0-9a-f]{32})\s*)?(?:;.*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class SessionId:
    """The two halves: the caller's end and the called end, NULL while unknown."""

    a: str
    b: str = NULL

    def towards_b(self) -> str:
        """Field value in what we send to the called side: the caller's half is the local one."""
        return f"{self.a};remote={self.b}"

    def towards_a(self) -> str:
        return f"{self.b};remote={self.a}"

    def heard(self, side: Side, value: str) -> "SessionId":
        """An end may take another identifier, as after a transfer."""
        half = local_half(value)
        if half is None or half == (self.a if side == "a" else self.b):
            return self
        return replace(self, a=half) if side == "a" else replace(self, b=half)

    def complete(self, tokens: Tokens) -> "SessionId":
        """The called side has spoken; if it has no identifier, it gets one."""
        return self if self.b != NULL else replace(self, b=tokens.token(32))


def local_half(value: str | None) -> str | None:
    """The sender's own identifier in a Session-ID field; None: absent, malformed or null."""
    found = _FORM.fullmatch(value) if value is not None and len(value) < 512 else None
    return found[1] if found and found[1] != NULL else None
