"""Signalling at the relay's control socket, one question after another."""

from collections import deque
from itertools import count
from pathlib import Path
from select import POLLIN, poll
from socket import AF_UNIX, SOCK_STREAM, socket

from media.control import Command, Event, Reply
from media.wire import Lines, decode_answer, encode_command

PATIENCE = 5000
"""Milliseconds that an answer may take on a busy host."""


class RelayClient:
    def __init__(self, path: Path) -> None:
        self.socket = socket(AF_UNIX, SOCK_STREAM)
        self.socket.connect(str(path))
        self.events: list[Event] = []
        self._answers: deque[tuple[int, Reply]] = deque()
        self._lines = Lines(limit=1 << 26)
        self._numbers = count(1)

    def __enter__(self) -> "RelayClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, command: Command) -> int:
        number = next(self._numbers)
        self.socket.sendall(encode_command(number, command))
        return number

    def ask(self, command: Command) -> Reply:
        """For a relay that runs by itself."""
        number = self.send(command)
        found, reply = self.answer()
        assert found == number
        return reply

    def answer(self) -> tuple[int, Reply]:
        while not self._answers:
            self.read(PATIENCE)
        return self._answers.popleft()

    def read(self, patience: int = 0) -> None:
        """What has come, as answers and events."""
        ready = poll()
        ready.register(self.socket, POLLIN)
        found = ready.poll(patience)
        assert found or not patience, "the relay is silent"
        data = self.socket.recv(65_536) if found else b""
        for line in self._lines.feed(data):
            number, value = decode_answer(line)
            if isinstance(value, Event):
                self.events.append(value)
            else:
                self._answers.append((number, value))

    def answered(self) -> list[tuple[int, Reply]]:
        """All answers that have come."""
        self.read()
        found, self._answers = list(self._answers), deque()
        return found

    def ended(self) -> bool:
        """The relay has closed the connection."""
        ready = poll()
        ready.register(self.socket, POLLIN)
        while ready.poll(PATIENCE):
            try:
                if not self.socket.recv(65_536):
                    return True
            except ConnectionResetError:
                return True
        return False
