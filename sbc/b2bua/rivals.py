"""Several phones of one user ring at once, and the first that answers has the call (RFC 3261 §16.6,
§16.7): each is a leg of its own, and all are offered the same media.

While they ring, one of them stands for the called side; when one answers, it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sbc.b2bua.callee import Callee
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Refused
from sbc.b2bua.leg import Leg
from sbc.routing.targets import Target

if TYPE_CHECKING:
    from sbc.b2bua.call import Attempt, Call

MOST = 8
"""Phones that ring at once; the others come after them."""
ELSEWHERE: Field = ("Reason", 'SIP;cause=200;text="Call completed elsewhere"')
_PREFERRED = frozenset({401, 407, 415, 420, 484})
"""Of the 4xx those that the caller can do something about (§16.7, step 6)."""
_SILENT = frozenset({408, 480})
"""Say less of the user than any other refusal."""


@dataclass(frozen=True, slots=True)
class Rival:
    callee: Callee
    target: Target
    attempt: Attempt


class Rivals:
    """Of one round; those that are still in it."""

    __slots__ = ("best", "ringing")

    def __init__(self, ringing: list[Rival]) -> None:
        self.ringing = ringing
        self.best: Refused | None = None
        """Of those that have refused."""

    def of(self, leg: Leg) -> Rival | None:
        return next((each for each in self.ringing if each.callee.leg is leg), None)


def group(first: Target, following: list[Target]) -> list[Target]:
    """Those of `following` that ring together with `first`: phones of the same user and the same
    `q`, as far as one offer fits them all; of an instance only one flow (RFC 5626 §7)."""
    if not first.together:
        return []
    seen = {first.instance} - {None}
    found: list[Target] = []
    for each in following:
        if len(found) + 1 >= MOST or not _fits(first, each):
            break
        if each.instance is not None and each.instance in seen:
            continue
        seen.add(each.instance)
        found.append(each)
    return found


def _fits(first: Target, other: Target) -> bool:
    """The same rank of the same user, by the same address of ours, protected or not alike."""
    return (
        other.together
        and (first.trunk, first.user, first.priority) == (other.trunk, other.user, other.priority)
        and first.flow.interface == other.flow.interface
        and first.flow.secure == other.flow.secure
    )


def speaks(call: Call, leg: Leg) -> None:
    """This one describes its media now: its own address is where it may come from."""
    rivals = call.rivals
    if rivals is None or rivals.of(leg) is None:
        return
    side = call.plan.sides["b"]
    if side.signalling_ip != leg.flow.remote[0]:
        call.plan.sides["b"] = replace(side, signalling_ip=leg.flow.remote[0])


def won(call: Call, leg: Leg) -> bool:
    """It has answered; the others hear that somebody has (RFC 3326 §3.1). False: it was alone."""
    rivals = call.rivals
    winner = None if rivals is None else rivals.of(leg)
    if rivals is None or winner is None:
        return False
    call.rivals = None
    _stands(call, winner)
    winner.attempt.status = 200
    for each in rivals.ringing:
        if each is not winner:
            each.callee.end((ELSEWHERE,))
    return True


def refused(call: Call, event: Refused) -> Refused | None:
    """One has refused: what the call comes to, when it was the last; else None."""
    rivals = call.rivals
    if rivals is None:
        return event
    lost = None if event.leg is None else rivals.of(event.leg)
    if lost is None:
        return None  # it was out of it already
    lost.attempt.status = event.status
    rivals.ringing.remove(lost)
    if rivals.best is None or _rank(event) < _rank(rivals.best):
        rivals.best = event
    if not rivals.ringing:
        call.rivals = None
        return rivals.best
    if call.callee is lost.callee:
        _stands(call, rivals.ringing[0])
    if event.status >= 600:  # whoever declines does it for the user (§16.7, step 5)
        for each in rivals.ringing:
            each.callee.end()
    return None


def end(call: Call, fields: tuple[Field, ...] = ()) -> None:
    """The call is over: all but the one that stands for them, which its call ends itself."""
    rivals, call.rivals = call.rivals, None
    for each in rivals.ringing if rivals is not None else ():
        if each.callee is not call.callee:
            each.callee.end(fields)


def _stands(call: Call, rival: Rival) -> None:
    call.callee, call.target = rival.callee, rival.target


def _rank(event: Refused) -> tuple[int, int, int]:
    """Smaller is better: 6xx first, then the lowest class, and in it what says most."""
    status = event.status
    return (
        0 if status >= 600 else 1,
        1 if event.unheard or status in _SILENT else 0,
        -1 if status in _PREFERRED else status // 100,
    )
