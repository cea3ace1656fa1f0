"""Names under which one trunk knows a dialog that we have with another (RFC 3891, RFC 3515).

A party that is referred must be able to say whose place it takes; the identifiers that its other
end uses would show it a Call-ID of the other side. It gets made up ones, which hold for its trunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbc.tokens import Tokens

if TYPE_CHECKING:
    from sbc.b2bua.usage import Usage
    from sbc.b2bua.wire import DialogId


class Aliases:
    """They last as long as their dialogs; a dialog has one for each trunk."""

    __slots__ = ("_given", "_named")

    def __init__(self) -> None:
        self._given: dict[Usage, dict[str, DialogId]] = {}
        self._named: dict[DialogId, tuple[Usage, str]] = {}

    def __len__(self) -> int:
        return len(self._named)

    def give(self, usage: Usage, trunk: str, tokens: Tokens) -> DialogId:
        given = self._given.setdefault(usage, {})
        if trunk not in given:
            given[trunk] = (tokens.token(32), tokens.token(16), tokens.token(16))
            self._named[given[trunk]] = usage, trunk
        return given[trunk]

    def named(self, dialog: DialogId, trunk: str) -> Usage | None:
        """The dialog which that trunk knows so."""
        usage, holder = self._named.get(dialog, (None, ""))
        return usage if holder == trunk else None

    def forget(self, usage: Usage) -> None:
        for dialog in self._given.pop(usage, {}).values():
            del self._named[dialog]
