"""What the peer of one dialog asks: each request is answered here, or handed to the call.

The rules of SIP that concern one dialog alone: order, glare, extensions, bodies (RFC 3261 §12.2.2,
§14.2; RFC 3311 §5.2).
"""

from __future__ import annotations

from collections.abc import Sequence

from media.sdp.session import Session
from sbc.actions import Flow
from sbc.b2bua.causes import NORMAL
from sbc.b2bua.content import ACCEPT, EMPTY, Content, read
from sbc.b2bua.crossing import Field
from sbc.b2bua.events import Acknowledged, Ended, RequestCancelled, Requested
from sbc.b2bua.pending import Asked
from sbc.b2bua.usage import ALLOW, OFFERING, Usage
from sbc.policy.extensions import SUPPORTED
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_response
from sbc.transaction.events import Key

CROSSING = frozenset({"INFO", "OPTIONS", "MESSAGE", "REFER", "NOTIFY"})


def received(usage: Usage, key: Key, request: Request, flow: Flow) -> None:
    if usage.over:
        usage.wire.respond(key, build_response(request, 481))
        return
    refusal = usage.dialog.accepts(request)
    if refusal is not None:
        _turn_away(usage, key, request, refusal.status)
        return
    usage.leg.flow_heard(flow)
    method = request.method
    if method == "BYE":
        _bye_received(usage, key, request)
    elif method == "PRACK":
        _prack_received(usage, key, request)
    elif method in OFFERING or method in CROSSING:
        _ask(usage, key, request)
    else:
        _turn_away(usage, key, request, 405, (ALLOW,))


def acknowledged(usage: Usage, request: Request) -> None:
    """An ACK within this dialog."""
    waiting = usage.unacknowledged
    if waiting is None or request.headers.cseq.number != waiting.cseq:
        return
    usage.unacknowledged = None
    usage.wire.timers.clear((usage, "2xx"))
    try:
        content = read(request)
    except BadMessage:
        content = EMPTY
    answer = content.sdp if waiting.offered else None
    if waiting.offered:
        usage.exchange.answer_received()
    usage.wire.tell(usage.leg.call, Acknowledged(usage, waiting.offered, answer))
    if usage.bye_after_ack is not None:
        usage.send_bye(usage.bye_after_ack)


def cancelled(usage: Usage, key: Key) -> None:
    if key in usage.asked:
        usage.wire.tell(usage.leg.call, RequestCancelled(usage, key))


def _ask(usage: Usage, key: Key, request: Request) -> None:
    """A request that the other side shall see."""
    try:
        content = _checked(request)
    except BadMessage as bad:
        fields = (("Accept", ACCEPT),) if bad.status == 415 else ()
        _turn_away(usage, key, request, bad.status, fields)
        return
    method, offer = request.method, content.sdp
    if method in OFFERING:
        refusal = _offer_refusal(usage, method, offer)
        if refusal is not None:
            later = (("Retry-After", str(usage.wire.tokens.number(11))),)
            _turn_away(usage, key, request, refusal, later if refusal == 500 else ())
            return
        usage.dialog.refresh_target(request)
    usage.asked[key] = Asked(request, offered=offer is not None)
    usage.wire.tell(usage.leg.call, Requested(usage, key, method, content, offer))


def _offer_refusal(usage: Usage, method: str, offer: Session | None) -> int | None:
    """RFC 3261 §14.2, RFC 3311 §5.2: 491 for glare, 500 for one after the other; else the
    exchange moves on."""
    if method == "INVITE":
        if any(asked.request.method == "INVITE" for asked in usage.asked.values()):
            return 500
        if usage.unacknowledged is not None:
            return 500
        if any(asking.method == "INVITE" for asking in usage.asking.values()):
            return 491
    if offer is not None:
        return usage.exchange.offer_received()
    return usage.exchange.offer_asked() if method == "INVITE" else None


def _checked(request: Request) -> Content:
    unknown = [tag for tag in request.headers.require if tag not in SUPPORTED]
    if unknown:
        raise BadMessage(420, "Bad Extension")
    return read(request)


def _bye_received(usage: Usage, key: Key, request: Request) -> None:
    usage.wire.respond(key, usage.leg.response(request, 200))
    for waiting, asked in usage.asked.items():
        usage.wire.respond(waiting, usage.leg.response(asked.request, 487))
    usage.asked.clear()
    try:
        fields = read(request).fields
    except BadMessage:
        fields = ()
    usage.end()
    usage.wire.tell(usage.leg.call, Ended(usage.leg, NORMAL, fields))


def _prack_received(usage: Usage, key: Key, request: Request) -> None:
    if usage.on_prack is None:
        _turn_away(usage, key, request, 481)
    else:
        usage.on_prack(key, request)


def _turn_away(
    usage: Usage, key: Key, request: Request, status: int, fields: Sequence[Field] = ()
) -> None:
    if status == 420:
        unknown = [tag for tag in request.headers.require if tag not in SUPPORTED]
        fields = (("Unsupported", ", ".join(unknown)),)
    usage.wire.respond(key, usage.leg.response(request, status, fields))
