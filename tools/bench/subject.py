"""What can be measured: a relay alone, or a whole border. Ours and every peer look like this."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tools.bench.processes import Broken, Process
from tools.bench.table import Results

Address = tuple[str, int]

CALLER, CALLED = "127.0.0.21", "127.0.0.22"
"""Where the load lives. Each subject has addresses of its own."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of one call, base64."""

    suite: str
    caller: str
    """Of what the caller sends."""
    other: str
    """For a relay that lets it be chosen: of what comes to the caller."""


@dataclass(frozen=True, slots=True)
class Secured:
    near: Address
    far: Address
    key: str
    """Base64, of what comes to the caller."""


class Subject(Protocol):
    name: str

    @property
    def processes(self) -> Sequence[Process]: ...

    def start(self) -> None:
        """Until it serves. Raises Broken."""

    def stop(self) -> None:
        """Every process of it is gone after that."""


class Relay(Subject, Protocol):
    def connect(self, call: int, caller: Address, called: Address) -> tuple[Address, Address]:
        """The relay's ports for an answered call: the caller's side, the called one's."""


class SecureRelay(Relay, Protocol):
    def connect_secure(self, call: int, caller: Address, called: Address, keys: Keys) -> Secured:
        """The same for a caller with SRTP by SDES, and a called side without."""


class Border(Subject, Protocol):
    entry: Address
    """Where the caller's INVITE goes; it comes out at the address given to the constructor."""


@contextmanager
def running(subject: Subject, results: Results) -> Iterator[None]:
    """Starts and ends in it. One that breaks is noted, and the others are measured all the same."""
    try:
        yield
    except Broken as problem:
        results.note(f"{subject.name}: {problem}")
    finally:
        subject.stop()
