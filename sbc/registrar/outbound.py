"""Flows that a phone keeps itself (RFC 5626 §4-6): when that was agreed, and what is told of it."""

from sbc.actions import Flow
from sbc.sip.message import Request

OPTION_TAG = "outbound"
STREAM_TIMER = 120
"""Seconds: of connections a phone shall say something so often (§4.4.1)."""

Field = tuple[str, str]


def is_asked(request: Request) -> bool:
    """A Contact names its instance and flow, and the phone knows what that means (§4.2)."""
    headers = request.headers
    if OPTION_TAG not in headers.supported and OPTION_TAG not in headers.require:
        return False
    return any(
        contact.param("reg-id") is not None and contact.param("+sip.instance") is not None
        for contact in headers.contacts
    )


def lacks_first_hop(request: Request) -> bool:
    """Somebody stands between the phone and us, so that its flow does not end here (§6)."""
    return len(request.headers.elements("via")) > 1


def agreed(flow: Flow, datagram_timer: float) -> tuple[Field, ...]:
    """Of a 200: the phone keeps its flow open, and how often it has to (§5.4, §6)."""
    seconds = STREAM_TIMER if flow.reliable else int(datagram_timer)
    return (("Require", OPTION_TAG), ("Flow-Timer", str(seconds)))
