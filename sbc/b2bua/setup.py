"""Setting a call up: ports, the called side's INVITE, its provisionals, its final answer."""

from __future__ import annotations

from dataclasses import replace

from config.effective import codec_policy_for, latching_for, media_profile_for
from config.model import Config
from media.control import Close, Open
from media.sdp.anchor import BadAnswer
from media.sdp.session import Session
from sbc.b2bua.call import Attempt, Call, State
from sbc.b2bua.callee import Callee, Invitation
from sbc.b2bua.causes import (
    NO_ANSWER,
    Cause,
    may_try_elsewhere,
    passed_on,
    refused,
)
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import (
    Answered,
    PortsFound,
    PortsRefused,
    PrackReceived,
    Progressed,
    RangTooLong,
    Refused,
)
from sbc.b2bua.identity import escaped, from_field, request_uri, to_field, uri_host
from sbc.b2bua.inserted_offer import inserted_offer
from sbc.b2bua.leg import Leg, Peer
from sbc.b2bua.media import MediaPlan, MediaSide, NotAcceptable
from sbc.b2bua.teardown import finish
from sbc.b2bua.usage import Usage
from sbc.routing.listeners import Listener
from sbc.routing.targets import Target
from sbc.sip.address import NameAddr

NOT_ACCEPTABLE = Cause(488, "No codec is left that both sides may use")
NO_PORTS = Cause(503, "No media ports are left")
NO_RELAY = Cause(503, "The media relay is down")
BAD_ANSWER = Cause(488, "The called side's answer does not fit the offer")
_LATER: tuple[Field, ...] = (("Retry-After", "5"),)


def begin(call: Call) -> None:
    """The call is admitted and has its first target: find media ports, then invite."""
    _allocate(call)


def take_target(call: Call) -> None:
    """The next target is the one at hand, with media of its own."""
    call.target = call.targets.pop(0)
    call.plan = _plan(call, call.target)


def _allocate(call: Call) -> None:
    """Ports for the caller's offer; an INVITE without one gets them with the called side's
    offer."""
    call.state = State.ALLOCATING
    offer = _offer_for(call)
    if offer is None:
        invite(call)
        return
    try:
        lacking = call.plan.lacking(offer, "a")
    except NotAcceptable:
        finish(call, NOT_ACCEPTABLE, "border", (_warning(call, 305, "Incompatible media format"),))
        return
    if not lacking:
        invite(call)
    elif not call.shared.relay_up:
        finish(call, NO_RELAY, "border", _LATER)
    else:
        serial = call.shared.ask(call, Open(call.plan.session, lacking))
        call.parked[serial] = None


def _offer_for(call: Call) -> Session | None:
    """What the target at hand is offered: the caller's offer, or ours where it insists on one."""
    if call.offer is not None:
        return call.offer
    trunk = call.shared.config.trunks[call.target.trunk]
    call.inserted = inserted_offer(call.target.listener.ip) if trunk.offerless == "insert" else None
    return call.inserted


def ports_found(call: Call, event: PortsFound) -> None:
    """ALLOCATING: the caller's offer can go on."""
    if event.serial in call.parked:
        del call.parked[event.serial]
        call.plan.opened(event.reply)
        invite(call)


def ports_refused(call: Call, event: PortsRefused) -> None:
    """ALLOCATING: the called side never hears of it (M1)."""
    if event.serial in call.parked:
        del call.parked[event.serial]
        cause = NO_PORTS if event.reply.reason == "ports_exhausted" else NO_RELAY
        finish(call, cause, "border", (*_LATER, _warning(call, 399, "No media ports left")))


def invite(call: Call) -> None:
    """Send the INVITE to the target at hand."""
    target, config = call.target, call.shared.config
    trunk = config.trunks[target.trunk]
    peer = Peer(trunk.zone, target.trunk, config.zones[trunk.zone].trust == "trusted")
    tokens = call.wire.tokens
    leg = Leg(call, call.wire, "b", peer, target.flow, tokens.token(32), symmetric=False)
    domain = trunk.domain or leg.listener.host
    offer = call.offer or call.inserted
    if offer is not None:
        offer = call.plan.offer(offer, "a")
    invitation = Invitation(
        request_uri=request_uri(call.facts.parties.called, target),
        from_field=from_field(call.facts.parties, domain, tokens.token(16)),
        to_field=to_field(call.facts.parties, trunk.domain or uri_host(target)),
        max_forwards=call.facts.max_forwards,
        content=replace(call.content, sdp=offer),
        # Without an offer of ours a reliable 1xx may carry theirs, and the caller must answer it.
        reliable=offer is not None or call.caller.reliability != "none",
    )
    first = call.callee is None
    call.callee = Callee(leg, invitation)
    call.state = State.INVITING
    if first:
        ring = min(trunk.limits.ring, config.trunks[call.facts.caller.trunk].limits.ring)
        call.wire.timer((call, "ring"), ring)


def progressed(call: Call, event: Progressed) -> None:
    """A provisional crosses in the early dialog that stands for its own."""
    if event.offer is not None and not _ready(call, event, event.offer):
        return
    call.state = State.RINGING
    if call.times.ringing is None:
        call.times.ringing = call.wire.now
    usage = _pair(call, event.usage)
    sdp = None
    if event.offer is not None:
        sdp = call.plan.offer(event.offer, "b")
    elif event.answer is not None and call.inserted is not None:
        call.inserted = event.answer
    elif event.answer is not None:
        sdp = _early_answer(call, usage, event.answer)
    content = replace(event.content, sdp=sdp)
    call.caller.progress(usage, event.status, content, reliable=event.reliable)


def _early_answer(call: Call, usage: Usage, answer: Session) -> Session | None:
    """Media may flow before the answer (M4): to and from the branch that spoke last."""
    try:
        ours = call.plan.answer(answer, "b")
    except BadAnswer:
        return None  # the 2xx decides
    call.early_answers[usage] = ours
    call.shared.tell(call.plan.program(supervise=False))
    return ours


def early_offer_answered(call: Call, event: PrackReceived) -> None:
    """The caller answered, by PRACK, an offer that the called side made in a provisional."""
    assert call.callee is not None
    if event.answer is None or event.usage.peer is None:
        return
    try:
        ours = call.plan.answer(event.answer, "a")
    except BadAnswer:
        finish(call, BAD_ANSWER, "border")
        return
    call.shared.tell(call.plan.program(supervise=False))
    call.callee.answer_offer(event.usage.peer, ours)


def answered(call: Call, event: Answered) -> None:
    """200: the other early dialogs are over, and the media of this one is the call's."""
    if event.offer is not None and not _ready(call, event, event.offer):
        return
    usage = _pair(call, event.usage)
    try:
        sdp = _final_description(call, usage, event)
    except BadAnswer:
        finish(call, BAD_ANSWER, "border")
        return
    call.state = State.ANSWERED
    call.times.answered = call.wire.now
    call.wire.timers.clear((call, "ring"))
    call.wire.timer((call, "duration"), _max_duration(call))
    call.early_answers.clear()
    call.caller.answer(usage, replace(event.content, sdp=sdp))


def _final_description(call: Call, usage: Usage, event: Answered) -> Session | None:
    if event.offer is not None:
        return call.plan.offer(event.offer, "b")
    if call.inserted is not None:  # the answer to our offer is what the caller is offered
        if not event.usage.exchange.idle:
            raise BadAnswer("a 2xx without an answer")
        return call.plan.offer(event.answer or call.inserted, "b")
    if event.answer is not None:
        ours = call.plan.answer(event.answer, "b", again=usage in call.early_answers)
        call.shared.tell(call.plan.program(supervise=True))
        return ours
    if not event.usage.exchange.idle or not call.plan.described:
        raise BadAnswer("a 2xx without an answer")
    call.shared.tell(call.plan.program(supervise=True))
    return None if usage.exchange.idle else call.early_answers.get(usage)


def turned_down(call: Call, event: Refused) -> None:
    """A final refusal: another target may do better, else the caller gets it (R4)."""
    call.attempts.append(Attempt(call.target.trunk, str(call.target.uri), event.status))
    if may_try_elsewhere(event.status) and call.targets and not call.early_answers:
        _try_next(call)
        return
    status = passed_on(event.status)
    fields = event.content.fields
    if event.contacts:
        fields = (*fields, ("Contact", _redirect(call.caller.leg.listener, event.contacts)))
    finish(call, refused(status), "callee", fields)


def _try_next(call: Call) -> None:
    """The next target keeps the ports if it lies behind the same interface."""
    following = call.targets[0]
    if following.flow.interface == call.target.flow.interface:
        call.target = call.targets.pop(0)
        call.plan.sides["b"] = _called_side(call.shared.config, following)
        invite(call)
        return
    if call.plan.open:
        call.shared.tell(Close(call.plan.session))
    take_target(call)
    _allocate(call)


def rang_too_long(call: Call, event: RangTooLong) -> None:
    del event
    finish(call, NO_ANSWER, "border")


def _ready(call: Call, event: Progressed | Answered, offer: Session) -> bool:
    """Has the called side's offer its ports? If not, the event is parked until the relay
    answers."""
    try:
        lacking = call.plan.lacking(offer, "b")
    except NotAcceptable:
        finish(call, NOT_ACCEPTABLE, "border")
        return False
    if not lacking:
        return True
    if not call.shared.relay_up:
        finish(call, NO_RELAY, "border", _LATER)
        return False
    call.parked[call.shared.ask(call, Open(call.plan.session, lacking))] = event
    return False


def _pair(call: Call, usage: Usage) -> Usage:
    """The caller's early dialog that stands for this one of the called side."""
    if usage.peer is None:
        usage.peer = call.caller.new_usage()
        usage.peer.peer = usage
    return usage.peer


def _plan(call: Call, target: Target) -> MediaPlan:
    config, caller = call.shared.config, call.caller.leg
    tokens = call.wire.tokens
    session = call.uid if not call.attempts else f"{call.uid}.{len(call.attempts)}"
    return MediaPlan(
        session,
        _side(config, caller.peer.trunk, caller.listener, caller.flow.remote[0]),
        _called_side(config, target),
        (tokens.number(2**31), tokens.number(2**31)),
    )


def _called_side(config: Config, target: Target) -> MediaSide:
    return _side(config, target.trunk, target.listener, target.flow.remote[0])


def _side(config: Config, trunk: str, listener: Listener, peer_ip: str) -> MediaSide:
    zone = listener.zone
    return MediaSide(
        interface=listener.interface,
        shown=listener.ip,
        codecs=codec_policy_for(config, trunk, zone),
        latching=latching_for(config, trunk, zone),
        timeout=media_profile_for(config, trunk, zone).rtp_timeout,
        signalling_ip=peer_ip,
    )


def _max_duration(call: Call) -> float:
    trunks = call.shared.config.trunks
    names = {call.facts.caller.trunk, call.target.trunk}
    return min(trunks[name].limits.max_duration for name in names)


def _warning(call: Call, code: int, text: str) -> Field:
    return ("Warning", f'{code} {call.caller.leg.listener.sent_by} "{text}"')


def _redirect(listener: Listener, users: tuple[str, ...]) -> str:
    """The same users, at our own address (S10): a new call to them comes through us again."""
    return ", ".join(
        str(NameAddr("", f"sip:{escaped(user)}@{listener.sent_by}", ())) for user in users
    )
