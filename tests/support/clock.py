"""Drives a machine through virtual time: no test sleeps."""

from typing import cast

from sbc.timers import Timers
from sbc.transaction.machine import Machine, Plan
from sbc.transaction.table import Do, Event, On, State, Timer


class Driver:
    """One transaction alone, and the log of all that it ever asked of the world."""

    def __init__(self, plan: Plan) -> None:
        self.now = 0.0
        self._log: list[tuple[float, Do]] = []
        self._timers = Timers()
        self._machine = Machine(plan, "tx", self._timers, self.now)

    @property
    def state(self) -> State:
        return self._machine.state

    @property
    def live_timers(self) -> int:
        return len(self._timers)

    def receive(self, event: On, at: float) -> None:
        self.run(until=at)
        self._handle(event)

    def run(self, until: float) -> None:
        while (at := self._timers.next()) is not None and at <= until:
            self.now = at
            for due in self._timers.pop_due(at):
                self._handle(cast(tuple[str, Timer], due)[1])
        self.now = until

    def state_at(self, until: float) -> State:
        self.run(until)
        return self.state

    def times(self, effect: Do) -> list[float]:
        return [when for when, done in self._log if done is effect]

    @property
    def effects(self) -> list[Do]:
        return [done for _, done in self._log]

    def _handle(self, event: Event) -> None:
        self._log += [(self.now, effect) for effect in self._machine.handle(event, self.now)]
