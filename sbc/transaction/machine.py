"""Runs a transition table. No clock and no socket: `now` comes in, effects go out.

A figure (table, timers' owners, delays) is worked out once into steps, so that an event costs two
look-ups; a transaction is then little more than its state.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from sbc.timers import Timers
from sbc.transaction.table import T2, Delays, Do, Event, Owners, Row, State, Table, Timer

REPEATING = {Timer.A: float("inf"), Timer.E: T2, Timer.G: T2}
"""Timers that fire again, each time after twice as long, and the longest wait of each."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one event does in one state."""

    state: State
    effects: tuple[Do, ...]
    stop: tuple[Timer, ...]
    start: tuple[tuple[Timer, float], ...]
    again: Timer | None
    """The repeating timer that just fired and must be set anew."""
    slower: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A figure, worked out for one kind of transport."""

    first: State
    start: tuple[tuple[Timer, float], ...]
    steps: dict[State, dict[Event, Step]]


@dataclass(frozen=True, slots=True)
class Figure:
    """As the RFC draws it."""

    table: Table
    owners: Owners
    delays: Delays

    def plan(self) -> Plan:
        first = next(iter(self.table))
        steps = {
            state: {event: self._step(state, event, row) for event, row in rows.items()}
            for state, rows in self.table.items()
        }
        return Plan(first, self._started(first, ()), steps)

    def _step(self, state: State, event: Event, row: Row) -> Step:
        target, effects = row.state, row.effects
        if target is state:
            again = event if isinstance(event, Timer) else None
            return Step(state, effects, (), (), again, slower=False)
        # A timer of no length fires at once: a reliable transport leaves nothing to absorb.
        while over := [each for each in self._owned(target) if self.delays.get(each) == 0.0]:
            after = self.table[target][over[0]]
            target, effects = after.state, effects + after.effects
        running = self._owned(state)
        return Step(
            target,
            tuple(effect for effect in effects if effect is not Do.SLOW_DOWN),
            tuple(timer for timer in running if timer not in self._owned(target)),
            self._started(target, running),
            None,
            slower=Do.SLOW_DOWN in effects,
        )

    def _started(self, state: State, running: tuple[Timer, ...]) -> tuple[tuple[Timer, float], ...]:
        return tuple(
            (timer, self.delays[timer]) for timer in self._owned(state) if timer not in running
        )

    def _owned(self, state: State) -> tuple[Timer, ...]:
        return tuple(timer for timer in self.owners.get(state, ()) if timer in self.delays)


class Machine:
    """One transaction's state. Its timers stand in `timers` under `(name, timer)`."""

    __slots__ = ("_name", "_pace", "_steps", "_timers", "state")

    def __init__(self, plan: Plan, name: Hashable, timers: Timers, now: float) -> None:
        self.state = plan.first
        self._steps = plan.steps
        self._name = name
        self._timers = timers
        self._pace = 0.0
        if plan.start:
            self._start(plan.start, now)

    def handle(self, event: Event, now: float) -> tuple[Do, ...]:
        step = self._steps[self.state].get(event)
        if step is None:
            return ()  # late or stray: the RFC has us absorb it
        self.state = step.state
        for timer in step.stop:
            self._timers.clear((self._name, timer))
        if step.start:
            self._start(step.start, now)
        if step.again is not None:
            self._pace = min(2 * self._pace, REPEATING[step.again])
            self._timers.set((self._name, step.again), now + self._pace)
        elif step.slower:
            self._pace = T2
        return step.effects

    def _start(self, timers: tuple[tuple[Timer, float], ...], now: float) -> None:
        for timer, delay in timers:
            self._timers.set((self._name, timer), now + delay)
            if timer in REPEATING:
                self._pace = delay
