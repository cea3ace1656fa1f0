"""What is between us and one endpoint, as far as its messages show (N9; terms of RFC 4787 §4).

From one place nobody can see how a NAT treats other far ends; what can be seen is told, and no
more.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from sbc.actions import Address, Flow

CHANGES_KEPT = 8

Kind = Literal["none", "preserving", "translating", "wandering"]
"""Nothing is translated; only the address is, and the port kept; both are; the source changes while
a binding should still be there, as with a pool of addresses (RFC 4787 §4.1) or two uplinks."""


@dataclass(frozen=True, slots=True)
class Change:
    at: float
    before: Address
    after: Address
    alive: bool
    """The old binding was thought to be there still: the NAT, or the phone, moved by itself."""


class Verdict:
    __slots__ = ("_stated", "_wandered", "changes", "since", "source")

    def __init__(self, flow: Flow, stated: Address, now: float) -> None:
        """`stated`: host and port that the endpoint says of itself, in its Via."""
        self.source = flow.remote
        self._stated = stated
        self.since = now
        """When the source was last a new one."""
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self._wandered = 0

    def heard(self, flow: Flow, stated: Address, now: float, *, alive: bool) -> bool:
        """It was heard again; True if from elsewhere. `alive`: the old binding should be there."""
        self._stated = stated
        if flow.remote == self.source:
            return False
        self.changes.append(Change(now, self.source, flow.remote, alive))
        self._wandered += alive
        self.source, self.since = flow.remote, now
        return True

    def behind_nat(self, reliable: bool = False) -> bool:
        """`reliable`: of a connection, whose port nobody states."""
        return self.source[0] != self._stated[0] if reliable else self.source != self._stated

    @property
    def port_kept(self) -> bool:
        return self.source[1] == self._stated[1]

    @property
    def kind(self) -> Kind:
        if not self.behind_nat():
            return "none"
        if self._wandered >= 2:
            return "wandering"
        return "preserving" if self.port_kept else "translating"

    def shown(self, now: float) -> dict[str, object]:
        """For operators. Times are seconds ago."""
        return {
            "source": f"{self.source[0]}:{self.source[1]}",
            "stated": f"{self._stated[0]}:{self._stated[1]}",
            "nat": self.kind,
            "port_kept": self.port_kept,
            "since": round(now - self.since),
            "changes": [
                {
                    "ago": round(now - change.at),
                    "from": f"{change.before[0]}:{change.before[1]}",
                    "to": f"{change.after[0]}:{change.after[1]}",
                    "alive": change.alive,
                }
                for change in self.changes
            ],
        }
