"""What the peer of one dialog asks: each request is answered here, or handed to the call.

The rules of SIP that concern one dialog alone: order, glare, extensions, bodies (RFC 3261 §12.2.2,
§14.2; RFC 3311 §5.2).
"""

from __future__ import annotations

from collections.abc import Sequence

from media.sdp.session import Session
from sbc.actions import Flow
from sbc.b2bua import trickle
from sbc.b2bua.causes import NORMAL
from sbc.b2bua.content import EMPTY, Content, read, read_leniently
from sbc.b2bua.crossing import Field, crossing
from sbc.b2bua.events import Acknowledged, Ended, RequestCancelled, Requested
from sbc.b2bua.pending import Asked
from sbc.b2bua.usage import OFFERING, Usage
from sbc.dialog import session_timer
from sbc.policy.extensions import unknown_among
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.transaction.events import Key

ALONE = frozenset({"PUBLISH", "REGISTER"})
"""Methods that never belong to a dialog."""
MOST_ASKED = 16
"""Requests of one dialog that wait for the other side at once. It hears each up to eleven times,
if it keeps silent."""


def received(usage: Usage, key: Key, request: Request, flow: Flow) -> None:
    refusal = usage.dialog.accepts(request)
    if refusal is not None:
        _turn_away(usage, key, request, refusal.status)
        return
    usage.leg.flow_heard(flow)
    method = request.method
    if method == "BYE":
        _bye_received(usage, key, request)
    elif usage.closing:
        _turn_away(usage, key, request, 481)
    elif method == "PRACK":
        _prack_received(usage, key, request)
    elif method in ALONE or method not in usage.leg.terms.methods:
        _turn_away(usage, key, request, 405)
    else:
        _ask(usage, key, request)


def acknowledged(usage: Usage, request: Request) -> None:
    """An ACK within this dialog."""
    waiting = usage.unacknowledged
    if waiting is None or request.headers.cseq.number != waiting.cseq:
        return
    usage.settled()
    if usage.over:
        return
    answer = None
    if waiting.offered:
        _, answer = read_leniently(request, usage.leg.terms)
        usage.exchange.answer_received()
    usage.wire.tell(usage.leg.call, Acknowledged(usage, waiting.offered, answer))
    if usage.bye_after_ack is not None:
        usage.send_bye(usage.bye_after_ack)


def cancelled(usage: Usage, key: Key) -> None:
    usage.wire.tell(usage.leg.call, RequestCancelled(usage, key))


def _ask(usage: Usage, key: Key, request: Request) -> None:
    """A request that the other side shall see."""
    method = request.method
    if len(usage.asked) >= MOST_ASKED:
        _turn_away(usage, key, request, 500, (_later(usage),))
        return
    try:
        content, offer = _checked(usage, request)
        least = session_timer.refusal(request.headers, usage.leg.terms.session_timer)
    except BadMessage as bad:
        _turn_away(usage, key, request, bad.status)
        return
    if method in OFFERING:
        if least is not None:
            _turn_away(usage, key, request, 422, (("Min-SE", str(least)),))
            return
        refusal = _offer_refusal(usage, method, offer)
        if refusal is not None:
            _turn_away(usage, key, request, refusal, (_later(usage),) if refusal == 500 else ())
            return
        usage.dialog.refresh_target(request)
    usage.asked[key] = Asked(request, offered=offer is not None)
    usage.wire.tell(usage.leg.call, Requested(usage, key, method, content, offer))


def _later(usage: Usage) -> Field:
    return ("Retry-After", str(usage.wire.tokens.number(11)))


def _checked(usage: Usage, request: Request) -> tuple[Content, Session | None]:
    method = request.method
    if unknown_among(request.headers.require, usage.leg.terms):
        raise BadMessage(420, "Bad Extension")
    if trickle.is_for_us(request, usage.leg.terms):
        return EMPTY, None
    content, described = read(request, usage.leg.terms)
    if method in OFFERING:
        return content, described
    if method in {"NOTIFY", "SUBSCRIBE"} and not _event_crosses(usage, content):
        raise BadMessage(489, "An event package which does not cross")
    if described is not None and method != "OPTIONS":
        raise BadMessage(415, "A description that is no offer")
    return content, None


def _event_crosses(usage: Usage, content: Content) -> bool:
    """Both sides must take the package; where a REFER may go, its reports may come (RFC 3515)."""
    said = next((value for name, value in content.fields if name == "Event"), "")
    package, there = said.partition(";")[0], usage.peer
    if package == "refer":
        return True
    ends = [usage.leg] if there is None else [usage.leg, there.leg]
    return all(package in leg.terms.events for leg in ends)


def _offer_refusal(usage: Usage, method: str, offer: Session | None) -> int | None:
    """RFC 3261 §14.2, RFC 3311 §5.2: 491 for glare, 500 for one after the other; else the
    exchange moves on."""
    if method == "INVITE":
        if not usage.confirmed:  # the first INVITE is still open: theirs, or ours
            return 500 if usage.leg.side == "a" else 491
        if any(asked.request.method == "INVITE" for asked in usage.asked.values()):
            return 500
        if any(asking.method == "INVITE" for asking in usage.asking.values()):
            return 491
        if usage.unacknowledged is not None and not usage.unacknowledged.offered:
            # Its ACK is lost or late, but the peer has our 2xx (RFC 5407 §3.1.4).
            usage.settled()
            usage.wire.tell(usage.leg.call, Acknowledged(usage, owed=False, answer=None))
    if offer is not None:
        return usage.exchange.offer_received()
    return usage.exchange.offer_asked() if method == "INVITE" else None


def _bye_received(usage: Usage, key: Key, request: Request) -> None:
    usage.wire.respond(key, usage.leg.response(request, 200))
    closing = usage.closing
    usage.end()
    if not closing:  # else our own BYE has crossed it, and said why
        ended = Ended(usage, NORMAL, crossing(request.headers))
        usage.wire.tell(usage.leg.call, ended)


def _prack_received(usage: Usage, key: Key, request: Request) -> None:
    if usage.on_prack is None:
        _turn_away(usage, key, request, 481)
    else:
        usage.on_prack(key, request)


def _turn_away(
    usage: Usage, key: Key, request: Request, status: int, fields: Sequence[Field] = ()
) -> None:
    if status == 420:
        unknown = unknown_among(request.headers.require, usage.leg.terms)
        fields = (("Unsupported", ", ".join(unknown)),)
    usage.wire.respond(key, usage.leg.response(request, status, fields))
