"""Candidates that a peer sends in INFO after its description (RFC 8840 §5): they end here, and the
relay checks them."""

from __future__ import annotations

from config.effective import Terms
from media.sdp.fragment import TYPE, parse
from media.sdp.session import BadSdp
from sbc.b2bua import ports
from sbc.b2bua.call import Call, State
from sbc.b2bua.events import Requested
from sbc.b2bua.moving import branch_of
from sbc.sip.message import Request


def is_for_us(request: Request, terms: Terms) -> bool:
    """Its body is of this side alone: it is neither read as another one nor handed on."""
    return request.method == "INFO" and terms.ice != "none" and request.headers.content_type == TYPE


def taken(call: Call, event: Requested, request: Request) -> bool:
    """Does this request end here?"""
    usage = event.usage
    if not is_for_us(request, usage.leg.terms):
        return False
    try:
        parts = parse(request.body)
    except BadSdp:
        usage.respond(event.key, 400)
        return True
    if call.plan.trickled(parts, usage.leg.side, branch_of(usage)):
        ports.serve(call, answered=call.state in {State.ANSWERED, State.UP})
    usage.respond(event.key, 200)
    return True
