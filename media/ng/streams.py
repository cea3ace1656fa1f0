"""NG over connections: a listening socket, its clients, and what bounds them.

A part of the relay's one loop. A client that sends a message too slowly, or does not read its
replies, is cut off.
"""

from collections.abc import Callable
from contextlib import suppress
from select import EPOLLIN, EPOLLOUT
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    SO_REUSEADDR,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    socket,
)
from typing import Protocol

from media.control import Address
from media.door import Loop

MOST_CLIENTS = 256
MOST_UNREAD = 4 << 20
"""Bytes that a client may leave unread."""
SLOWEST = 10.0
"""Seconds that one message may take to come."""
_CHUNK = 65_536


class Talk(Protocol):
    """What is said on one connection, without the connection."""

    over: bool

    @property
    def waits(self) -> bool: ...
    def receive(self, data: bytes, now: float) -> bytes: ...


Begin = Callable[[Address], Talk]
"""With the client of this address."""


class StreamDoor:
    def __init__(self, at: Address, loop: Loop, begin: Begin) -> None:
        """Raises OSError when the address cannot be had."""
        self._loop = loop
        self._begin = begin
        self._clients: dict[int, _Client] = {}
        self._socket = _listening(at)
        loop.watch(self._socket.fileno(), EPOLLIN, self._accept)

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def port(self) -> int:
        number: int = self._socket.getsockname()[1]
        return number

    def sweep(self, now: float) -> None:
        """Now and then: whoever is too slow is cut off."""
        for client in list(self._clients.values()):
            if client.since is not None and now - client.since > SLOWEST:
                client.close()

    def close(self) -> None:
        for client in list(self._clients.values()):
            client.close()
        self._loop.unwatch(self._socket.fileno())
        self._socket.close()

    def _accept(self, _: int, now: float) -> None:  # noqa: ARG002 - the loop's signature
        with suppress(OSError):
            theirs, address = self._socket.accept()
            if len(self._clients) >= MOST_CLIENTS:
                theirs.close()
                return
            talk = self._begin(address[:2])
            file = theirs.fileno()
            self._clients[file] = _Client(
                theirs, talk, self._loop, lambda: self._clients.pop(file, None)
            )


class _Client:
    __slots__ = ("_file", "_gone", "_loop", "_out", "_socket", "_talk", "_watched", "since")

    def __init__(self, theirs: socket, talk: Talk, loop: Loop, gone: Callable[[], object]) -> None:
        self._socket = theirs
        self._file = theirs.fileno()
        self._talk = talk
        self._loop = loop
        self._gone = gone
        self._out = bytearray()
        self._watched = EPOLLIN
        self.since: float | None = None
        """When the message began that is not whole yet, or the reply that is not read."""
        theirs.setblocking(False)
        theirs.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        loop.watch(self._file, EPOLLIN, self._ready)

    def close(self) -> None:
        if self._file >= 0:
            self._loop.unwatch(self._file)
            self._file = -1
            self._socket.close()
            self._gone()

    def _ready(self, events: int, now: float) -> None:
        if events & ~EPOLLOUT and not self._read(now):
            self.close()
            return
        self._write(now)

    def _read(self, now: float) -> bool:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        if not self._talk.over:
            self._out += self._talk.receive(data, now)
        return len(self._out) <= MOST_UNREAD

    def _write(self, now: float) -> None:
        try:
            del self._out[: self._socket.send(self._out) if self._out else 0]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if self._talk.over and not self._out:
            self.close()
            return
        waits = bool(self._out) or self._talk.waits
        self.since = (self.since or now) if waits else None
        events = EPOLLIN | EPOLLOUT if self._out else EPOLLIN
        if events != self._watched:
            self._watched = events
            self._loop.watch(self._file, events, self._ready)


def _listening(at: Address) -> socket:
    door = socket(AF_INET6 if ":" in at[0] else AF_INET, SOCK_STREAM)
    door.setblocking(False)
    door.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        door.bind(at)
        door.listen()
    except OSError:
        door.close()
        raise
    return door
