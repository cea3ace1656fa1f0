"""User agents at the two ends of a call; each does only what the test tells it."""

from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.messages import ANSWER, OFFER, answer, invite, text

M = TypeVar("M", Request, Response)
_BRANCHES = count(1)


@dataclass
class End:
    """One end in its dialog with the border."""

    border: Border
    flow: Flow
    local: str
    """Value of its own From, with the tag."""
    remote: str
    call_id: str
    target: str
    cseq: int = 1
    vias: dict[int, str] = field(default_factory=dict)
    """Branch of each request that it sent, by CSeq."""

    def ask(
        self,
        method: str,
        *extra: str,
        body: str = "",
        kind: str = "application/sdp",
        cseq: int | None = None,
        flow: Flow | None = None,
        via: str | None = None,
        max_forwards: int = 70,
    ) -> None:
        """Send a request within the dialog; ACK and CANCEL name the CSeq that they are for."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        flow = flow or self.flow
        ip, port = flow.remote
        branch = via or f"z9hG4bK-{next(_BRANCHES)}-end"
        if method not in ("ACK", "CANCEL"):
            self.vias[cseq] = branch
        fields = [
            f"Via: SIP/2.0/{flow.transport.upper()} {ip}:{port};branch={branch};rport",
            f"From: {self.local}",
            f"To: {self.remote}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:end@{ip}:{port}>",
            f"Max-Forwards: {max_forwards}",
            *extra,
        ]
        self.border.receive(text(f"{method} {self.target} SIP/2.0", fields, body, kind), flow)

    def ack(self, cseq: int | None = None, body: str = "") -> None:
        """ACK a 2xx; by default that of the last INVITE."""
        self.ask("ACK", cseq=self.cseq if cseq is None else cseq, body=body)

    def cancel(self, cseq: int | None = None) -> None:
        number = self.cseq if cseq is None else cseq
        self.ask("CANCEL", cseq=number, via=self.vias[number])

    def got(self, method: str) -> Request:
        """The one request of this method that waits for it, copies included; the rest stays."""
        found = [m for m in self._waiting() if isinstance(m, Request) and m.method == method]
        return self._the_one(found, method)

    def heard(self, status: int) -> Response:
        """The one response of this status that waits for it, copies included; the rest stays."""
        found = [m for m in self._waiting() if isinstance(m, Response) and m.status == status]
        return self._the_one(found, str(status))

    def answers(
        self, request: Request, status: int, *extra: str, body: str = "", allow: str | None = None
    ) -> None:
        contact = f"<sip:end@{self.flow.remote[0]}:{self.flow.remote[1]}>"
        tag = self.local.rpartition("tag=")[2]
        made = answer(request, status, *extra, tag=tag, body=body, contact=contact, allow=allow)
        self.border.receive(made, self.flow)

    def inbox(self) -> list[str]:
        """All that it was sent and did not look at, in short; it is then gone."""
        return self.border.heard(self.flow)

    def _waiting(self) -> list[Request | Response]:
        return [message for to, message in self.border.out if to == self.flow]

    def _the_one(self, found: list[M], what: str) -> M:
        assert found, f"no {what} among {self._waiting()}"
        assert len({message.encode() for message in found}) == 1, f"several {what}: {found}"
        taken = {id(message) for message in found}
        self.border.out = [pair for pair in self.border.out if id(pair[1]) not in taken]
        return found[0]


def calling(border: Border, response: Response, flow: Flow = CALLER) -> End:
    """The caller, in the dialog that a response to its INVITE began."""
    headers = response.headers
    return End(
        border,
        flow,
        local=headers.get("from") or "",
        remote=headers.get("to") or "",
        call_id=headers.call_id,
        target=headers.contacts[0].uri,
        cseq=headers.cseq.number,
    )


def called(border: Border, request: Request, flow: Flow = CALLEE, tag: str = "bob-tag") -> End:
    """The callee, in a dialog that it answers this INVITE in."""
    headers = request.headers
    return End(
        border,
        flow,
        local=f"{headers.get('to')};tag={tag}",
        remote=headers.get("from") or "",
        call_id=headers.call_id,
        target=headers.contacts[0].uri,
        cseq=0,
    )


def inviting(border: Border, *extra: str, body: str = OFFER) -> tuple[Request, End]:
    """The INVITE as the callee got it, and the callee."""
    border.receive(invite(*extra, body=body), CALLER)
    request = border.request(CALLEE, "INVITE")
    return request, called(border, request)


def ringing(border: Border, *extra: str, body: str = OFFER) -> tuple[End, End, Request]:
    """Caller and callee after a 180; and the INVITE that waits for its answer."""
    request, callee = inviting(border, *extra, body=body)
    callee.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    return caller, callee, request


def up(
    border: Border,
    *extra: str,
    offer: str = OFFER,
    answer: str = ANSWER,
    allow: str | None = None,
) -> tuple[End, End]:
    """Caller and callee of a call that is up, with nothing in the air.

    `allow`: what the callee says of itself; empty for nothing.
    """
    request, callee = inviting(border, *extra, body=offer)
    callee.answers(request, 200, body=answer, allow=allow)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    return caller, callee


def hang_up(one: End, other: End) -> None:
    """A plain end of a call."""
    one.ask("BYE")
    one.heard(200)
    other.answers(other.got("BYE"), 200)
