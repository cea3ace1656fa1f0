"""Dialog identifiers across the border: those of one leg stand for those of the other (S9).

Replaces (RFC 3891) names a dialog by Call-ID and both tags; each side knows only its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import DialogId
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import param, parse_params


@dataclass(frozen=True, slots=True)
class Replaces:
    call_id: str
    to_tag: str
    """Of whoever gets the request."""
    from_tag: str
    early_only: bool = False

    @staticmethod
    def parse(value: str) -> Replaces:
        """Raises BadMessage for what names no dialog, or several (RFC 3891 §3)."""
        call_id, semicolon, rest = value.partition(";")
        params = parse_params(semicolon + rest)
        to_tag, from_tag = param(params, "to-tag"), param(params, "from-tag")
        if not call_id.strip() or not to_tag or not from_tag or "," in value:
            raise BadMessage(400, "Bad Replaces")
        early_only = param(params, "early-only") is not None
        return Replaces(call_id.strip(), to_tag, from_tag, early_only)

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


def other_side(usages: Mapping[DialogId, Usage], dialog: DialogId) -> Usage | None:
    """The conversation on the other leg of a dialog of ours (Call-ID, our tag, the peer's), while
    both last; its `id` is the triple that stands there for `dialog`."""
    usage = usages.get(dialog)
    if usage is None or usage.over or usage.closing or usage.peer is None:
        return None
    peer = usage.peer
    return None if peer.over or peer.closing else peer


def replaced(
    usages: Mapping[DialogId, Usage], values: list[str], trunk: str, interface: str
) -> tuple[Replaces, Usage] | None:
    """What a Replaces of this trunk says, for the other side, and the dialog there that it names.

    None: there is no Replaces. Raises BadMessage: 400, or 481 for a dialog that is not there, or is
    another's, who must not learn that it is (RFC 3891 §3, §7).
    """
    if not values:
        return None
    if len(values) > 1:
        raise BadMessage(400, "Several Replaces")
    asked = Replaces.parse(values[0])
    named = usages.get(asked.dialog)
    peer = other_side(usages, asked.dialog)
    if named is None or peer is None:
        raise BadMessage(481, "Replaces names no dialog")
    if named.trunk != trunk or named.leg.flow.interface != interface:
        raise BadMessage(481, "Replaces names another's dialog")
    return asked.for_peer(peer), peer
