"""A call that is up, or coming up: requests within the dialogs cross with body and status unchanged
(S2)."""

from __future__ import annotations

from functools import partial

from config.effective import Terms
from media.sdp.anchor import BadAnswer
from sbc.b2bua import keys, ports, referred, trickle
from sbc.b2bua.call import Call, State
from sbc.b2bua.causes import BAD_ANSWER, bad_answer, passed_on
from sbc.b2bua.content import Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Acknowledged, RefreshDue, RequestCancelled, Requested, Responded
from sbc.b2bua.moving import branch_of
from sbc.b2bua.pending import Asked
from sbc.b2bua.refer import refer_to
from sbc.b2bua.replaces import known_to
from sbc.b2bua.teardown import finish
from sbc.b2bua.usage import Usage
from sbc.policy.hops import DEFAULT
from sbc.transaction.events import Key

_BUSY = 1.0
"""Seconds until a refresh that found its dialog in the middle of something is tried again."""


def acknowledged(call: Call, event: Acknowledged) -> None:
    """ACK: the first brings the call up; one with an answer closes an exchange across both legs."""
    if call.state is State.ANSWERED:
        call.state = State.UP
    usage, peer = event.usage, event.usage.peer
    if peer is None or not event.owed:
        return
    try:
        if event.answer is None:
            raise BadAnswer("an ACK without the answer")
        if peer.owed_ack is None:  # the offer was ours, and its answer goes no further
            call.plan.learn(event.answer, usage.leg.side, branch_of(usage))
        else:
            peer.answer_owed(call.plan.answer(event.answer, usage.leg.side, branch_of(usage)))
    except BadAnswer as error:
        finish(call, bad_answer(error), "border")
        return
    ports.serve(call, answered=True)


def requested(call: Call, event: Requested) -> None:
    usage, peer = event.usage, event.usage.peer
    asked = usage.asked.get(event.key)
    if asked is None:
        return  # withdrawn while it waited for ports
    if peer is None or peer.over or peer.closing:
        usage.respond(event.key, 481)
        return
    if keys.taken(call, event, asked.request) or trickle.taken(call, event, asked.request):
        return
    left = _hops_left(asked)
    refusal = _refusal(event, usage.leg.terms, peer.leg.terms, left)
    if refusal is not None:
        usage.respond(event.key, refusal)
    elif event.method == "REFER" and usage.leg.terms.refer == "local":
        referred.asked(call, event, peer, left)
    elif peer.leg.call is not call or (asked.exchanges and _is_moving(call)):
        usage.respond(event.key, 491)  # one of them is on its way to another call
    elif asked.exchanges:
        _offer_crosses(call, event, peer, left)
    elif event.method == "UPDATE" and _only_refreshes(asked, peer):
        usage.respond(event.key, 200)
    else:
        _request_crosses(call, event, peer, left)


def _refusal(event: Requested, here: Terms, there: Terms, left: int) -> int | None:
    """By what holds on the two sides."""
    if left < 0:
        return 483
    if event.method not in there.methods:
        return 405
    if not event.content.fits(there):
        return 415
    rejected = event.method == "REFER" and here.refer == "reject"
    return 403 if rejected else None  # RFC 3515 §2.4.2


def _is_moving(call: Call) -> bool:
    return any(each is not None and each.holds for each in (call.direct, call.transfer))


def _hops_left(asked: Asked) -> int:
    forwards = asked.request.headers.max_forwards
    return (DEFAULT if forwards is None else forwards) - 1


def _only_refreshes(asked: Asked, peer: Usage) -> bool:
    """An UPDATE without an offer that keeps the session of its own leg alive; the other leg has a
    timer of its own."""
    return asked.request.headers.has("session-expires") or not peer.takes("UPDATE")


def refresh_due(call: Call, event: RefreshDue) -> None:
    """By UPDATE, which disturbs nothing, or else by an INVITE that says what we said before, in
    the same version (RFC 4028 §7.4)."""
    usage = event.usage
    if usage.over or usage.closing:
        return
    if usage.takes("UPDATE"):
        usage.request("UPDATE")
        return
    if _is_moving(call):
        usage.session.postpone(_BUSY)
        return
    sdp = call.plan.said_again(usage.leg.side, branch_of(usage))
    busy = not usage.exchange.idle or usage.unacknowledged is not None
    if busy or sdp is None or any(asking.method == "INVITE" for asking in usage.asking.values()):
        usage.session.postpone(_BUSY)
        return
    call.refreshes.add(usage.request("INVITE", (), Content(sdp=sdp)))


def _refreshed(call: Call, event: Responded) -> None:
    """The answer to an INVITE of ours that offered nothing new; it may differ nevertheless."""
    if event.status >= 300:
        return
    side, branch = event.usage.leg.side, branch_of(event.usage)
    try:
        if event.answer is None:
            raise BadAnswer("a 2xx without an answer")
        call.plan.refreshed(event.answer, side, branch)
    except BadAnswer as error:
        finish(call, bad_answer(error), "border")
        return
    ports.serve(call, answered=True)


def _request_crosses(call: Call, event: Requested, peer: Usage, left: int) -> None:
    fields: tuple[Field, ...] = ()
    if event.method == "REFER":
        known_as = partial(known_to, event.usage.wire, event.usage.leg.peer, peer.trunk)
        where = refer_to(event.usage.asked[event.key].request, peer.leg.listener, known_as)
        if where is None:
            event.usage.respond(event.key, 400)
            return
        fields = (("Refer-To", where),)
    key = peer.request(event.method, fields, event.content, left)
    call.relayed[key] = (event.usage, event.key)


def _offer_crosses(call: Call, event: Requested, peer: Usage, left: int) -> None:
    """A new offer, or an INVITE that asks for one, goes to the other leg, unless that one is
    busy."""
    usage = event.usage
    method = _method_for(peer, event)
    if call.parked or not peer.exchange.idle or peer.unacknowledged is not None or method is None:
        # A PRACK cannot be sent again later: its offer fails (RFC 3262 §5).
        usage.respond(event.key, 488 if event.method == "PRACK" else 491)
        return
    sdp = None
    if event.offer is not None:
        side, branch = usage.leg.side, branch_of(usage)
        if not ports.ready(call, event.offer, side, branch, event):
            return
        sdp = call.plan.offer(event.offer, side, branch)
    if call.direct is not None:
        call.direct.offered()
    key = peer.request(method, (), event.content.with_sdp(sdp), left)
    call.relayed[key] = (usage, event.key)


def _method_for(peer: Usage, event: Requested) -> str | None:
    """How the offer can reach the other side: as it came, or as what that dialog can take. None:
    not before the call is answered."""
    if event.method == "INVITE" and peer.confirmed:
        return "INVITE"
    if peer.takes("UPDATE") and event.offer is not None:
        return "UPDATE"
    return "INVITE" if peer.confirmed else None


def responded(call: Call, event: Responded) -> None:
    """The other side's final answer goes back to whoever asked."""
    if call.direct is not None and call.direct.responded(event):
        return
    if call.transfer is not None and call.transfer.responded(event):
        return
    if event.key in call.refreshes:
        call.refreshes.discard(event.key)
        _refreshed(call, event)
        return
    usage, key = call.relayed.pop(event.key, (None, ()))
    asked = usage.asked.get(key) if usage is not None else None
    if usage is None or asked is None:
        return
    if event.status >= 300:
        content = Content(event.content.fields, claims=event.content.claims)
        usage.respond(key, _status_back(event, asked), (), content)
    elif event.offer is not None:
        _offer_returns(call, event, usage, key)
    elif event.answer is not None:
        _answer_returns(call, event, usage, key)
    elif asked.exchanges:
        finish(call, BAD_ANSWER, "border")  # a 2xx that owes an answer, or the offer asked for
    else:
        usage.respond(key, event.status, (), event.content)


def _status_back(event: Responded, asked: Asked) -> int:
    """RFC 4320 §4.2: a request other than INVITE is never answered with 408. A challenge that we
    could not answer is no business of the other side's."""
    late = event.status == 408 and asked.request.method != "INVITE"
    return 504 if late else passed_on(event.status)


def _offer_returns(call: Call, event: Responded, usage: Usage, key: Key) -> None:
    assert event.offer is not None
    side, branch = event.usage.leg.side, branch_of(usage)
    call.relayed[event.key] = (usage, key)  # to be taken up again when there are ports
    if not ports.ready(call, event.offer, side, branch, event):
        return
    del call.relayed[event.key]
    ours = call.plan.offer(event.offer, side, branch)
    usage.respond(key, event.status, (), event.content.with_sdp(ours))


def _answer_returns(call: Call, event: Responded, usage: Usage, key: Key) -> None:
    assert event.answer is not None
    try:
        ours = call.plan.answer(event.answer, event.usage.leg.side, branch_of(usage))
    except BadAnswer as error:
        finish(call, bad_answer(error), "border")  # that side believes it: the two no longer agree
        return
    ports.serve(call, answered=call.times.answered is not None)
    usage.respond(key, event.status, (), event.content.with_sdp(ours))


def request_cancelled(call: Call, event: RequestCancelled) -> None:
    """CANCEL of a re-INVITE follows it to the other leg."""
    peer = event.usage.peer
    for key, asked in call.relayed.items():
        if asked == (event.usage, event.key) and peer is not None:
            peer.withdraw(key)
            return
    event.usage.respond(event.key, 487)
