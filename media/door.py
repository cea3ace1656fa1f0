"""The Unix socket on which signalling asks: clients, their lines in, answers and events out.

It is a part of the relay's one loop. A client which does not read what it is told is cut off.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from select import EPOLLIN, EPOLLOUT
from socket import AF_UNIX, SHUT_RDWR, SOCK_STREAM, socket
from typing import Protocol

from media.control import Command, Event, Failed, Reply, Welcome
from media.engine.reference import Watcher
from media.wire import BadLine, Lines, decode_command, encode_event, encode_reply

MOST_WAITING = 16 << 20
"""Bytes that a client may leave unread."""
_CHUNK = 16_384
"""Bytes read at once: packets must not wait for very many commands."""
_CLIENTS = 16


class Loop(Protocol):
    def watch(self, file: int, events: int, watcher: Watcher) -> None: ...
    def unwatch(self, file: int) -> None: ...


Answered = Callable[[int, Reply], None]
Ask = Callable[[Command, int, Answered, float], None]
"""Takes a command, its ticket, who wants the reply, and the time."""


class Door:
    def __init__(
        self, path: Path, loop: Loop, ask: Ask, signalling_lost: Callable[[float], None]
    ) -> None:
        self._path = path
        self._loop = loop
        self._ask = ask
        self._signalling_lost = signalling_lost
        self._clients: dict[int, Client] = {}
        self._socket = _listening(path)
        loop.watch(self._socket.fileno(), EPOLLIN, self._accept)

    def tell(self, event: Event) -> None:
        """Whoever is signalling now. If nobody is, it is lost: a new client asks anew."""
        line = encode_event(event)
        for client in list(self._clients.values()):
            if client.greeted:
                client.write(line)

    def close(self) -> None:
        for client in list(self._clients.values()):
            client.close()
        self._loop.unwatch(self._socket.fileno())
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _accept(self, _: int, now: float) -> None:  # noqa: ARG002 - the loop's signature
        with suppress(OSError):
            theirs, _address = self._socket.accept()
            if len(self._clients) >= _CLIENTS:
                theirs.close()
                return
            client = Client(theirs, self._loop, self._ask, self._left)
            self._clients[theirs.fileno()] = client

    def _left(self, client: "Client", now: float) -> None:
        del self._clients[client.file]
        if client.greeted and not any(other.greeted for other in self._clients.values()):
            self._signalling_lost(now)


class Client:
    """One connection."""

    def __init__(
        self, theirs: socket, loop: Loop, ask: Ask, left: Callable[["Client", float], None]
    ) -> None:
        self.file = theirs.fileno()
        self.greeted = False
        """It has said Hello and was welcomed: it is signalling."""
        self._socket = theirs
        self._loop = loop
        self._ask = ask
        self._left = left
        self._lines = Lines()
        self._waiting = bytearray()
        self._open = True
        self._watched = EPOLLIN
        theirs.setblocking(False)
        loop.watch(self.file, EPOLLIN, self._ready)

    def write(self, line: bytes) -> None:
        """At once what the socket takes, the rest when it is ready again."""
        if self._open:
            self._waiting += line
            if len(self._waiting) == len(line):
                self._flush()
            if len(self._waiting) > MOST_WAITING:
                self._hang_up()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.unwatch(self.file)
            self._socket.close()

    def _ready(self, events: int, now: float) -> None:
        if events & EPOLLOUT:
            self._flush()
        if events & ~EPOLLOUT:
            self._read(now)

    def _flush(self) -> None:
        try:
            sent = self._socket.send(self._waiting)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._hang_up()
            return
        del self._waiting[:sent]
        events = EPOLLIN | EPOLLOUT if self._waiting else EPOLLIN
        if events != self._watched:
            self._watched = events
            self._loop.watch(self.file, events, self._ready)

    def _hang_up(self) -> None:
        """The loop will find the end of the connection, and then it is left."""
        self._waiting.clear()
        with suppress(OSError):
            self._socket.shutdown(SHUT_RDWR)

    def _read(self, now: float) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            self._left(self, now)
            return
        try:
            lines = self._lines.feed(data)
        except BadLine as error:
            self._refuse(error)
            self._hang_up()
            return
        for line in lines:
            self._take(line, now)

    def _take(self, line: bytes, now: float) -> None:
        try:
            number, command = decode_command(line)
        except BadLine as error:
            self._refuse(error)
        else:
            self._ask(command, number, self._answer, now)

    def _refuse(self, error: BadLine) -> None:
        self.write(encode_reply(error.number, Failed("", "bad_command", str(error))))

    def _answer(self, number: int, reply: Reply) -> None:
        if isinstance(reply, Welcome):
            self.greeted = True
        self.write(encode_reply(number, reply))


def _listening(path: Path) -> socket:
    """Only our own user may open it. A socket that a dead relay has left is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with socket(AF_UNIX, SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        except FileNotFoundError:
            pass
        else:
            raise FileExistsError(f"another relay listens at {path}")
    door = socket(AF_UNIX, SOCK_STREAM)
    door.setblocking(False)
    mask = os.umask(0o177)
    try:
        door.bind(str(path))
        door.listen()
    except OSError:
        door.close()
        raise
    finally:
        os.umask(mask)
    return door
