"""Reports of one side, as the relay would make them; each test names only what matters to it."""

from typing import Any

from media.control import FarEnd, SideReport, Totals

SIDE = SideReport(
    interface="wan",
    port=20000,
    expected=("192.0.2.7", 4000),
    latched=("192.0.2.7", 4000),
    latch_mode="ranked",
    rejected=0,
    rejected_sources=(),
    codec="PCMA/8000",
    ssrc=7,
    first_packet_ms=20.0,
    total=Totals(0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0),
    interval=None,
    forwarded=0,
    held=0,
    far_end=None,
    mos=None,
    mos_method=None,
)


def received(packets: int = 1000, lost: int = 0, **changes: Any) -> Totals:
    fields: dict[str, Any] = {
        "packets": packets,
        "bytes": 172 * packets,
        "lost": lost,
        "late": 0,
        "duplicated": 0,
        "jitter_ms": 1.0,
        "jitter_max_ms": 3.0,
        "longest_gap_ms": 25.0,
        "seconds": packets / 50,
        "missing": lost,
    }
    return Totals(**{**fields, **changes})


def side_report(total: Totals | None = None, **changes: Any) -> SideReport:
    values = {name: getattr(SIDE, name) for name in SideReport.__struct_fields__}
    values["total"] = received() if total is None else total
    return SideReport(**{**values, **changes})


def heard_there(lost: int = 0, jitter_ms: float = 1.0) -> FarEnd:
    """What an end's own RTCP says of what it was sent."""
    return FarEnd(5, 0.0, lost, jitter_ms, 20.0)
