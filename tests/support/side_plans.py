"""Plans of one side, as signalling would make them; each test names only what matters to it."""

from typing import Any

from media.control import CodecClock, SidePlan

PCMU = CodecClock(0, "PCMU", 8000)


def side_plan(rtp: tuple[str, int] | None, **changes: Any) -> SidePlan:
    """RTP at `rtp`, RTCP at the next port, both directions open, nothing learnt."""
    fields: dict[str, Any] = {
        "rtp": rtp,
        "rtcp": None if rtp is None else (rtp[0], rtp[1] + 1),
        "sends": True,
        "receives": True,
        "latching": "none",
        "window": 3.0,
        "prefix": 24,
        "signalling_ip": None if rtp is None else rtp[0],
        "codecs": (PCMU,),
        "epoch": 1,
    }
    return SidePlan(**{**fields, **changes})
