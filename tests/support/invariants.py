"""What must hold of every simulated world when its time has run out: each breach a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from media.relay import Relay
from tests.support.neighbourhood import BEHIND_NAT, BORDER, PHONES, QUARANTINE, SECRETS
from tests.support.phone_callee import CalleeCall
from tests.support.phone_caller import IN_ORDER, CallerCall
from tests.support.phone_dialog import PhoneDialog
from tests.support.phone_media import Stream
from tests.support.phones import Phone
from tests.support.world import World

QUIET = 3.0
"""Seconds after the last change until media must flow as agreed."""
ENOUGH = 1.0
"""Seconds of such a time which say something."""

_NAMES = re.compile(
    rb"(?:;tag=|;branch=|\r\nCall-ID: |\r\nContact: <sip:)([^;,\s>@]+)", re.IGNORECASE
)
_NUMBER = 4
"""Characters of a telephone number, which may cross."""


def breaches(world: World) -> list[str]:
    return [
        *remains(world),
        *complaints(world),
        *finals(world),
        *records(world),
        *leaks(world),
        *media(world),
    ]


def remains(world: World) -> Iterator[str]:
    """No call, transaction, timer or port."""
    if not world.over:
        yield "it has not come to an end"
        return
    for what, count in world.core.left_over().items():
        if count:
            yield f"the border has {count} {what} left"
    if not world.core.idle():
        yield "the border is not idle"
    for name, phone in world.phones.items():
        if phone.transactions() and not _excused(world, phone):
            yield f"{name} has {phone.transactions()} transactions left"
    if world.relay.relay is not None:
        yield from _remains_of_relay(world.relay.relay, world.now)
    if world.relay.engine.ports or world.relay.engine.flows:
        yield "the engine has ports or flows left"


def _remains_of_relay(relay: Relay, now: float) -> Iterator[str]:
    if len(relay):
        yield f"the relay has {len(relay)} sessions left"
    for interface, counts in relay.ports(now + QUARANTINE).items():
        if counts.used or counts.quarantined:
            yield f"the relay has not given back all ports of {interface}: {counts}"


def _excused(world: World, phone: Phone) -> bool:
    """A phone that was switched off, or that cannot be reached any more, may wait for ever."""
    return _cut_off(world, phone) or any(call.gone for call in phone.calls.values())


def _cut_off(world: World, phone: Phone) -> bool:
    """Its NAT has forgotten where it is."""
    return phone.name in BEHIND_NAT and bool(world.script.reboots)


def complaints(world: World) -> Iterator[str]:
    for phone in world.phones.values():
        for complaint in phone.complaints:
            cut_off = _cut_off(world, phone) and "has never ended" in complaint
            overtaken = not world.script.calm and IN_ORDER in complaint
            if not (cut_off or overtaken):
                yield complaint
    for local in world.relay.too_soon:
        yield f"port {local} was used again before its rest was over"
    for datagram in world.strays:
        yield f"sent to where nobody is: {datagram.to} on {datagram.wire}"
    for at, note in world.notes:
        if note.event in {"call_fault", "malformed"}:
            yield f"{at:.3f} {note.event}: {dict(note.labels)} {dict(note.detail)}"


def finals(world: World) -> Iterator[str]:
    """Each caller got exactly one final answer; a 2xx may have come again."""
    for call in world.callers:
        if call.gone:
            continue
        if world.script.reboots and not call.finals:
            continue  # whatever the border said went to a port that nobody has any more
        heard = {(final.status, final.tag) for final in call.finals}
        if len(heard) != 1:
            yield f"call {call.index}: its caller got {sorted(heard)}"


def records(world: World) -> Iterator[str]:
    """Every call that was admitted has one record, and a start before it."""
    kinds: dict[str, list[str]] = {}
    for _, entry in world.journal:
        kinds.setdefault(entry.uid, []).append(entry.kind)
    for uid, each in kinds.items():
        if each not in (["start", "cdr"], ["cdr"]):
            yield f"the journal of {uid} says {each}"
    by_number = Counter(entry.record["to"] for _, entry in world.journal if entry.kind == "cdr")
    for call in world.callers:
        count = by_number[f"7{call.index:03d}"]
        if count != 1 and call.heard_of:
            yield f"call {call.index} has {count} records"
        yield from _told_the_same(world, call)


def _told_the_same(world: World, call: CallerCall) -> Iterator[str]:
    """The record says what the caller heard."""
    for _, entry in world.journal:
        record = entry.record
        if entry.kind != "cdr" or record["to"] != f"7{call.index:03d}" or not call.finals:
            continue
        status = call.finals[0].status
        times, cause = record["times"], record["cause"]
        assert isinstance(times, dict)
        assert isinstance(cause, dict)
        if status == 200 and times["answered"] is None:
            yield f"call {call.index} was answered, its record says {cause}"
        if status >= 300 and (times["answered"] is not None or cause["sip"] != status):
            yield f"call {call.index} was refused with {status}, its record says {cause}"


# --- leaks ----------------------------------------------------------------------------------------


def leaks(world: World) -> Iterator[str]:
    """Nothing of one zone on the wire of another: no name, no address, nothing that we made up."""
    seen = {zone: b"\n".join(world.network.on(zone)) for zone in BORDER}
    names = {
        zone: {name for name in _NAMES.findall(text) if len(name) > _NUMBER}
        for zone, text in seen.items()
    }
    for zone, text in seen.items():
        for other in BORDER:
            if other == zone:
                continue
            forbidden = [SECRETS[other], BORDER[other]]
            forbidden += [ip for where, ip in PHONES.values() if where == other]
            for word in forbidden:
                if word.encode() in text:
                    yield f"{word} on the wire of the {zone}: {_around(text, word)}"
            for name in names[zone] & names[other]:
                yield f"{name.decode()} on the wires of the {zone} and the {other}"


def _around(text: bytes, word: str) -> str:
    at = text.index(word.encode())
    start = text.rfind(b"\n", 0, at) + 1
    return text[start : text.find(b"\n", at)].decode(errors="replace").strip()


# --- media ----------------------------------------------------------------------------------------


def media(world: World) -> Iterator[str]:
    """Where nothing is lost, both ends see the same streams, and these carry what they should."""
    if not world.script.untroubled:
        return
    for caller in world.callers:
        ours = [dialog for dialog in caller.dialogs.values() if dialog.up]
        for callee in world.callees.get(caller.index, ()):
            theirs = winner(callee)
            if ours and theirs is not None and not (ours[0].manner.deaf or theirs.manner.deaf):
                yield from _between(caller, ours[0], theirs)


def streams_between(
    one: PhoneDialog, two: PhoneDialog, window: tuple[float, float]
) -> Iterator[str]:
    """What does not flow as agreed, or flows though it should not, in this time."""
    first, second = _state(one, window[0]), _state(two, window[0])
    yield from _one_way(one, first, two, second, window)
    yield from _one_way(two, second, one, first, window)


def winner(callee: CalleeCall) -> PhoneDialog | None:
    dialog = callee.forks.get(callee.script.final.fork)
    return dialog if dialog is not None and dialog.up else None


def _between(caller: CallerCall, ours: PhoneDialog, theirs: PhoneDialog) -> Iterator[str]:
    changes = sorted({at for at, *_ in (*ours.media.history, *theirs.media.history)})
    for begin, end in pairwise(changes):
        if end - begin < QUIET + ENOUGH:
            continue
        one, two = _state(ours, begin), _state(theirs, begin)
        if not one or not two:
            continue
        window = (begin + QUIET, end)
        for way, sender, sent, hearer, heard in (
            ("caller to callee", ours, one, theirs, two),
            ("callee to caller", theirs, two, ours, one),
        ):
            for each in _one_way(sender, sent, hearer, heard, window):
                yield f"call {caller.index}, {way}, {window[0]:.3f} to {end:.3f}: {each}"


def _state(dialog: PhoneDialog, at: float) -> dict[int, tuple[Stream, bool]]:
    state: dict[int, tuple[Stream, bool]] = {}
    for when, streams, mute in dialog.media.history:
        if when <= at:
            state = {stream.index: (stream, mute) for stream in streams}
    return state


def _one_way(
    sender: PhoneDialog,
    sent: dict[int, tuple[Stream, bool]],
    hearer: PhoneDialog,
    heard: dict[int, tuple[Stream, bool]],
    window: tuple[float, float],
) -> Iterator[str]:
    if sent.keys() != heard.keys():
        yield f"one has the streams {sorted(sent)}, the other {sorted(heard)}"
        return
    for index, (stream, mute) in sent.items():
        if stream.sends != heard[index][0].receives:
            yield f"stream {index}: one sends: {stream.sends}, the other does not think so"
            continue
        ssrc = sender.media.ssrc(index)
        count = sum(
            window[0] <= each.at < window[1] and each.ssrc == ssrc for each in hearer.media.heard
        )
        port = heard[index][0].local
        if hearer.phone.name in BEHIND_NAT and not hearer.media.has_spoken(port, window[0]):
            continue  # only its own packets tell where it is (N4)
        flows = stream.sends and not mute
        if flows != bool(count):
            yield f"stream {index} should {'flow' if flows else 'rest'}, {count} packets came"
