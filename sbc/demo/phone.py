"""A small SIP phone, pure: places a call, answers one, hangs up. It plays both ends of the demo.

Time and bytes go in, datagrams come out. It believes its own address, as phones do, whether anyone
can reach it there or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from media.sdp.session import BadSdp
from media.sdp.session import parse as parse_sdp
from sbc.actions import Flow, Transmit
from sbc.dialog.dialog import Dialog
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request, build_response, parse
from sbc.tokens import Tokens
from sbc.transaction.layer import (
    AckReceived,
    Output,
    RequestReceived,
    ResponseReceived,
    TransactionLayer,
)

Address = tuple[str, int]
INTERFACE = "phone"


@dataclass(slots=True)
class PhoneCall:
    """One call of a phone."""

    call_id: str
    media_port: int
    state: str = "calling"
    """`calling`, `ringing`, `up`, `ended` or `refused <status>`."""
    dialog: Dialog | None = None
    far_media: Address | None = None
    """Where the other end wants RTP."""


class Phone:
    def __init__(self, user: str, address: Address, agent: str, tokens: Tokens) -> None:
        self.user = user
        self.address = address
        self.agent = agent
        self.calls: dict[str, PhoneCall] = {}
        """By Call-ID."""
        self.received: list[bytes] = []
        """Every message that came, for whoever wants to see what the border lets through."""
        self.heard_calls: list[str] = []
        """Call-IDs of the calls that came in, also when they are over."""
        self.media_ports: Sequence[int] = ()
        """RTP ports for calls that come in; one that is not in use is taken."""
        self._tokens = tokens
        self._layer = TransactionLayer()
        self._invites: dict[tuple[str, ...], Request] = {}

    # --- what the user does -----------------------------------------------------------------------

    def place(
        self, number: str, border: Address, media_port: int, now: float
    ) -> tuple[PhoneCall, list[Transmit]]:
        host = f"{self.address[0]}:{self.address[1]}"
        call = PhoneCall(f"{self._tokens.token(16)}@{self.address[0]}", media_port)
        self.calls[call.call_id] = call
        fields = [
            ("Via", self._via()),
            ("Max-Forwards", "70"),
            ("From", f'"{self.user}" <sip:{self.user}@{host}>;tag={self._tokens.token(12)}'),
            ("To", f"<sip:{number}@{border[0]}>"),
            ("Call-ID", call.call_id),
            ("CSeq", "1 INVITE"),
            ("Contact", self._contact),
            ("User-Agent", self.agent),
        ]
        uri = f"sip:{number}@{border[0]}:{border[1]}"
        request = build_request("INVITE", uri, fields, self._sdp(media_port), "application/sdp")
        key, outputs = self._layer.send(request, Flow(INTERFACE, "udp", border), now)
        self._invites[key] = request
        return call, self._handle(outputs, now)

    def hang_up(self, call: PhoneCall, now: float) -> list[Transmit]:
        if call.dialog is None or call.state != "up":
            return []
        call.state = "ended"
        request = call.dialog.request("BYE", self._via(), [("User-Agent", self.agent)])
        return self._handle(self._layer.send(request, call.dialog.flow, now)[1], now)

    # --- what the network does --------------------------------------------------------------------

    def receive(self, data: bytes, source: Address, now: float) -> list[Transmit]:
        self.received.append(data)
        try:
            message = parse(data)
            outputs = self._layer.receive(message, Flow(INTERFACE, "udp", source), now)
            return self._handle(outputs, now)
        except BadMessage:
            return []

    def handle_timeout(self, now: float) -> list[Transmit]:
        return self._handle(self._layer.handle_timeout(now), now)

    def next_deadline(self) -> float | None:
        return self._layer.next_deadline()

    # --- within -----------------------------------------------------------------------------------

    def _handle(self, outputs: list[Output], now: float) -> list[Transmit]:
        sent: list[Transmit] = []
        waiting = list(outputs)
        while waiting:
            output = waiting.pop(0)
            if isinstance(output, Transmit):
                sent.append(output)
            elif isinstance(output, RequestReceived):
                waiting += self._asked(output, now)
            elif isinstance(output, ResponseReceived):
                waiting += self._answered(output)
            elif isinstance(output, AckReceived):
                call = self.calls.get(output.request.headers.call_id)
                if call is not None and call.state == "ringing":
                    call.state = "up"
        return sent

    def _asked(self, event: RequestReceived, now: float) -> list[Output]:
        request = event.request
        call = self.calls.get(request.headers.call_id)
        if request.method == "INVITE" and call is None:
            return self._pick_up(event, now)
        if request.method == "BYE" and call is not None:
            call.state = "ended"
            return self._layer.respond(event.key, build_response(request, 200), now)
        status = 481 if call is None else 200 if request.method == "OPTIONS" else 488
        return self._layer.respond(event.key, build_response(request, status), now)

    def _pick_up(self, event: RequestReceived, now: float) -> list[Output]:
        """Ring, and answer at once."""
        request = event.request
        busy = {call.media_port for call in self.calls.values() if call.state != "ended"}
        free = [port for port in self.media_ports if port not in busy]
        if not free:
            return self._layer.respond(event.key, build_response(request, 486), now)
        call = PhoneCall(request.headers.call_id, free[0], "ringing", None, _media_of(request))
        self.calls[call.call_id] = call
        self.heard_calls.append(call.call_id)
        tag = self._tokens.token(12)
        call.dialog = Dialog.from_invite(request, tag, self._contact, event.flow)
        fields = [("Contact", self._contact), ("Server", self.agent)]
        ringing = build_response(request, 180, None, fields, to_tag=tag)
        answer = build_response(
            request,
            200,
            None,
            fields,
            self._sdp(call.media_port),
            to_tag=tag,
            content_type="application/sdp",
        )
        return self._layer.respond(event.key, ringing, now) + self._layer.respond(
            event.key, answer, now
        )

    def _answered(self, event: ResponseReceived) -> list[Output]:
        response = event.response
        request = self._invites.get(event.key)
        call = self.calls.get(response.headers.call_id)
        if request is None or call is None:
            return []
        if response.status >= 300:
            call.state = f"refused {response.status}"
        elif response.status >= 200:
            return self._up(call, request, response, event.flow)
        elif call.state == "calling":
            call.state = "ringing"
        return []

    def _up(
        self, call: PhoneCall, request: Request, response: Response, flow: Flow
    ) -> list[Output]:
        if call.dialog is None:
            call.dialog = Dialog.from_response(request, response, flow)
            call.far_media = _media_of(response)
            call.state = "up"
        ack = call.dialog.ack(response.headers.cseq.number, self._via())
        return [Transmit(ack.encode(), call.dialog.flow)]

    @property
    def _contact(self) -> str:
        return f"<sip:{self.user}@{self.address[0]}:{self.address[1]}>"

    def _via(self) -> str:
        branch = f"z9hG4bK{self._tokens.token(16)}"
        return f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch={branch};rport"

    def _sdp(self, port: int) -> bytes:
        ip = self.address[0]
        return (
            f"v=0\r\no={self.user} 1 1 IN IP4 {ip}\r\ns={self.agent}\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"
        ).encode()


def _media_of(message: Request | Response) -> Address | None:
    try:
        return parse_sdp(message.body).media[0].rtp
    except (BadSdp, IndexError):
        return None
