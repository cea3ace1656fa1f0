"""A call that is up, or coming up: requests within the dialogs cross with body and status unchanged
(S2)."""

from __future__ import annotations

from dataclasses import replace

from media.control import Open
from media.sdp.anchor import BadAnswer
from media.sdp.session import Session
from sbc.b2bua.call import Call, State
from sbc.b2bua.content import EMPTY, Content
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import (
    Acknowledged,
    PortsFound,
    PortsRefused,
    RequestCancelled,
    Requested,
    Responded,
)
from sbc.b2bua.media import NotAcceptable
from sbc.b2bua.refer import refer_to
from sbc.b2bua.setup import BAD_ANSWER, NO_PORTS
from sbc.b2bua.teardown import finish
from sbc.b2bua.usage import Usage

_OFFERING = frozenset({"INVITE", "UPDATE", "PRACK"})


def acknowledged(call: Call, event: Acknowledged) -> None:
    """ACK: the first brings the call up; one with an answer closes an exchange across both legs."""
    if call.state is State.ANSWERED:
        call.state = State.UP
    peer = event.usage.peer
    if peer is None or not event.owed:
        return
    try:
        if event.answer is None:
            raise BadAnswer("an ACK without the answer")
        ours = call.plan.answer(event.answer, event.usage.leg.side)
    except BadAnswer:
        finish(call, BAD_ANSWER, "border")
        return
    call.shared.tell(call.plan.program(supervise=True))
    peer.answer_owed(ours)


def requested(call: Call, event: Requested) -> None:
    peer, usage, method = event.usage.peer, event.usage, event.method
    if peer is None or peer.over or peer.closing:
        usage.respond(event.key, 481)
        return
    left = _hops_left(usage, event)
    if left < 0:
        usage.respond(event.key, 483)
    elif event.offer is not None or method == "INVITE":
        _offer_crosses(call, event, peer, left)
    elif method == "UPDATE" and not peer.takes("UPDATE"):
        usage.respond(event.key, 200)  # it only refreshes, and this end of it is ours
    else:
        _request_crosses(call, event, peer, left)


def _hops_left(usage: Usage, event: Requested) -> int:
    forwards = usage.asked[event.key].request.headers.max_forwards
    return (70 if forwards is None else forwards) - 1


def _request_crosses(call: Call, event: Requested, peer: Usage, left: int) -> None:
    fields: tuple[Field, ...] = ()
    if event.method == "REFER":
        where = refer_to(event.usage.asked[event.key].request, peer.leg.listener)
        if where is None:
            event.usage.respond(event.key, 400)
            return
        fields = (("Refer-To", where),)
    key = peer.request(event.method, fields, event.content, left)
    call.relayed[key] = (event.usage, event.key)


def _offer_crosses(call: Call, event: Requested, peer: Usage, left: int) -> None:
    """A new offer, or an INVITE that asks for one, goes to the other leg, unless that one is
    busy."""
    if call.parked or not peer.exchange.idle or peer.unacknowledged is not None:
        event.usage.respond(event.key, 491)
        return
    method = _method_for(peer, event)
    if method is None:
        event.usage.respond(event.key, 488)
        return
    sdp = None
    if event.offer is not None:
        if not _ready(call, event, event.offer):
            return
        sdp = call.plan.offer(event.offer, event.usage.leg.side)
    key = peer.request(method, (), replace(event.content, sdp=sdp), left)
    call.relayed[key] = (event.usage, event.key)


def _method_for(peer: Usage, event: Requested) -> str | None:
    """How the offer can reach the other side: as it came, or as what that dialog can take."""
    if event.method == "INVITE" and peer.confirmed:
        return "INVITE"
    if peer.takes("UPDATE") and event.offer is not None:
        return "UPDATE"
    return "INVITE" if peer.confirmed else None


def _ready(call: Call, event: Requested, offer: Session) -> bool:
    """Have all streams of the offer their ports? If not, the event is parked until the relay
    answers."""
    try:
        lacking = call.plan.lacking(offer, event.usage.leg.side)
    except NotAcceptable:
        event.usage.respond(event.key, 488)
        return False
    if not lacking:
        return True
    if not call.shared.relay_up:
        event.usage.respond(event.key, 503)
        return False
    call.parked[call.shared.ask(call, Open(call.plan.session, lacking))] = event
    return False


def ports_found(call: Call, event: PortsFound) -> None:
    """What was parked goes on as if it had just come."""
    if event.serial not in call.parked:
        return
    waiting = call.parked.pop(event.serial)
    call.plan.opened(event.reply)
    if waiting is not None:
        call.wire.tell(call, waiting)


def ports_refused(call: Call, event: PortsRefused) -> None:
    waiting = call.parked.pop(event.serial, None)
    if isinstance(waiting, Requested):
        waiting.usage.respond(waiting.key, 503, (("Retry-After", "5"),))
    elif waiting is not None:
        finish(call, NO_PORTS, "border")


def responded(call: Call, event: Responded) -> None:
    """The other side's final answer goes back to whoever asked."""
    asked = call.relayed.pop(event.key, None)
    if asked is None:
        return
    usage, key = asked
    if event.status >= 300:
        usage.respond(key, _status_back(event), (), Content(event.content.fields))
    elif event.offer is not None:
        _offer_returns(call, event, usage, key)
    elif event.answer is not None:
        _answer_returns(call, event, usage, key)
    elif event.method in _OFFERING and not usage.exchange.idle:
        finish(call, BAD_ANSWER, "border")  # a 2xx that owes an answer, or the offer asked for
    else:
        usage.respond(key, event.status, (), event.content)


def _status_back(event: Responded) -> int:
    """RFC 4320 §4.2: a request other than INVITE is never answered with 408."""
    return 504 if event.status == 408 and event.method != "INVITE" else event.status


def _offer_returns(call: Call, event: Responded, usage: Usage, key: tuple[str, ...]) -> None:
    assert event.offer is not None
    side = event.usage.leg.side
    try:
        lacking = call.plan.lacking(event.offer, side)
    except NotAcceptable:
        finish(call, BAD_ANSWER, "border")
        return
    if lacking:
        # Ports first; the answer is taken up again from here when they are there.
        call.relayed[event.key] = (usage, key)
        call.parked[call.shared.ask(call, Open(call.plan.session, lacking))] = event
        return
    ours = call.plan.offer(event.offer, side)
    usage.respond(key, event.status, (), replace(event.content, sdp=ours))


def _answer_returns(call: Call, event: Responded, usage: Usage, key: tuple[str, ...]) -> None:
    assert event.answer is not None
    try:
        ours = call.plan.answer(event.answer, event.usage.leg.side)
    except BadAnswer:
        usage.respond(key, 488)
        return
    confirmed = call.times.answered is not None
    call.shared.tell(call.plan.program(supervise=confirmed))
    usage.respond(key, event.status, (), replace(event.content, sdp=ours))


def request_cancelled(call: Call, event: RequestCancelled) -> None:
    """CANCEL of a re-INVITE follows it to the other leg."""
    for key, (usage, asked) in call.relayed.items():
        if (usage, asked) == (event.usage, event.key):
            call.wire.take(call.wire.layer.cancel(key, (), call.wire.now))
            return
    event.usage.respond(event.key, 487, (), EMPTY)
