"""Dialogs that are none of ours, which one trunk was told of by another (RFC 4235): whoever watches
an extension may take a call inside the PBX by a Replaces, though it goes through no border (S9).

The watcher gets made up names. They say nothing, and hold for its trunk and for a Replaces that
goes to the trunk which told of the dialog.
"""

from __future__ import annotations

from hashlib import blake2b

DialogId = tuple[str, str, str]
"""Call-ID, and the tags of the one it is told of and of his other end."""

MOST = 10_000
"""The oldest ones are forgotten; the next report gives them again."""


class ForeignDialogs:
    __slots__ = ("_named",)

    def __init__(self) -> None:
        self._named: dict[DialogId, tuple[str, str, DialogId]] = {}

    def __len__(self) -> int:
        return len(self._named)

    def give(self, near: str, far: str, dialog: DialogId, key: bytes) -> DialogId:
        """What `near` may call a dialog that `far` has told of; always the same under one key."""
        call_id, local, remote = (_made_up(part, near, far, key) for part in dialog)
        names = (call_id, local, remote)
        self._named.pop(names, None)
        if len(self._named) >= MOST:
            del self._named[next(iter(self._named))]
        self._named[names] = near, far, dialog
        return names

    def named(self, names: DialogId, near: str) -> tuple[str, DialogId] | None:
        """Who told of the dialog that `near` calls so, and its own names."""
        holder, far, dialog = self._named.get(names, ("", "", ("", "", "")))
        return (far, dialog) if far and holder == near else None


def _made_up(part: str, near: str, far: str, key: bytes) -> str:
    text = "\n".join((near, far, part)).encode("utf-8", "surrogatepass")
    return blake2b(text, key=key[:64], digest_size=16).hexdigest()
