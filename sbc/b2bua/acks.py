"""The ACKs of one dialog for the 2xx to our INVITEs (RFC 3261 §13.2.2.4): each is kept, and sent
again for a 2xx that comes again. One too large for UDP goes by TCP where the peer has taken a large
request so before (§18.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbc.actions import Flow
from sbc.b2bua.content import Content
from sbc.sip.message import Request, Response
from sbc.transaction.large import MOST_OVER_UDP

if TYPE_CHECKING:
    from sbc.b2bua.usage import Usage

KEPT = 4
"""More INVITEs than can have their 2xx in the air at once."""


class Acks:
    __slots__ = ("_sent", "_usage")

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._sent: dict[int, tuple[bytes, Flow | None]] = {}
        """By CSeq; and the connection that it went by, if not by the way of the dialog."""

    def send(self, cseq: int, content: Content) -> None:
        usage = self._usage
        built = self._built(cseq, usage.leg.flow, content)
        data, way = built.encode(), None
        if len(data) > MOST_OVER_UDP:  # nobody would tell us that TCP is refused
            way = usage.wire.large.proven(usage.leg.next_hop(usage.dialog))
        if way is not None:
            built = self._built(cseq, way, content)
            data = built.encode()
        usage.leg.traced("out", built)
        if len(self._sent) >= KEPT:
            del self._sent[next(iter(self._sent))]
        self._sent[cseq] = data, way
        usage.wire.transmit(data, way or usage.leg.next_hop(usage.dialog))

    def again(self, response: Response) -> None:
        usage = self._usage
        found = self._sent.get(response.headers.cseq.number)
        if found is not None and 200 <= response.status < 300:
            data, way = found
            usage.wire.transmit(data, way or usage.leg.next_hop(usage.dialog))

    def _built(self, cseq: int, flow: Flow, content: Content) -> Request:
        usage = self._usage
        return usage.dialog.ack(
            cseq,
            usage.wire.via(flow),
            content.payload,
            content.payload_type,
            (usage.leg.session_field(), *usage.credentials),
        )
