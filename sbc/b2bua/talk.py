"""The offers and answers of one conversation of a call (RFC 3264); a forked call has several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from media.control import Side
from media.sdp.bundle import Bundle
from media.sdp.codec import Codec
from media.sdp.describe import SideView
from media.sdp.session import Session

Views = Mapping[Side, tuple[SideView, ...]]


@dataclass(slots=True)
class Talk:
    made: dict[Side, Session] = field(default_factory=dict)
    """The open or last offer as it came, by the side that made it."""
    sent: dict[Side, Session] = field(default_factory=dict)
    """The same as it was sent, by the side that got it."""
    views: Views = field(default_factory=lambda: {"a": (), "b": ()})
    """What both ends last agreed on."""
    offerer: Side = "a"
    """Who made the offer in that."""
    answer: Session | None = None
    """Our last answer, as it was sent."""
    said: dict[Side, Session] = field(default_factory=dict)
    """The last description, offer or answer, of each side."""
    told: dict[Side, Session] = field(default_factory=dict)
    """The last one of ours to each side."""
    ours: dict[Side, Session] = field(default_factory=dict)
    """The last one to each side that named our own address, while it has another (M2)."""
    laws: dict[int, Codec] = field(default_factory=dict)
    """Lines of the open or last offer that went on in the other law of G.711, and their own."""
    bundles: dict[Side, Bundle] = field(default_factory=dict)
    """Which of their m-lines the sides have on one port."""

    def copy(self) -> Talk:
        return Talk(
            dict(self.made),
            dict(self.sent),
            self.views,
            self.offerer,
            self.answer,
            dict(self.said),
            dict(self.told),
            dict(self.ours),
            dict(self.laws),
            dict(self.bundles),
        )
