"""How the NG door behaves for all calls, as the process was started."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    learning: str = "heuristic"
    delete_delay: float = 30.0
    """Seconds from `delete` to the end of the media."""
    most_calls: int | None = None
    strict_source: bool = False
    """For every call, whatever its flags say."""
    silence: float = 60.0
    """Seconds without any packet, after which a call is given up."""
