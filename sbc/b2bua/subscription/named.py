"""Dialogs that a notifier reports, as the subscriber knows them (S9; RFC 4235, RFC 3891).

A dialog of ours has two legs. Whoever is told of one by a peer of the one side gets the names of
the other: then it can take somebody's place in that call with an INVITE that we understand.
"""

from __future__ import annotations

from sbc.b2bua.subscription.half import Half
from sbc.b2bua.usage import Usage
from sbc.b2bua.wire import DialogId


def known_as(far: Half, near: Half, key: bytes, told: DialogId) -> DialogId | None:
    """`told`: Call-ID, and the tags of the one it is told of and of his other end. None: it cannot
    be named. `key`: of names that are made up for this subscription."""
    call_id, local, remote = told
    if not (local and remote):
        return None
    beyond = _ours(far, (call_id, local, remote))
    found = beyond or _ours(far, (call_id, remote, local))
    if found is None:
        return near.wire.foreign.give(near.trunk, far.trunk, told, key)
    peer = found.peer
    if peer is None or peer.over or peer.closing:
        return None
    here = (peer.trunk, peer.leg.flow.interface) == (near.trunk, near.flow.interface)
    if here and beyond is None:
        return peer.id  # told of him whom we stand for on the other leg: his tag there is ours
    # What the other leg's own peer calls it would name it from the wrong end, in an INVITE to us.
    return near.wire.aliases.give(peer, near.trunk, near.wire.tokens)


def _ours(far: Half, dialog: DialogId) -> Usage | None:
    usage = far.wire.usages.get(dialog)
    if usage is None or (usage.trunk, usage.leg.flow.interface) != (far.trunk, far.flow.interface):
        return None
    return usage
