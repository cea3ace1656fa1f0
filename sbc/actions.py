"""What goes between the signalling core and its shell: flows, actions out, nothing else.

The shell gives the core bytes, replies and the time; the core answers with a list of actions. One
input, then all of its actions, then one alarm at `next_deadline()`.
"""

from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from media.control import Command
from sbc.location.records import Question

Address = tuple[str, int]
Transport = Literal["udp", "tcp", "tls", "ws", "wss"]


@dataclass(frozen=True, slots=True)
class Flow:
    """A path to one peer (RFC 5626 §2): our listener and their address.

    For all but UDP it names the connection: the shell uses the open one to `remote`, or opens it.
    """

    interface: str
    transport: Transport
    remote: Address
    names: tuple[str, ...] = field(default=(), compare=False)
    """Who the peer's certificate says that it is, verified (RFC 5922 §7.1); where there is no
    connection yet, who must be there: any of them (§7.2). Names are no part of the path."""

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"

    @property
    def bounded(self) -> bool:
        """One packet of it is one message, so that Content-Length may lack (RFC 7118 §4.1)."""
        return self.transport in {"udp", "ws", "wss"}

    @property
    def secure(self) -> bool:
        return self.transport in {"tls", "wss"}


class Transmit(Struct, frozen=True):
    data: bytes
    flow: Flow


class AskRelay(Struct, frozen=True):
    """A command for the relay. Its reply comes back by `relay_replied` with the same `serial`."""

    serial: int
    command: Command


class Journal(Struct, frozen=True):
    """A line for the call journal that must survive a crash: `start` or `cdr`."""

    kind: Literal["start", "cdr"]
    uid: str
    record: dict[str, object]


class Note(Struct, frozen=True):
    """Something for the log and the counters; the shell redacts and formats it."""

    event: str
    """A stable name in snake case, such as `unknown_source` or `call_ended`."""
    labels: tuple[tuple[str, str], ...] = ()
    """Bounded values: zone, trunk, method, status. Become metric labels."""
    detail: tuple[tuple[str, str], ...] = ()
    """Unbounded values: addresses, Call-IDs. Only for the log, redacted there."""


class StoreBinding(Struct, frozen=True):
    """A phone's binding, for the store that outlives us."""

    access: str
    user: str
    key: str
    """Names the binding among those of the user."""
    record: dict[str, object] | None
    """As JSON can hold it; None: it is over."""


class Resolve(Struct, frozen=True):
    """Ask the DNS. What comes of it, and be it nothing, comes back by `resolved`."""

    question: Question


@dataclass(frozen=True, slots=True)
class RevokeTurn:
    """TURN accounts of this address of record that were issued so far are good no more."""

    identity: str
    until: float
    """When the last of them has expired, in seconds since 1970."""


Action = Transmit | AskRelay | Journal | Note | StoreBinding | Resolve | RevokeTurn
