"""The control contract of the relay: every command, reply and event, as values.

A session is the media of one call. It has streams, one for each m-line (by index), and each stream
has two sides: `a` faces the caller, `b` the called party. Signalling declares the whole wanted
state of a stream (`StreamPlan`); the relay makes it so. Everything is idempotent: a command may be
repeated after a lost connection. How the values look on the Unix socket is told in `wire`.
"""

from re import sub
from typing import Literal

from media.measured import (
    LAG_BOUNDS,
    ExtendedFigures,
    FarEnd,
    LoopLag,
    Losses,
    SocketDrops,
    Totals,
    Verdict,
    VerdictName,
    Where,
)
from media.plan import (
    Address,
    CodecClock,
    Dtls,
    IceCandidate,
    IcePlan,
    KeyForm,
    KeyPlan,
    Sdes,
    SidePlan,
    SrtpKey,
    StreamPlan,
)
from media.value import Value

__all__ = [
    "LAG_BOUNDS",
    "Address",
    "CodecClock",
    "Dtls",
    "ExtendedFigures",
    "FarEnd",
    "IceCandidate",
    "IcePlan",
    "KeyForm",
    "KeyPlan",
    "LoopLag",
    "Losses",
    "Sdes",
    "SidePlan",
    "SocketDrops",
    "SrtpKey",
    "StreamPlan",
    "Totals",
    "Verdict",
    "VerdictName",
    "Where",
]
"""From `measured` and `plan`: whoever speaks the contract imports all of it from here."""

Side = Literal["a", "b"]
Phase = Literal["initial", "subsequent"]

PROTOCOL = 2
"""Raised whenever a value below changes its meaning or its shape."""


def _snake(name: str) -> str:
    return sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


class Message(Value, frozen=True, tag=_snake):
    """A command, a reply or an event."""


# --- what signalling asks -------------------------------------------------------------------------


class Hello(Message, frozen=True):
    """First on every connection."""

    protocol: int
    instance: str
    """Names one start of the signalling process."""


class StreamRequest(Value, frozen=True):
    """Ports wanted for one m-line. A stream that has them keeps them."""

    index: int
    kind: str
    """`audio`, `video` …: sizes the socket buffers."""
    interface_a: str
    interface_b: str


class Open(Message, frozen=True):
    session: str
    streams: tuple[StreamRequest, ...]


class Program(Message, frozen=True):
    """Make these streams so; streams which are not named stay as they are."""

    session: str
    streams: tuple[StreamPlan, ...]
    supervise: bool
    """The call is answered: silence counts from now on (`Silent`, `Dead`)."""
    initial: float
    """Seconds from supervision to the first packet of a direction."""
    subsequent: float
    """Seconds between packets of a direction."""


class PressKey(Message, frozen=True):
    """Play a key to one end, in the form that its plan names."""

    session: str
    side: Side
    key: str
    """One of 0-9, *, #, A-D."""
    milliseconds: int


class Query(Message, frozen=True):
    session: str


class Close(Message, frozen=True):
    """End the session, free its ports; the reply is its last report."""

    session: str


class ListSessions(Message, frozen=True):
    pass


class Statistics(Message, frozen=True):
    """How the relay itself fares."""


Command = Hello | Open | Program | PressKey | Query | Close | ListSessions | Statistics


# --- what the relay answers -----------------------------------------------------------------------


class Welcome(Message, frozen=True):
    protocol: int
    relay: str
    """Names one start of the relay process."""
    sessions: int


class StreamPorts(Value, frozen=True):
    index: int
    a: int
    """RTP port on interface a; RTCP is the next."""
    b: int


class Opened(Message, frozen=True):
    session: str
    streams: tuple[StreamPorts, ...]
    fingerprint: str = ""
    """Of the certificate that this session shows in DTLS, as a value of a=fingerprint."""


class Programmed(Message, frozen=True):
    session: str


class SideReport(Value, frozen=True):
    """What one end sent us, and where it was found."""

    interface: str
    port: int
    expected: Address | None
    latched: Address | None
    latch_mode: str
    rejected: int
    """Packets from sources which had no right to the stream."""
    rejected_sources: tuple[str, ...]
    """The first few of those, `ip:port`."""
    codec: str | None
    """Name and clock of the payload type that was heard most."""
    ssrc: int | None
    first_packet_ms: float | None
    """From supervision (or opening) to the first packet."""
    total: Totals
    interval: Totals | None
    """The last whole interval."""
    forwarded: int
    held: int
    """Not forwarded since the SDP forbids that direction."""
    far_end: FarEnd | None
    mos: float | None
    mos_method: str | None
    ice: str | None = None
    """`checking`, `connected`, `failed`, `expired`; None: it does without."""
    unsent: int = 0
    """Came, and could not be sent on."""
    refused: int = 0
    """Times that this end's host answered what **we sent it** with ICMP port unreachable."""
    kernel_drops: int = 0
    """Came, and overran our socket."""
    unmapped: int = 0
    """Came with a payload type that its SDP does not name."""
    unmapped_type: int | None = None
    """The last such type."""
    policed: int = 0
    """More than its SDP allows: not forwarded."""
    auth_failed: int = 0
    """SRTP whose authentication failed: not counted anywhere else."""
    worst: Totals | None = None
    """The interval in which the greatest part was missing."""
    losses: Losses | None = None
    """Of what this end sent, on its whole way to the other."""
    verdict: Verdict | None = None
    """On what this end sent, on its whole way to the other."""
    srtp: str | None = None
    """The suite by which this end's packets are protected. None: they are not, or not yet."""
    srtp_replayed: int = 0
    """Came a second time."""
    turn: bool = False
    """It comes by way of our own TURN server."""


class StreamReport(Value, frozen=True):
    index: int
    kind: str
    a: SideReport
    b: SideReport


class SessionReport(Message, frozen=True):
    session: str
    opened_at: float
    """Seconds on the relay's clock."""
    now: float
    streams: tuple[StreamReport, ...]


class Sessions(Message, frozen=True):
    sessions: tuple[str, ...]


class PortCount(Value, frozen=True):
    """Pairs of ports of one interface."""

    interface: str
    free: int
    used: int
    quarantined: int


class Dropped(Value, frozen=True):
    """Packets that went nowhere, by cause, since the relay began."""

    reason: str
    packets: int


class RelayStatistics(Message, frozen=True):
    sessions: int
    ports: tuple[PortCount, ...]
    drops: tuple[Dropped, ...]
    overrun: tuple[SocketDrops, ...] = ()
    """Of the sockets of each interface, since the relay began."""
    lag: LoopLag | None = None


class KeyTaken(Message, frozen=True):
    """It will be played."""

    session: str


FailureReason = Literal["ports_exhausted", "no_session", "no_interface", "bad_command"]


class Failed(Message, frozen=True):
    session: str
    reason: FailureReason
    text: str


Reply = (
    Welcome | Opened | Programmed | KeyTaken | SessionReport | Sessions | RelayStatistics | Failed
)


# --- what the relay tells unasked -----------------------------------------------------------------


class Latched(Message, frozen=True):
    session: str
    stream: int
    side: Side
    expected: Address | None
    source: Address


class Silent(Message, frozen=True):
    """One direction has carried nothing for its time; said once until it speaks again."""

    session: str
    stream: int
    side: Side
    phase: Phase


class Dead(Message, frozen=True):
    """Every direction that should carry media is silent: the call may be ended."""

    session: str
    phase: Phase


class Judged(Message, frozen=True):
    """What this end sends has another verdict than before, as the last interval ended. Before the
    first one a direction counts as `ok`."""

    session: str
    stream: int
    side: Side
    verdict: Verdict


class KeyPressed(Message, frozen=True):
    """By this end; the other one takes keys by INFO."""

    session: str
    side: Side
    key: str
    milliseconds: int


class HandshakeFailed(Message, frozen=True):
    """There will be no keys for what this end sends, and so no media."""

    session: str
    stream: int
    side: Side
    why: str
    """`fingerprint`: its certificate is not the one that its description names; `profile`,
    `handshake`: the two could not agree."""


Event = Latched | Silent | Dead | Judged | KeyPressed | HandshakeFailed
