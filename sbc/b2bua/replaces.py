"""Dialog identifiers across the border: those of one leg stand for those of the other (S9).

Replaces (RFC 3891), Join (RFC 3911) and Target-Dialog (RFC 4538) name a dialog by Call-ID and both
tags; each side knows only its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sbc.b2bua.crossing import Field
from sbc.b2bua.leg import Peer
from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import DialogId, Wire
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import param, parse_params
from sbc.sip.headers import Headers


@dataclass(frozen=True, slots=True)
class Replaces:
    call_id: str
    to_tag: str
    """Of whoever gets the request."""
    from_tag: str
    early_only: bool = False

    @staticmethod
    def parse(value: str, to_tag: str = "to-tag", from_tag: str = "from-tag") -> Replaces:
        """Raises BadMessage for what names no dialog, or several (RFC 3891 §3)."""
        call_id, semicolon, rest = value.partition(";")
        params = parse_params(semicolon + rest)
        theirs, ours = param(params, to_tag), param(params, from_tag)
        if not call_id.strip() or not theirs or not ours or "," in value:
            raise BadMessage(400, "No dialog is named, or several")
        early_only = param(params, "early-only") is not None
        return Replaces(call_id.strip(), theirs, ours, early_only)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"

    @property
    def dialog(self) -> DialogId:
        """As it is kept by us, who get the request."""
        return (self.call_id, self.to_tag, self.from_tag)

    def for_peer(self, usage: Usage) -> Replaces:
        """The same in a request to the peer of that dialog."""
        call_id, ours, theirs = usage.id
        return replace(self, call_id=call_id, to_tag=theirs, from_tag=ours)

    def known_as(self, dialog: DialogId) -> Replaces:
        """The same for somebody who knows the dialog by that name."""
        call_id, to_tag, from_tag = dialog
        return replace(self, call_id=call_id, to_tag=to_tag, from_tag=from_tag)


@dataclass(frozen=True, slots=True)
class Place:
    """A dialog of ours that an INVITE names, to take its place or to join it."""

    header: str
    asked: Replaces
    usage: Usage
    """Of whoever is to be replaced."""
    peer: Usage
    """The other party of that call."""

    @property
    def to_trunk(self) -> str:
        return self.peer.trunk

    @property
    def is_up(self) -> bool:
        return self.usage.confirmed and self.peer.confirmed

    def fields(self, require: Sequence[str]) -> tuple[Field, ...]:
        """As the other party knows that dialog."""
        return _written(self.header, self.asked.for_peer(self.peer), require)

    def check_in_place(self) -> None:
        """May the border itself put the newcomer in that place? Raises BadMessage if not."""
        if self.asked.early_only:
            raise BadMessage(486, "The dialog is not early any more")
        if self.usage.leg.call.transfer is not None:
            raise BadMessage(491, "One of the parties is being transferred")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A dialog behind a trunk, of which that trunk has told a watcher."""

    header: str
    to_trunk: str
    named: Replaces

    def fields(self, require: Sequence[str]) -> tuple[Field, ...]:
        return _written(self.header, self.named, require)


def _written(header: str, dialog: Replaces, require: Sequence[str]) -> tuple[Field, ...]:
    """Whether the peer must heed it is for the newcomer to say."""
    tag = header.lower()
    return ((header, str(dialog)), *((("Require", tag),) if tag in require else ()))


def place(wire: Wire, headers: Headers, trunk: str, interface: str) -> Place | Elsewhere | None:
    """What a Replaces or Join of this trunk names; None: there is neither.

    Raises BadMessage: 400, 481 for a dialog that is not there, or is another's, who must not learn
    that it is, and 603 for one that is just ending (RFC 3891 §3, §7; RFC 3911 §4).
    """
    said = [(name, value) for name in ("Replaces", "Join") for value in headers.all(name.lower())]
    if not said:
        return None
    if len(said) > 1:
        raise BadMessage(400, "Several dialogs are named")
    header, value = said[0]
    asked = Replaces.parse(value)
    usage = _ours(wire, asked.dialog, trunk, interface)
    if usage is None:
        told = wire.foreign.named(asked.dialog, trunk)
        if told is None:
            raise BadMessage(481, f"{header} names no dialog")
        return Elsewhere(header, told[0], asked.known_as(told[1]))
    peer = usage.peer
    if usage.over or usage.closing or peer is None or peer.over or peer.closing:
        raise BadMessage(603, f"{header} names a dialog that is over")
    return Place(header, asked, usage, peer)


def target_dialog(wire: Wire, headers: Headers, trunk: str, interface: str) -> tuple[Field, ...]:
    """A Target-Dialog as the other side knows that dialog; one that is not there stays behind."""
    values = headers.all("target-dialog")
    if len(values) != 1:
        return ()
    try:
        asked = Replaces.parse(values[0], "local-tag", "remote-tag")
    except BadMessage:
        return ()
    usage = _ours(wire, asked.dialog, trunk, interface)
    if usage is None or usage.peer is None:
        return ()
    there = asked.for_peer(usage.peer)
    tags = f"local-tag={there.to_tag};remote-tag={there.from_tag}"
    return (("Target-Dialog", f"{there.call_id};{tags}"),)


def known_to(wire: Wire, referrer: Peer, trunk: str, replaces: Replaces) -> Replaces | None:
    """The dialog to be replaced, for the trunk that is referred; it must be one of the referrer's
    own."""
    named = wire.usages.get(replaces.dialog)
    if named is None or named.leg.peer != referrer or named.over or named.closing:
        return None
    return replaces.known_as(wire.aliases.give(named, trunk, wire.tokens))


def _ours(wire: Wire, dialog: DialogId, trunk: str, interface: str) -> Usage | None:
    usage = wire.usages.get(dialog)
    if usage is None:
        return wire.aliases.named(dialog, trunk)
    return usage if (usage.trunk, usage.leg.flow.interface) == (trunk, interface) else None
