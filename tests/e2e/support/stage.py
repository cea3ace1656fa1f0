"""Two SIPp ends with a border between them, and the search for leaks from one to the other."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.support.border import Wrap
from tests.e2e.support.loopback import Address
from tests.e2e.support.sipp import Message, Sipp, Transport, listening


@dataclass(frozen=True, slots=True)
class Side:
    peer: Address
    border: Address
    """Its SIP address towards this peer."""
    transport: Transport = "udp"
    wrap: Wrap = list

    @property
    def addresses(self) -> set[str]:
        return {self.peer[0], self.border[0]}


@dataclass(frozen=True, slots=True)
class Stage:
    directory: Path
    ending: ExitStack
    outside: Side
    inside: Side

    def play(
        self,
        caller: str,
        callee: str | None = None,
        *,
        outwards: bool = False,
        calls: int = 1,
        rate: int = 10,
    ) -> tuple[Sipp, Sipp]:
        """Caller and callee, after every call went as their scenarios say and nothing leaked."""
        here, there = (self.inside, self.outside) if outwards else (self.outside, self.inside)
        answering = self._end(callee or caller, there, calls, rate, calling=False)
        listening(answering)
        asking = self._end(caller, here, calls, rate, calling=True)
        asking.finish()
        answering.finish()
        outer, inner = (answering, asking) if outwards else (asking, answering)
        assert not list(leaks(outer, self.inside.addresses, inner))
        assert not list(leaks(inner, self.outside.addresses, outer))
        return asking, answering

    def _end(self, scenario: str, side: Side, calls: int, rate: int, *, calling: bool) -> Sipp:
        sipp = Sipp(
            scenario,
            self.directory,
            side.peer,
            side.border if calling else None,
            transport=side.transport,
            calls=calls,
            rate=rate,
            wrap=side.wrap,
        )
        self.ending.callback(sipp.running.end)
        return sipp


def leaks(end: Sipp, addresses: set[str], other: Sipp) -> Iterator[str]:
    """What of the other side is found in the messages that this end received."""
    secrets = {secret for message in other.messages for secret in names_in(message)}
    secrets |= addresses | {"CallerPhone" if "caller" in other.name else "CalleePhone"}
    everything = "\n".join(message.text for message in end.received)
    assert everything, f"{end.name} received nothing"
    for secret in sorted(secrets):
        if secret in everything:
            at = everything.index(secret)
            yield f"{secret} at {end.name}: …{everything[max(0, at - 80) : at + 80]}…"


def names_in(message: Message) -> Iterator[str]:
    """Call-ID, tags and branches: names of dialogs and transactions of one leg."""
    yield message.field("Call-ID")
    yield from re.findall(r";tag=([^;>\s]+)", message.text)
    yield from re.findall(r";branch=([^;>\s]+)", message.text)
