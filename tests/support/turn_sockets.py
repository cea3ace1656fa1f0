"""An engine of the TURN server on loopback sockets, and what it hands up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from stun_turn.actions import Client
from stun_turn.attributes import Address

PATIENCE = 5.0


class Heard:
    """Takes what no flow matches."""

    def __init__(self) -> None:
        self.all: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()

    def from_client(self, data: bytes, client: Client) -> None:
        self.all.put_nowait(("client", data, client))

    def from_peer(self, data: bytes, relay: Address, peer: Address) -> None:
        self.all.put_nowait(("peer", data, relay, peer))

    def icmp(self, relay: Address, peer: Address, kind: int, code: int, mtu: int) -> None:
        self.all.put_nowait(("icmp", relay, peer, kind, code, mtu))

    async def next(self) -> tuple[Any, ...]:
        return await asyncio.wait_for(self.all.get(), PATIENCE)


def udp_socket(ip: str = "127.0.0.1") -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((ip, 0))
    opened.setblocking(False)
    return opened


def free_port(ip: str = "127.0.0.1") -> Address:
    """Of nobody, neither by UDP nor by TCP, a moment ago."""
    while True:
        with suppress(OSError), udp_socket(ip) as opened, socket.socket(opened.family) as tcp:
            tcp.bind(at(opened))
            return at(opened)


def at(opened: socket.socket) -> Address:
    name = opened.getsockname()
    return str(name[0]), int(name[1])


async def received(opened: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    return await asyncio.wait_for(loop.sock_recv(opened, 65_536), PATIENCE)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)
