"""Who may send a stream where ICE is in use: not who comes first, but who has passed a check.

It stands in the place of a `Latch`, and is asked the same.
"""

from media.control import Address
from media.ice.agent import Agent
from media.latch import FOLLOW_AGAIN, Terms, Verdict


class Checked:
    """One component of an agent."""

    __slots__ = ("_agent", "_component", "_until", "source")

    mode = "ice"

    def __init__(self, agent: Agent, component: int) -> None:
        self._agent = agent
        self._component = component
        self._until = 0.0
        self.source: Address | None = None
        """Who sends it now."""

    @property
    def expected(self) -> Address | None:
        return self._agent.selected(self._component)

    @property
    def latched(self) -> Address | None:
        return self.source

    @property
    def destination(self) -> Address | None:
        return self._agent.selected(self._component)

    def agree(self, terms: Terms, epoch: int, now: float) -> None:
        """Descriptions have no say in it."""

    def permits(self, source: Address) -> bool:
        return self._agent.permits(self._component, source)

    def forget(self) -> None:
        self.source = None

    def hear(self, source: Address, now: float, _: float | None) -> Verdict:
        """A peer may send on any pair that works (RFC 8445 §12.1), but not make us change our ways
        for each packet."""
        if not self._agent.permits(self._component, source):
            return Verdict.REJECTED
        if source == self.source:
            return Verdict.KNOWN
        if self.source is not None and source != self.expected and now < self._until:
            return Verdict.ACCEPTED
        self.source, self._until = source, now + FOLLOW_AGAIN
        return Verdict.LATCHED
