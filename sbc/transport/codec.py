"""How SIP messages lie in the bytes of a connection. Pure: bytes in, messages out, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sbc.sip.stream import Ping, StreamFramer

PONG = b"\r\n"
"""The answer to a keepalive (RFC 5626 §4.4.1)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the carrying protocol itself has to say."""

    data: bytes
    last: bool = False
    """Nothing comes after it."""


class Refused(Exception):
    """The connection cannot come about, or cannot go on; the text says why."""


class Codec(Protocol):
    """Of one connection. After an exception nothing more can be read."""

    @property
    def ready(self) -> bool:
        """Messages may be sent."""

    @property
    def midway(self) -> bool:
        """A message has begun and is not whole."""

    def receive(self, data: bytes) -> Sequence[bytes | Answer]:
        """The messages that are now whole, in their order. Raises BadMessage, Refused; a fault
        behind whole messages is raised by the next call."""

    def encode(self, message: bytes) -> bytes: ...

    def ping(self) -> bytes:
        """What makes a peer show that it is there; empty where nothing does."""

    def farewell(self) -> bytes: ...


class SipStream:
    """Messages one after the other (RFC 3261 §18.3), as TCP and TLS carry them."""

    __slots__ = ("_framer",)

    ready = True

    def __init__(self, framer: StreamFramer) -> None:
        self._framer = framer

    @property
    def midway(self) -> bool:
        return self._framer.midway

    def receive(self, data: bytes) -> Sequence[bytes | Answer]:
        return [
            Answer(PONG) if isinstance(item, Ping) else item for item in self._framer.feed(data)
        ]

    def encode(self, message: bytes) -> bytes:
        return message

    def ping(self) -> bytes:
        return b""

    def farewell(self) -> bytes:
        return b""
