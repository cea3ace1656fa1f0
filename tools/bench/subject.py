"""What can be measured: a relay alone, or a whole border. Ours and every peer look like this."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from tools.bench.processes import Broken, Process
from tools.bench.table import Results

Address = tuple[str, int]

CALLER, CALLED = "127.0.0.21", "127.0.0.22"
"""Where the load lives. Each subject has addresses of its own."""


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
