"""The two test phones on real sockets: one behind a simulated NAT, one on the desk."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence

from sbc.actions import Transmit
from sbc.demo.audio import PACE, REPORT_EVERY, Audio
from sbc.demo.nat import Address, Impairment, Nat
from sbc.demo.phone import Phone, PhoneCall
from sbc.tokens import Tokens

DESK = ("127.0.0.1", 5080)
DESK_MEDIA = (6000, 6002, 6004, 6006)
INSIDE = ("192.168.77.23", 5060)
"""What the phone behind the NAT believes of itself; nobody can reach it there."""
INSIDE_MEDIA = 4000
PUBLIC_IP = "127.0.0.8"


class Desk:
    """Answers every call and talks back with a tone: to the demo's phone, then to yours."""

    def __init__(self) -> None:
        self.phone = Phone("desk", DESK, "Desk/1.0", Tokens(b"the desk phone's seed"))
        self.phone.media_ports = DESK_MEDIA
        self.audio: dict[int, Audio] = {}
        """By media port, of the calls that are up."""
        self._sip: asyncio.DatagramTransport | None = None
        self._media: dict[int, asyncio.DatagramTransport] = {}
        self._pump: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises OSError when the ports are taken."""
        self._sip = await _open(DESK, self._sip_received)
        for port in DESK_MEDIA:
            for each in (port, port + 1):
                self._media[each] = await _open((DESK[0], each), self._heard(port))
        self._pump = asyncio.get_running_loop().create_task(self._talk())

    def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
        for transport in (self._sip, *self._media.values()):
            if transport is not None:
                transport.close()

    def _sip_received(self, data: bytes, source: Address) -> None:
        assert self._sip is not None
        _send(self._sip, self.phone.receive(data, source, time.monotonic()))

    def _heard(self, port: int) -> "_Receive":
        def receive(data: bytes, source: Address) -> None:
            del source
            if port in self.audio:
                self.audio[port].receive(data, time.monotonic())

        return receive

    async def _talk(self) -> None:
        assert self._sip is not None
        reported = time.monotonic()
        async for now in _every(PACE):
            _send(self._sip, self.phone.handle_timeout(now))
            report = now - reported >= REPORT_EVERY
            reported = now if report else reported
            for call in list(self.phone.calls.values()):
                self._say(call, report=report)

    def _say(self, call: PhoneCall, *, report: bool) -> None:
        port = call.media_port
        if call.state == "ended":
            del self.phone.calls[call.call_id]
        if call.state != "up" or call.far_media is None:
            return
        audio = self.audio.get(port)
        if audio is None or audio.cname != call.call_id:
            audio = self.audio[port] = Audio(0xDE5C0000 + port, call.call_id)
        ip, far = call.far_media
        self._media[port].sendto(audio.packet(), (ip, far))
        if report:
            self._media[port + 1].sendto(audio.report(time.time()), (ip, far + 1))


class Traveller:
    """A phone behind a symmetric NAT, on a line with jitter and loss."""

    def __init__(self, impairment: Impairment, seed: int) -> None:
        self.phone = Phone("traveller", INSIDE, "Traveller/2.4", Tokens(b"the traveller's seed"))
        self.audio = Audio(0x7AB17E12, f"traveller@{INSIDE[0]}")
        self.media: Address | None = None
        """Where its RTP leaves the NAT."""
        self._nat = Nat(PUBLIC_IP, seed, self._received)
        self._nat.impair(INSIDE_MEDIA, impairment)

    async def call(self, number: str, border: Address, patience: float) -> PhoneCall:
        """Raises TimeoutError when it is not answered, ConnectionRefusedError when refused."""
        await self._nat.bind(INSIDE, border)
        call, sent = self.phone.place(number, border, INSIDE_MEDIA, time.monotonic())
        self._send(sent)
        async with asyncio.timeout(patience):
            async for now in _every(PACE):
                self._send(self.phone.handle_timeout(now))
                if call.state == "up":
                    return call
                if call.state.startswith("refused"):
                    raise ConnectionRefusedError(call.state)
        raise AssertionError("unreachable")

    async def talk(self, call: PhoneCall, seconds: float) -> None:
        assert call.far_media is not None
        ip, port = call.far_media
        self.media = await self._nat.bind((INSIDE[0], INSIDE_MEDIA), (ip, port))
        await self._nat.bind((INSIDE[0], INSIDE_MEDIA + 1), (ip, port + 1))
        end = time.monotonic() + seconds
        reported = time.monotonic()
        async for now in _every(PACE):
            self._nat.send((INSIDE[0], INSIDE_MEDIA), self.audio.packet(), (ip, port))
            if now - reported >= REPORT_EVERY:
                reported = now
                report = self.audio.report(time.time())
                self._nat.send((INSIDE[0], INSIDE_MEDIA + 1), report, (ip, port + 1))
            if now >= end:
                return

    def hang_up(self, call: PhoneCall) -> None:
        self._send(self.phone.hang_up(call, time.monotonic()))

    def close(self) -> None:
        self._nat.close()

    def _received(self, inside: Address, data: bytes, source: Address) -> None:
        now = time.monotonic()
        if inside == INSIDE:
            self._send(self.phone.receive(data, source, now))
        else:
            self.audio.receive(data, now)

    def _send(self, sent: Sequence[Transmit]) -> None:
        for each in sent:
            self._nat.send(INSIDE, each.data, each.flow.remote)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receive: "_Receive") -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._receive(data, addr)


async def _open(local: Address, receive: "_Receive") -> asyncio.DatagramTransport:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(receive), local_addr=local
    )
    return transport


def _send(transport: asyncio.DatagramTransport, sent: Sequence[Transmit]) -> None:
    for each in sent:
        transport.sendto(each.data, each.flow.remote)


async def _every(seconds: float) -> AsyncIterator[float]:
    """The time, at even intervals which do not drift."""
    due = time.monotonic()
    while True:
        yield time.monotonic()
        due += seconds
        await asyncio.sleep(max(0.0, due - time.monotonic()))


_Receive = Callable[[bytes, Address], None]
