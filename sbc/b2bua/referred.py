"""A REFER for the border to carry out: refused, or accepted with the call that it begins under way
(RFC 3515, RFC 5589; S8).

The target of a blind transfer is called as if the referrer had called it, by its routes and within
its limits: who could not have called there cannot transfer there. An attended one names, by
Replaces, the referrer's other call.
"""

from __future__ import annotations

from dataclasses import dataclass

from media.sdp.media_description import DIRECTIONS, Media
from media.sdp.session import Session
from sbc.b2bua.call import Call, Facts, State
from sbc.b2bua.content import EMPTY
from sbc.b2bua.events import Requested
from sbc.b2bua.identity import Parties
from sbc.b2bua.moving import leg_of
from sbc.b2bua.refer import Wanted, wanted
from sbc.b2bua.remaining import Remaining
from sbc.b2bua.replaces import Replaces
from sbc.b2bua.session_id import SessionId
from sbc.b2bua.transfer import Transfer
from sbc.b2bua.transferee import Transferee
from sbc.b2bua.usage import Usage
from sbc.policy.chain import Reject
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage


@dataclass(frozen=True, slots=True)
class _Way:
    """To the target: it is called, or taken out of the call that it is in."""

    route: str
    number: str
    targets: list[Target]
    consulted: Usage | None = None


def asked(call: Call, event: Requested, peer: Usage, left: int) -> None:
    """A REFER within `call`, whose other party is `peer`."""
    usage, request = event.usage, event.usage.asked[event.key].request
    said = call.plan.said_by(peer.leg.side, peer if peer.leg.side == "b" else usage)
    try:
        sought = wanted(request)
        if call.transfer is not None:
            raise BadMessage(491, "It is being transferred already")
        if call.state is not State.UP or said is None:
            raise BadMessage(403, "There is nobody to transfer yet")
        way = _way(call, usage, sought, left)
    except BadMessage as bad:
        usage.respond(event.key, bad.status)
        return
    news = (request.headers.get("refer-sub") or "").strip().lower() != "false"
    usage.respond(event.key, 202, () if news else (("Refer-Sub", "false"),))
    transfer = Transfer(call, usage, peer, wanted=news)
    parties = _parties(call, peer, way.number)
    facts = Facts(call.wire.tokens.token(16), way.route, usage.leg.peer, parties, left)
    session = call.session.a if peer.leg.side == "a" else call.session.b
    new = Call(call.shared, facts, SessionId(session), EMPTY, None)
    new.caller = Transferee(leg_of(new, peer, "a"), event.key, request, transfer)
    new.targets = way.targets
    new.own_offer = _speaking(said)
    new.goes_on["a"] = call.plan, peer.leg.side
    new.linked, call.linked = call.uid, new.uid
    transfer.new, call.transfer = new, transfer
    if way.consulted is not None:
        new.callee = Remaining(new, way.consulted)
        new.targets = [new.callee.target]
    transfer.told(100)
    call.shared.adopt(new)


def _way(call: Call, referrer: Usage, sought: Wanted, left: int) -> _Way:
    """Raises BadMessage."""
    if sought.replaces is not None:
        return _consulted(call, referrer, sought.replaces)
    reached = call.shared.admit(referrer.leg.peer, sought.number, left)
    if isinstance(reached, Reject):
        raise BadMessage(reached.status, reached.why)
    return _Way(reached.route, sought.number, reached.targets)


def _consulted(call: Call, referrer: Usage, replaces: Replaces) -> _Way:
    """The other party of the referrer's other call. It must be its own: nobody may give away the
    calls of others (RFC 3891 §7)."""
    named = call.wire.usages.get(replaces.dialog)
    target = named.peer if named is not None else None
    if named is None or target is None or named.leg.peer != referrer.leg.peer:
        raise BadMessage(603, "Replaces names no call of the referrer through us")
    other = named.leg.call
    if other is call or target.leg.call is not other:
        raise BadMessage(603, "Replaces names the very call that is transferred")
    if other.state is not State.UP:
        raise BadMessage(481, "The target has not answered yet, or is gone")
    if replaces.early_only:
        raise BadMessage(486, "The target has answered already")
    if other.transfer is not None:
        raise BadMessage(491, "The target is being transferred itself")
    who = other.facts.parties
    number = who.caller if target.leg.side == "a" else who.called
    return _Way(other.facts.route, number, [], target)


def _parties(call: Call, transferee: Usage, number: str) -> Parties:
    """The transferred party calls that number."""
    was = call.facts.parties
    if transferee.leg.side == "a":
        return Parties(number, "", number, was.caller, was.caller_display, was.anonymous)
    return Parties(number, "", number, was.called, was.called_display, anonymous=False)


def _speaking(said: Session) -> Session:
    """The same description from a party that is not on hold."""
    silent = {f"a={direction}" for direction in DIRECTIONS}
    media = [
        Media(
            each.kind,
            each.port,
            each.protocol,
            each.formats,
            [line for line in each.lines if line not in silent],
            connection_ip=each.connection_ip,
            port_count=each.port_count,
        )
        for each in said.media
    ]
    lines = [line for line in said.lines if line not in silent]
    return Session(lines, media, said.connection_ip)
