"""Setting a call up: ports, the called side's INVITE, its provisionals, its final answer."""

from __future__ import annotations

from dataclasses import replace

from config.effective import Terms
from media.control import Close
from media.sdp.anchor import BadAnswer
from media.sdp.connectivity import Reach
from media.sdp.keying import ways_of
from media.sdp.session import Session
from sbc.actions import Flow
from sbc.b2bua import ports, redirect, rivals
from sbc.b2bua.call import Attempt, Call, State
from sbc.b2bua.callee import Callee, Invitation
from sbc.b2bua.caller import Caller
from sbc.b2bua.causes import (
    NO_ANSWER,
    NO_RELAY,
    bad_answer,
    passed_on,
    refused,
)
from sbc.b2bua.content import Content
from sbc.b2bua.direct import Direct
from sbc.b2bua.events import (
    Allocated,
    Answered,
    KeptSilent,
    PrackReceived,
    Progressed,
    RangTooLong,
    Refused,
)
from sbc.b2bua.identity import anonymous, at, from_field, request_uri, to_field, uri_host
from sbc.b2bua.inserted_offer import inserted_offer
from sbc.b2bua.leg import Leg, Peer
from sbc.b2bua.media import MediaPlan
from sbc.b2bua.media_side import MediaSide
from sbc.b2bua.remaining import Remaining
from sbc.b2bua.rivals import Rival, Rivals
from sbc.b2bua.teardown import finish
from sbc.b2bua.usage import Usage
from sbc.routing.listeners import Listener
from sbc.routing.targets import FAILED, Target

DOWN = frozenset({408, 503})
"""What a server that is out of order says, or what stands for its silence."""


def begin(call: Call) -> None:
    """The call is admitted and has its first target: find media ports, then invite."""
    call.wire.timer((call, "ring"), min(terms.limits.ring for terms in _both_terms(call)))
    if call.shared.relay_up:
        _allocate(call)
    else:
        finish(call, NO_RELAY, "border", (("Retry-After", "5"),))


def take_target(call: Call) -> None:
    """The next target is the one at hand, with media of its own."""
    call.target = call.targets.pop(0)
    call.plan = _plan(call, call.target)
    call.direct = Direct.of(call)


def _allocate(call: Call) -> None:
    """Ports for the caller's offer; an INVITE without one gets them with the called side's
    offer."""
    call.state = State.ALLOCATING
    terms = call.shared.terms[call.target.trunk]
    call.inserted = call.own_offer
    if call.offer is None and call.inserted is None and terms.offerless == "insert":
        call.inserted = inserted_offer(call.target.listener.ip)
    offer = call.offer or call.inserted
    event = Allocated()
    if offer is None or ports.ready(call, offer, "a", None, event):
        invite(call, event)


def invite(call: Call, event: Allocated) -> None:
    """Invite the target at hand; or the party that is in a call already, within its dialog."""
    del event
    offer = call.offer or call.inserted
    if offer is not None:
        offer = call.plan.offer(offer, "a")
    attempt = Attempt(call.target.trunk, str(call.target.uri))
    call.attempts.append(attempt)
    call.state = State.INVITING
    if isinstance(call.callee, Remaining):
        call.callee.invite(offer)
        return
    call.callee = _invited(call, offer, call.target)
    if offer is not None and call.inserted is None:
        _invite_rivals(call, offer, Rival(call.callee, call.target, attempt))
    _watch_silence(call)


def _invite_rivals(call: Call, offer: Session, first: Rival) -> None:
    """Other phones of the same user ring with it."""
    others = rivals.group(first.target, call.targets)
    if not others:
        return
    ringing = [first]
    for target in others:
        call.targets.remove(target)
        attempt = Attempt(target.trunk, str(target.uri))
        call.attempts.append(attempt)
        ringing.append(Rival(_invited(call, offer, target), target, attempt))
    call.rivals = Rivals(ringing)


def _invited(call: Call, offer: Session | None, target: Target) -> Callee:
    terms = call.shared.terms[target.trunk]
    peer = Peer(terms.zone, target.trunk, terms.trusted, target.user)
    tokens = call.wire.tokens
    leg = Leg(call, call.wire, "b", peer, target.flow, tokens.token(32), symmetric=False)
    domain, parties = leg.host, call.facts.parties
    if call.content.claims.hidden_from(terms):
        parties = anonymous(parties)
    invitation = Invitation(
        request_uri=request_uri(call.called, target),
        from_field=from_field(parties, domain, tokens.token(16)),
        to_field=to_field(call.facts.parties, terms.domain or uri_host(target)),
        max_forwards=call.facts.max_forwards,
        content=_aimed(call).with_sdp(offer),
        # Without an offer of ours a reliable 1xx may carry theirs, and the caller must answer it.
        reliable=offer is not None or call.caller.reliability != "none",
        told=call.told.fields if call.told and call.told.trunk == target.trunk else (),
    )
    return Callee(leg, invitation)


def _aimed(call: Call) -> Content:
    claims = call.content.claims.aimed_at(call.called)
    return call.content if claims is call.content.claims else replace(call.content, claims=claims)


def progressed(call: Call, event: Progressed) -> None:
    """A provisional crosses in the early dialog that stands for its own."""
    if event.usage.over:  # while it waited for ports
        return
    if event.offer is not None and not ports.ready(call, event.offer, "b", event.usage, event):
        return
    rivals.speaks(call, event.usage.leg)
    call.state = State.RINGING
    call.shared.targets.worked(call.target)
    if call.times.ringing is None:
        call.times.ringing = call.wire.now
    sdp = None
    if event.offer is not None:
        sdp = call.plan.offer(event.offer, "b", event.usage)
    elif event.answer is not None and call.inserted is not None:
        call.previews[event.usage] = event.answer
    elif event.answer is not None:
        sdp = _early_answer(call, event.usage, event.answer)
    content = event.content.with_sdp(sdp)
    call.caller.progress(_pair(call, event.usage), event.status, content, reliable=event.reliable)


def _early_answer(call: Call, branch: Usage, answer: Session) -> Session | None:
    """Media may flow before the answer (M4): to and from the branch that spoke last."""
    try:
        ours = call.plan.answer(answer, "b", branch, again=True)
    except BadAnswer:
        return None  # the 2xx decides
    ports.serve(call, answered=False)
    return ours


def early_offer_answered(call: Call, event: PrackReceived) -> None:
    """The caller answered, by PRACK, an offer that the called side made in a provisional."""
    branch = event.usage.peer
    assert branch is not None
    rival = call.rivals.of(branch.leg) if call.rivals is not None else None
    callee = call.callee if rival is None else rival.callee
    assert isinstance(callee, Callee)
    try:
        if event.answer is None:
            raise BadAnswer("a PRACK without the answer")
        ours = call.plan.answer(event.answer, "a", branch)
    except BadAnswer as error:
        finish(call, bad_answer(error), "border")
        return
    ports.serve(call, answered=False)
    callee.answer_offer(branch, ours)


def answered(call: Call, event: Answered) -> None:
    """200: the other early dialogs are over, and the media of this one is the call's."""
    if event.offer is not None and not ports.ready(call, event.offer, "b", event.usage, event):
        return
    rivals.speaks(call, event.usage.leg)
    if not rivals.won(call, event.usage.leg):
        call.tried(200)
    try:
        sdp = _final_description(call, event)
    except BadAnswer as error:
        finish(call, bad_answer(error), "border")
        return
    if isinstance(call.callee, Remaining) and isinstance(call.caller, Caller):
        call.callee.joins()  # a transferred party has yet to take the offer
        call.wire.note("replaced", call.labels(), call=call.uid)
    usage = _pair(call, event.usage)
    call.state = State.ANSWERED
    call.times.answered = call.wire.now
    call.plan.settle(event.usage)
    call.previews.clear()
    call.wire.timers.clear((call, "ring"))
    call.wire.timer((call, "duration"), _max_duration(call))
    call.caller.answer(usage, event.content.with_sdp(sdp))


def _final_description(call: Call, event: Answered) -> Session:
    branch, plan = event.usage, call.plan
    if event.offer is not None:
        return plan.offer(event.offer, "b", branch)
    if call.inserted is not None:  # the answer to our offer is what the caller is offered
        answer = event.answer or call.previews.get(branch)
        if answer is None:
            raise BadAnswer("a 2xx without an answer")
        return plan.offer(answer, "b", branch)
    if event.answer is not None:
        ours: Session | None = plan.answer(event.answer, "b", branch, again=True)
    else:
        ours = plan.resume(branch)  # it came in a provisional
    if ours is None:
        raise BadAnswer("a 2xx without an answer")
    ports.serve(call, answered=True)
    return ours


def _watch_silence(call: Call) -> None:
    """How long this target may say nothing at all: another one may be left, and after several even
    the last is not waited for beyond the budget."""
    if not call.targets and len(call.attempts) == 1:
        return
    patience = call.failover.no_answer_after
    if not call.targets or "timeout" not in call.failover.causes:
        patience = max(patience, _budget_left(call))
    call.wire.timer((call, "silence"), patience)


def _budget_left(call: Call) -> float:
    return call.times.invite + call.failover.setup_budget - call.wire.now


def kept_silent(call: Call, event: KeptSilent) -> None:
    del event
    if call.rivals is not None:
        for each in call.rivals.ringing:
            each.callee.give_up()
    elif call.callee is not None:
        call.callee.give_up()


def turned_down(call: Call, event: Refused) -> None:
    """A final refusal: another target may do better, else the caller gets it (R4)."""
    if call.rivals is None:
        call.tried(event.status)
    last = rivals.refused(call, event)
    if last is not None:
        _all_turned_down(call, last)


def _all_turned_down(call: Call, event: Refused) -> None:
    call.wire.timers.clear((call, "silence"))
    if event.status in DOWN:
        _cools(call, event)
    else:
        _spare_survivors(call)
    elsewhere = (event.unheard or event.status) in call.failover.causes
    if elsewhere and call.targets and not call.plan.described and _budget_left(call) > 0:
        _try_next(call)
        return
    if redirect.follow(call, event):
        _try_next(call)
        return
    status = event.status if event.challenge else passed_on(event.status)
    fields = (*event.content.fields, *event.challenge)
    if event.contacts:
        # The same users, at our own address (S10): a new call to them comes through us again.
        listener = call.caller.leg.listener
        contact = ", ".join(at(user, listener.sent_by) for user in event.contacts)
        fields = (*fields, ("Contact", contact))
    finish(call, refused(status), "callee", fields)


def _try_next(call: Call) -> None:
    """The next target keeps the ports if it lies behind the same interface."""
    following = call.targets[0]
    if following.flow.interface == call.target.flow.interface and not call.parked:
        call.target = call.targets.pop(0)
        call.plan.takes("b", _called_side(call, following))
    else:
        if call.plan.open or call.parked:
            call.shared.tell(Close(call.plan.session))
        call.parked.clear()
        take_target(call)
    _allocate(call)


def _spare_survivors(call: Call) -> None:
    """The core has answered: it is not lost, and what it says holds (A4)."""
    call.targets = [each for each in call.targets if not each.survives]


def _cools(call: Call, event: Refused) -> None:
    """Other calls try that one last for a while (RFC 3263 §4.3), or for as long as it asked (RFC
    3261 §21.5.4)."""
    target = call.target
    asked = dict(event.content.fields).get("Retry-After") if event.status == 503 else None
    seconds = FAILED if asked is None else float(asked)
    if target.contact is None and call.shared.targets.failed(target, call.wire.now, seconds):
        where = f"{target.flow.remote[0]}:{target.flow.remote[1]}"
        call.wire.note("target_cools", {"trunk": target.trunk}, target=where)


def rang_too_long(call: Call, event: RangTooLong) -> None:
    del event
    finish(call, NO_ANSWER, "border")


def _pair(call: Call, usage: Usage) -> Usage:
    """The caller's early dialog that stands for this one of the called side."""
    if usage.peer is None:
        call.caller.pair(usage)
    assert usage.peer is not None
    return usage.peer


def _plan(call: Call, target: Target) -> MediaPlan:
    caller = call.caller.leg
    tokens = call.wire.tokens
    session = call.uid if not call.attempts else f"{call.uid}.{len(call.attempts)}"
    plan = MediaPlan(
        session,
        _side(call, caller.peer.trunk, caller.listener, caller.flow),
        _called_side(call, target),
        (tokens.number(2**31), tokens.number(2**31)),
        tokens.octets,
    )
    for side, before in call.goes_on.items():
        plan.goes_on(side, *before)
    return plan


def _called_side(call: Call, target: Target) -> MediaSide:
    return _side(call, target.trunk, target.listener, target.flow)


def _side(call: Call, trunk: str, listener: Listener, flow: Flow) -> MediaSide:
    terms = call.shared.terms[trunk]
    ways = ways_of(terms.srtp, secure_signalling=flow.secure)
    if "sdes" in ways.keying and not flow.secure and terms.srtp.sdes_over_plain == "warn":
        call.wire.note("sdes_over_plain", {"trunk": trunk}, transport=flow.transport)
    return MediaSide(
        interface=listener.interface,
        shown=listener.ip,
        codecs=terms.codecs,
        latching=terms.latching,
        signalling_ip=flow.remote[0],
        profile=terms.media,
        ways=ways,
        reach=Reach(terms.ice, terms.rtcp_mux),
    )


def _max_duration(call: Call) -> float:
    return min(terms.limits.max_duration for terms in _both_terms(call))


def _both_terms(call: Call) -> tuple[Terms, Terms]:
    terms = call.shared.terms
    return terms[call.facts.caller.trunk], terms[call.target.trunk]
