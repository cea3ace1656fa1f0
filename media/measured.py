"""What is measured of one direction of a stream, and the verdict on it: parts of a report.

Told over the control contract; `control` passes these names on.
"""

from typing import Literal

from media.value import Value


class Totals(Value, frozen=True):
    """Received packets of one direction, over one interval or over the whole stream."""

    packets: int
    bytes: int
    """RTP payload and header, without UDP and IP."""
    lost: int
    """Expected less received (RFC 3550 A.3); negative with duplicates is shown as 0."""
    late: int
    """Came after a packet with a higher sequence number."""
    duplicated: int
    jitter_ms: float
    """Interarrival jitter (RFC 3550 §6.4.1) by the codec's clock; over an interval its mean."""
    jitter_max_ms: float
    longest_gap_ms: float
    """Longest time between two packets which belong together."""
    seconds: float
    bursts: int = 0
    """Runs of packets lost in a row."""
    missing: int = 0
    """Never came. Other than `lost`, which duplicates make smaller, though they repair nothing."""

    @property
    def expected(self) -> int:
        return self.packets - self.duplicated + self.missing

    @property
    def missing_part(self) -> float:
        """0..1 of those expected."""
        return self.missing / self.expected if self.expected > 0 else 0.0


class ExtendedFigures(Value, frozen=True):
    """What the other end's own extended reports (RFC 3611) say of the stream that we sent it, each
    figure from the last report that had it. Rates and densities 0..1."""

    loss_rate: float | None = None
    discard_rate: float | None = None
    """Came too late or too early for its jitter buffer."""
    burst_density: float | None = None
    """Lost and discarded within bursts, and below between them."""
    gap_density: float | None = None
    burst_ms: int | None = None
    gap_ms: int | None = None
    round_trip_ms: int | None = None
    """Between the two ends, as it says; 0: it does not know."""
    end_system_ms: int | None = None
    r_factor: int | None = None
    mos_lq: float | None = None
    mos_cq: float | None = None
    jitter_buffer_ms: int | None = None
    duplicated: int | None = None
    jitter_mean_ms: float | None = None
    jitter_max_ms: float | None = None
    jitter_deviation_ms: float | None = None


class FarEnd(Value, frozen=True):
    """What the other end's own RTCP says of the stream that we sent it."""

    reports: int
    fraction_lost: float
    """0..1, of its last report."""
    lost: int
    jitter_ms: float
    round_trip_ms: float | None
    """From LSR and DLSR (RFC 3550 §6.4.1), else from RRTR and DLRR (RFC 3611 §4.5); None until both
    are known."""
    extended: ExtendedFigures | None = None
    """None: it sends no extended reports."""


class Losses(Value, frozen=True):
    """Packets of one direction, by where they were lost on their way from end to end."""

    before: int
    """They did not reach this host."""
    at: int
    """This host lost them: its sockets overran, or the stream was policed."""
    after: int | None
    """As the other end's RTCP says. None: it has sent none."""


VerdictName = Literal[
    "ok",
    "waiting",
    "inactive",
    "srtp_auth_fail",
    "ice_failed",
    "latched_elsewhere",
    "one_way",
    "no_media",
    "wrong_payload",
    "port_unreachable",
    "undelivered",
    "kernel_drop",
    "policed",
    "lossy",
    "jittery",
    "late",
]
Where = Literal["before", "at", "after"]


class Verdict(Value, frozen=True):
    """What one direction was like: from the end that sent it, past us, to the other end."""

    name: VerdictName
    where: Where | None
    """Seen from the border; None where nothing is wrong."""
    evidence: str
    """A line for people; empty where nothing is wrong."""


LAG_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds. A packet is 20 ms of speech."""


class LoopLag(Value, frozen=True):
    """How late an event loop was, since its process began."""

    counts: tuple[int, ...]
    """Looks by how late they were: up to each of `LAG_BOUNDS`, and later than the last."""
    seconds: float
    """The sum."""
    longest: float


class SocketDrops(Value, frozen=True):
    """Datagrams that the kernel threw away since a socket of ours was full."""

    interface: str
    packets: int
