"""Keeps the servers of every configured name at hand (RFC 3263), so that no call waits for the DNS.

All names that are ever asked for stand in the configuration. Each is looked up when we start and
again when its answers run out; a call takes what is known, drawn anew by weight. While no resolver
answers, the last good answers are used.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from sbc.actions import Action, Resolve
from sbc.location.cache import Cache
from sbc.location.records import Answer, Question, Unanswered
from sbc.location.search import Search, Server, Way
from sbc.location.wanted import Wanted
from sbc.timers import Timers
from sbc.tokens import Tokens

KEEP = 7 * 86_400.0
"""Seconds for which old answers are used while no new ones come."""
SOON = 5.0
"""Seconds until a name without any answer is asked for again."""
PATIENCE = 15.0
"""Seconds after which a question whose answer never came may be asked again."""


class FinderLine(Protocol):
    """As much of the wire as this uses."""

    now: float
    tokens: Tokens
    timers: Timers
    actions: list[Action]

    def note(self, event: str, labels: dict[str, str], **detail: str) -> None: ...


@dataclass(slots=True)
class _Name:
    wanted: Wanted
    ways: Collection[Way]
    search: Search | None = None
    """Under way; None: all that it needs is known."""
    until: float = 0.0
    """When the first of its answers runs out."""
    again: float = float("inf")
    """When what is still asked may be asked once more."""
    found: tuple[Server, ...] = ()
    asked: set[Question] = field(default_factory=set)


class Finder:
    call = None

    def __init__(self, line: FinderLine) -> None:
        self._line = line
        self._cache = Cache(KEEP)
        self._names: dict[Wanted, _Name] = {}
        self._asked: dict[Question, float] = {}
        """Questions that are out, and since when."""

    def watch(self, wanted: Wanted, ways: Collection[Way]) -> None:
        """`ways`: what our listeners there can reach."""
        self._names.setdefault(wanted, _Name(wanted, frozenset(ways)))

    def start(self) -> None:
        for name in self._names.values():
            self._look_up(name)

    def servers(self, wanted: Wanted) -> tuple[Server, ...]:
        """What to try, best first: by priority, and drawn by weight for each call anew. Empty: it
        is not known, or there is nobody."""
        name = self._names[wanted]
        search = Search(name.wanted, name.ways, self._line.tokens.number)
        while not search.over:
            # What is still asked is as good as silent: the servers that are known serve meanwhile.
            last, silent = self._cache.last, Unanswered("timeout")
            search.heard({each: last(each) or silent for each in search.questions})
        return search.found

    def resolved(self, question: Question, answer: Answer) -> None:
        """What the network said, or that it said nothing."""
        if self._asked.pop(question, None) is None:
            return  # too late: it was asked again, and answered
        learnt = self._cache.learn(question, answer, self._line.now)
        if learnt.stale:
            self._line.note("dns_stale", {}, name=question.name, type=question.type)
        elif learnt.changed:
            self._line.note("dns_changed", {}, name=question.name, type=question.type)
        for name in self._names.values():
            if name.search is not None and question in name.asked:
                name.asked.discard(question)
                self._go_on(name)

    def timer(self, name: str) -> None:
        del name  # there is one
        now = self._line.now
        for question, since in list(self._asked.items()):
            if now - since > PATIENCE:
                del self._asked[question]
        for each in self._names.values():
            if each.search is not None and now >= each.again:
                self._go_on(each)
            elif each.search is None and now >= each.until:
                self._look_up(each)
        self._arm()

    def shown(self) -> list[dict[str, object]]:
        """For operators."""
        return [
            {
                "name": name.wanted.host,
                "servers": [f"{s.transport} {s.ip}:{s.port}" for s in name.found],
                "expires_in": round(name.until - self._line.now),
            }
            for name in self._names.values()
        ]

    def _look_up(self, name: _Name) -> None:
        name.search = Search(name.wanted, name.ways, self._line.tokens.number)
        name.until = float("inf")
        self._go_on(name)

    def _go_on(self, name: _Name) -> None:
        """As far as answers are there; then ask for the others."""
        search, now = name.search, self._line.now
        assert search is not None
        while not search.over:
            known: dict[Question, Answer] = {}
            name.asked = set()
            for question in search.questions:
                answer = self._cache.get(question, now)
                if answer is None:
                    name.asked.add(question)
                else:
                    known[question] = answer
                    name.until = min(name.until, self._cache.until(question))
            if name.asked:
                self._ask(name.asked)
                name.again = now + PATIENCE + 1.0
                self._arm()
                return
            search.heard(known)
        self._over(name, search.found)

    def _over(self, name: _Name, found: tuple[Server, ...]) -> None:
        name.search = None
        name.until = max(min(name.until, self._line.now + 86_400.0), self._line.now + SOON)
        if not found:
            self._line.note("dns_nothing", {}, name=name.wanted.host)
        name.found = found
        self._arm()

    def _ask(self, questions: set[Question]) -> None:
        for question in sorted(questions, key=lambda each: (each.name, each.type)):
            if question not in self._asked:
                self._asked[question] = self._line.now
                self._line.actions.append(Resolve(question))

    def _arm(self) -> None:
        due = (name.until if name.search is None else name.again for name in self._names.values())
        soonest = min(due, default=None)
        if soonest is not None and soonest != float("inf"):
            self._line.timers.set((self, "due"), soonest)
