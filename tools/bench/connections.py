"""Messages over each transport: how many a second, and the processor time of one, over UDP, TCP,
TLS and secure WebSocket.

OPTIONS and its answer, over and over, on connections that are open: what a transport costs, beside
the same work of SIP. Each connection keeps a few requests open, so that the border never waits.
"""

import asyncio
import ssl
import sys
from asyncio import DatagramTransport, Transport
from pathlib import Path
from time import monotonic
from typing import cast

from tests.support.authority import Authority
from tools.bench.figures import per_item
from tools.bench.ours import NAME
from tools.bench.processes import LOAD_CORE, Broken, Process, on_core, spent, until
from tools.bench.sipp import answers
from tools.bench.subject import CALLER, Address
from tools.bench.table import Results

NEAR = "127.0.0.85"
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061, "wss": 5443}
LINKS, DEPTH = 40, 4
_WARM_UP = 0.5
_START, _PATIENCE = 15.0, 5.0
_END = b"\r\n\r\n"

_CONFIGURATION = f"""version: 1
node: {{ name: bench, run_directory: @FOLDER@/run-connections }}
certificates:
  edge: {{ chain: @FOLDER@/edge.pem, key: @FOLDER@/edge.key }}
interfaces:
  near:
    zone: outside
    bind: {NEAR}
    sip:
      - {{ transport: udp, port: {PORTS["udp"]} }}
      - {{ transport: tcp, port: {PORTS["tcp"]} }}
      - {{ transport: tls, port: {PORTS["tls"]}, certificate: edge }}
      - transport: wss
        port: {PORTS["wss"]}
        certificate: edge
        origins: ["https://a.example"]
    media: {{ ports: 20000-20099 }}
zones:
  outside: {{ trust: untrusted, connections_per_source: 1000 }}
trunks:
  caller:
    zone: outside
    endpoints: [{{ uri: "sip:{CALLER}:5060" }}]
    identify: {{ sources: [{CALLER}/32] }}
routes:
  - {{ name: back, from: {{ trunk: caller }}, to: [caller] }}
cdr: {{ spool: @FOLDER@/cdr-connections }}
"""


def measure(folder: Path, seconds: float, results: Results) -> None:
    """One round; ours alone."""
    (folder / "run-connections").mkdir(mode=0o700, exist_ok=True)
    authority = Authority(folder)
    authority.pair("edge", NEAR)
    file = folder / "connections.yaml"
    file.write_text(_CONFIGURATION.replace("@FOLDER@", str(folder)))
    border = Process([sys.executable, "-m", "sbc", "run", str(file)], folder / "connections.log")
    try:
        until("the border's answer", _START, border, lambda: answers((NEAR, PORTS["udp"])))
        for transport in PORTS:
            with on_core(LOAD_CORE):
                load = Load(transport, authority.trust)
                answered, taken, cost = asyncio.run(load.run(border, seconds))
            results.add(f"messages over {transport.upper()}", "1/s", NAME, 2 * answered / taken)
            what = f"processor time: message over {transport.upper()}"
            results.add(what, "µs", NAME, 1e6 * per_item(cost, 2 * answered))
    except (Broken, OSError, TimeoutError) as problem:
        results.note(f"connections: {problem}")
    finally:
        border.stop()


class Load:
    """Some connections, or one socket of UDP, and how many answers came."""

    def __init__(self, transport: str, trust: Path) -> None:
        self.transport = transport
        self.answered = 0
        self.sent = 0
        self._trust = trust

    async def run(self, border: Process, seconds: float) -> tuple[int, float, float]:
        """Answers, the time that they took, and the processor time of the border."""
        links = [await self._link() for _ in range(LINKS)]
        for link in links:
            for _ in range(DEPTH):
                link.ask()
        await asyncio.sleep(_WARM_UP)
        answered, began, before = self.answered, monotonic(), spent([border])
        await asyncio.sleep(seconds)
        answered, taken = self.answered - answered, monotonic() - began
        cost = spent([border]) - before
        for link in links:
            link.close()
        if not answered:
            raise Broken(f"nothing was answered over {self.transport}")
        return answered, taken, cost

    async def _link(self) -> "Link":
        loop, link = asyncio.get_running_loop(), Link(self)
        there: Address = (NEAR, PORTS[self.transport])
        async with asyncio.timeout(_PATIENCE):
            if self.transport == "udp":
                local = (CALLER, 0)
                await loop.create_datagram_endpoint(
                    lambda: link, local_addr=local, remote_addr=there
                )
            else:
                context = None
                if self.transport != "tcp":
                    context = ssl.create_default_context(cafile=str(self._trust))
                await loop.create_connection(
                    lambda: link, *there, ssl=context, local_addr=(CALLER, 0)
                )
            await link.ready.wait()
        return link

    def request(self) -> bytes:
        self.sent += 1
        transport = self.transport.upper()
        lines = [
            f"OPTIONS sip:{NEAR} SIP/2.0",
            f"Via: SIP/2.0/{transport} {CALLER}:5060;branch=z9hG4bK{self.sent}{transport};rport",
            "Max-Forwards: 70",
            f"From: <sip:bench@{CALLER}>;tag=bench",
            f"To: <sip:{NEAR}>",
            f"Call-ID: {self.sent}@bench",
            "CSeq: 1 OPTIONS",
            "Accept: application/sdp",
            "Content-Length: 0",
            "",
            "",
        ]
        return "\r\n".join(lines).encode()


class Link(asyncio.Protocol, asyncio.DatagramProtocol):
    """One connection: each answer is followed by one more request."""

    def __init__(self, load: Load) -> None:
        self.ready = asyncio.Event()
        self._load = load
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._load.transport != "wss":
            self.ready.set()
            return
        lines = [
            "GET / HTTP/1.1",
            f"Host: {NEAR}:{PORTS['wss']}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: sip",
            "",
            "",
        ]
        cast(Transport, transport).write("\r\n".join(lines).encode())

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        came = self._rest + data
        ends = came.count(_END)
        self._rest = came[came.rfind(_END) + len(_END) :] if ends else came
        self._rest = self._rest[-3:]  # as much as an end may lack
        if not self.ready.is_set():
            if came.startswith(b"HTTP/1.1 101 "):
                self.ready.set()
            return
        self._load.answered += ends
        for _ in range(ends):
            self.ask()

    def ask(self) -> None:
        data = self._load.request()
        if self._load.transport == "udp":
            cast(DatagramTransport, self._transport).sendto(data)
        elif self._load.transport in {"tcp", "tls"}:
            cast(Transport, self._transport).write(data)
        else:
            cast(Transport, self._transport).write(framed(data))

    def close(self) -> None:
        cast(Transport, self._transport).close()


def framed(data: bytes) -> bytes:
    """A text frame of a client (RFC 6455 §5.2), masked with zeros."""
    assert 126 <= len(data) < 65_536
    return b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data
