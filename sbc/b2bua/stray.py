"""A 2xx to an INVITE whose outcome was settled otherwise: a late fork is accepted and ended
(RFC 3261 §13.2.2.4), or its callee would talk to nobody."""

from __future__ import annotations

from sbc.actions import Flow
from sbc.b2bua.causes import NORMAL
from sbc.b2bua.wire import Wire
from sbc.dialog.dialog import Dialog
from sbc.sip.message import Response, build_request


def end_stray(wire: Wire, response: Response, flow: Flow) -> None:
    """ACK and BYE go back the way that the response came, whatever its Contact says: it is not
    proven that we ever called there."""
    headers = response.headers
    number = headers.cseq.number
    invite = build_request(
        "INVITE",
        "sip:unknown.invalid",
        [
            ("From", headers.get("from") or ""),
            ("To", headers.get("to") or ""),
            ("Call-ID", headers.call_id),
            ("CSeq", f"{number} INVITE"),
        ],
    )
    dialog = Dialog.from_response(invite, response, flow)
    wire.transmit(dialog.ack(number, wire.via(flow)).encode(), flow)
    bye = dialog.request("BYE", wire.via(flow), (NORMAL.field,))
    _, outputs = wire.layer.send(bye, flow, wire.now)
    wire.take(outputs)
