"""A SIP phone of a few lines over UDP. It shares no code with the border, so no mistake either."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex

from tests.e2e.support.loopback import Address
from tests.e2e.support.media import MediaEnd
from tests.e2e.support.waiting import eventually

_SDP = (
    "v=0\r\no=phone 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP {formats}\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"
)
KEYS = 101
"""Its payload type of telephone-event (RFC 4733)."""


@dataclass(slots=True)
class Text:
    """A message, as far as a phone must understand it."""

    whole: str

    @property
    def method(self) -> str:
        """Of the request, or of that which is answered."""
        return self.field("CSeq").split()[1]

    @property
    def status(self) -> int | None:
        return int(self.whole[8:11]) if self.whole.startswith("SIP/2.0 ") else None

    def field(self, name: str) -> str:
        found = re.search(rf"^{name}: *(.*?)\r$", self.whole, re.MULTILINE | re.IGNORECASE)
        assert found is not None, f"no {name}:\n{self.whole}"
        return found[1]

    @property
    def vias(self) -> str:
        return "".join(f"{each}\r\n" for each in re.findall(r"^Via: .*?(?=\r$)", self.whole, re.M))

    @property
    def media(self) -> Address | None:
        ip = re.search(r"^c=IN IP[46] (\S+)\r$", self.whole, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", self.whole, re.MULTILINE)
        return (ip[1], int(port[1])) if ip and port else None

    @property
    def contact(self) -> str:
        found = re.search(r"<(.*?)>", self.field("Contact"))
        assert found is not None
        return found[1]


@dataclass(slots=True)
class Dialog:
    call_id: str
    local: str
    """From or To with our tag, and below that of the other side."""
    remote: str
    target: str
    to: Address
    """Where our messages go."""
    far_media: Address
    acknowledged: bool = False
    over: bool = False
    cseq: int = 1
    received: list[Text] = field(default_factory=list)


class Phone:
    """Answers whoever calls `answers` at once, and is busy for others."""

    def __init__(self, ip: str, port: int = 5060, *, media_port: int = 6000, ssrc: int = 1) -> None:
        self.ip, self.port = ip, port
        self.media = MediaEnd(ip, media_port, ssrc)
        self.answers = "100"
        self.has_keys = False
        """It takes keys of a telephone."""
        self.dialogs: dict[str, Dialog] = {}
        self.received: list[Text] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((ip, port))
        self._socket.settimeout(0.2)
        self._open = True
        self._thread = threading.Thread(target=self._listen, name=f"phone {ip}", daemon=True)
        self._thread.start()

    # --- what its user does -----------------------------------------------------------------------

    def invite(self, border: Address, number: str = "100", sdp: str | None = None) -> Text:
        """The final response to an INVITE; a 2xx is acknowledged. `sdp`: of media elsewhere."""
        call_id = token_hex(8)
        local = f"<sip:phone@{self.ip}>;tag={token_hex(4)}"
        target = f"sip:{number}@{border[0]}:{border[1]}"
        dialog = Dialog(call_id, local, f"<{target}>", target, border, border)
        final = self._ask(dialog, "INVITE", self._description() if sdp is None else sdp)
        assert final.status is not None
        dialog.remote = final.field("To")
        if final.status < 300:
            assert final.media is not None
            dialog.target, dialog.far_media = final.contact, final.media
            self.dialogs[call_id] = dialog
            self._send(self._request(dialog, "ACK", 1), border)
        return final

    def call(self, border: Address, number: str = "100") -> Dialog:
        final = self.invite(border, number)
        assert final.status == 200, final.whole
        return self.dialogs[final.field("Call-ID")]

    def hang_up(self, dialog: Dialog) -> None:
        dialog.cseq += 1
        final = self._ask(dialog, "BYE")
        assert final.status == 200, final.whole
        dialog.over = True

    def _description(self) -> str:
        formats = f"8 {KEYS}" if self.has_keys else "8"
        sdp = _SDP.format(ip=self.ip, port=self.media.address[1], formats=formats)
        return sdp + f"a=rtpmap:{KEYS} telephone-event/8000\r\n" * self.has_keys

    def requests(self, method: str) -> list[Text]:
        return [each for each in self.received if each.status is None and each.method == method]

    def last(self, method: str) -> str:
        return self.requests(method)[-1].whole

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()
        self.media.close()

    # --- what it does by itself -------------------------------------------------------------------

    def _listen(self) -> None:
        while self._open:
            with suppress(TimeoutError, ConnectionRefusedError):
                data, source = self._socket.recvfrom(65536)
                text = Text(data.decode("utf-8", "replace"))
                self.received.append(text)
                if text.status is None:
                    self._requested(text, (source[0], source[1]))

    def _requested(self, request: Text, source: Address) -> None:
        dialog = self.dialogs.get(request.field("Call-ID"))
        if dialog is not None:
            dialog.received.append(request)
        if request.method == "INVITE":
            self._invited(request, source, dialog)
        elif request.method == "ACK":
            if dialog is not None:
                dialog.acknowledged = True
        else:
            if request.method == "BYE" and dialog is not None:
                dialog.over = True
            self._respond(request, source, 200 if dialog is not None else 481)

    def _invited(self, request: Text, source: Address, dialog: Dialog | None) -> None:
        if dialog is None and f"sip:{self.answers}@" not in request.whole.split("\r\n", 1)[0]:
            self._respond(request, source, 486)
            return
        if dialog is None and request.media is not None:
            call_id, local = request.field("Call-ID"), f"{request.field('To')};tag={token_hex(4)}"
            remote, target = request.field("From"), request.contact
            dialog = Dialog(call_id, local, remote, target, source, request.media)
            self.dialogs[call_id] = dialog
        sdp = self._description()
        if "a=sendonly" in request.whole:  # it is put on hold
            sdp += "a=recvonly\r\n"
        self._respond(request, source, 200, sdp)

    def _respond(self, request: Text, to: Address, status: int, sdp: str = "") -> None:
        dialog = self.dialogs.get(request.field("Call-ID"))
        mine = request.field("To")
        if dialog is not None and ";tag=" not in mine:
            mine = dialog.local
        elif ";tag=" not in mine:
            mine += f";tag={token_hex(4)}"
        lines = [
            f"SIP/2.0 {status} -\r\n{request.vias}From: {request.field('From')}",
            f"To: {mine}",
        ]
        lines += [f"Call-ID: {request.field('Call-ID')}", f"CSeq: {request.field('CSeq')}"]
        self._send("\r\n".join([*lines, *self._rest(sdp)]), to)

    def _ask(self, dialog: Dialog, method: str, sdp: str = "") -> Text:
        """The final response; the request is repeated until there is any response."""
        text = self._request(dialog, method, dialog.cseq, sdp)
        known = len(self.received)

        def answers() -> Iterator[Text]:
            for each in self.received[known:]:
                mine = each.status is not None and each.field("Call-ID") == dialog.call_id
                if mine and each.method == method:
                    yield each

        def final() -> Text | None:
            return next((each for each in answers() if (each.status or 0) >= 200), None)

        self._send(text, dialog.to)
        with suppress(AssertionError):
            eventually("any answer", lambda: list(answers()), 0.5)
            return eventually(f"the final answer to {method}", final, 10)
        self._send(text, dialog.to)
        return eventually(f"the final answer to {method}", final, 10)

    def _request(self, dialog: Dialog, method: str, cseq: int, sdp: str = "") -> str:
        branch = f"z9hG4bK{token_hex(6)}"
        via = f"Via: SIP/2.0/UDP {self.ip}:{self.port};branch={branch};rport"
        lines = [f"{method} {dialog.target} SIP/2.0", via, "Max-Forwards: 70"]
        lines += [f"From: {dialog.local}", f"To: {dialog.remote}", f"Call-ID: {dialog.call_id}"]
        lines.append(f"CSeq: {cseq} {method}")
        return "\r\n".join([*lines, *self._rest(sdp)])

    def _rest(self, sdp: str) -> list[str]:
        contact = f"Contact: <sip:phone@{self.ip}:{self.port}>"
        kind = ["Content-Type: application/sdp"] if sdp else []
        return [contact, *kind, f"Content-Length: {len(sdp)}", "", sdp]

    def _send(self, text: str, to: Address) -> None:
        self._socket.sendto(text.encode(), to)
