"""Keys of a telephone where the two sides press them in different forms (RFC 4733, SIP INFO).

An INFO with a key ends here and is played by the relay; what the relay hears and the other side
wants by INFO is told in a request of our own. `application/dtmf-relay` and `application/dtmf` are
what the field has agreed on; RFC 6086 has never replaced them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from media.control import KeyPressed, PressKey
from media.sdp import keys
from sbc.b2bua.call import Call
from sbc.b2bua.content import Content
from sbc.b2bua.events import Requested
from sbc.b2bua.facing import OTHER
from sbc.sip.message import Request

RELAYED = "application/dtmf-relay"
_SIGNAL = re.compile(rb"(?:^|[\r\n])\s*signal\s*=\s*([0-9A-Da-d*#]|1[01])\s*(?:[\r\n]|$)", re.I)
_DURATION = re.compile(rb"(?:^|[\r\n])\s*duration\s*=\s*([0-9]{1,6})\s*(?:[\r\n]|$)", re.I)
_BARE = re.compile(rb"\s*([0-9A-Da-d*#]|1[01])\s*")
_BY_NUMBER = {"10": "*", "11": "#"}
_USUAL = 250
"""Milliseconds of a key whose length is not said."""


@dataclass(frozen=True, slots=True)
class Pressed:
    key: str
    milliseconds: int


def read(request: Request) -> Pressed | None:
    """The key in an INFO, if it has one."""
    if request.method != "INFO":
        return None
    match request.headers.content_type:
        case "application/dtmf-relay":
            signal, duration = _SIGNAL.search(request.body), _DURATION.search(request.body)
        case "application/dtmf":
            signal, duration = _BARE.fullmatch(request.body), None
        case _:
            return None
    if signal is None:
        return None
    text = signal[1].decode().upper()
    milliseconds = int(duration[1]) if duration is not None else _USUAL
    return Pressed(_BY_NUMBER.get(text, text), milliseconds)


def taken(call: Call, event: Requested, request: Request) -> bool:
    """Does this request end here, as a key that the relay plays to the other side?"""
    side = event.usage.leg.side
    form, other = (call.plan.sides[each].profile.dtmf for each in (side, OTHER[side]))
    if form != "info" or not keys.meet(form, other) or not call.plan.open:
        return False
    pressed = read(request)
    if pressed is None:
        return False
    plan = call.plan.session
    call.shared.ask(call, PressKey(plan, OTHER[side], pressed.key, pressed.milliseconds))
    event.usage.respond(event.key, 200)
    return True


def pressed(call: Call, event: KeyPressed) -> None:
    """The relay has heard a key: the other side is told."""
    usage = call.callee.answered if call.callee is not None else None
    if usage is not None and event.side == "b":
        usage = usage.peer
    if usage is None or usage.over or usage.closing or "INFO" not in usage.leg.terms.methods:
        return
    body = f"Signal={event.key}\r\nDuration={event.milliseconds}\r\n".encode()
    usage.request("INFO", (), Content(body=body, content_type=RELAYED))
