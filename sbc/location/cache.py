"""Answers of the DNS, each for as long as it holds (RFC 2181 §8, RFC 2308), and the last good one
for longer: it is used while no resolver answers (RFC 8767).
"""

from dataclasses import dataclass, replace

from sbc.location.records import Answer, Found, Nothing, Question, Unanswered

LEAST_TTL = 5.0
"""Seconds. A TTL of 0 must not make every call a query."""
MOST_TTL = 86_400.0
"""Seconds. RFC 2181 §8 has absurd ones; who changes his address must not wait for a year."""
NEGATIVE_TTL = 30.0
"""Seconds for which a name is believed not to be there, where the answer does not say."""
MOST_NEGATIVE_TTL = 300.0
ASK_AGAIN = 30.0
"""Seconds between two questions while an old answer is used (RFC 8767 §5)."""
FAILED_TTL = 5.0
"""Seconds for which a failure is remembered when there is no old answer (RFC 2308 §7)."""
MOST_NAMES = 4096
MOST_RECORDS = 64
"""Of one answer; the others are not looked at."""


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer
    until: float
    good: Found | None
    good_until: float


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an answer from the network came to."""

    answer: Answer
    """To be used now: what came, or the last good one in its place."""
    stale: bool
    changed: bool
    """Other records than before."""


class Cache:
    __slots__ = ("_entries", "_keep")

    def __init__(self, keep: float) -> None:
        """`keep`: seconds for which a good answer is used beyond its TTL, if no other comes."""
        self._entries: dict[Question, _Entry] = {}
        self._keep = keep

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, question: Question, now: float) -> Answer | None:
        """An answer that holds; None: it must be asked for."""
        entry = self._entries.get(question)
        return entry.answer if entry is not None and now < entry.until else None

    def last(self, question: Question) -> Answer | None:
        """The newest answer, even if it has run out."""
        entry = self._entries.get(question)
        return None if entry is None else entry.answer

    def until(self, question: Question) -> float:
        """When the answer that is there runs out."""
        return self._entries[question].until

    def learn(self, question: Question, answer: Answer, now: float) -> Learnt:
        before = self._entries.pop(question, None)
        old = before.good if before is not None and now < before.good_until else None
        if isinstance(answer, Found):
            good = replace(answer, records=answer.records[:MOST_RECORDS])
            until = now + min(max(good.ttl, LEAST_TTL), MOST_TTL)
            entry = _Entry(good, until, good, until + self._keep)
        elif isinstance(answer, Unanswered) and before is not None and old is not None:
            entry = _Entry(old, now + ASK_AGAIN, old, before.good_until)
        else:
            entry = _Entry(answer, now + _negative(answer), None, 0.0)
        if len(self._entries) >= MOST_NAMES:
            del self._entries[next(iter(self._entries))]
        self._entries[question] = (
            entry  # behind all others: the first is the one learnt longest ago
        )
        changed = old is not None and _differ(old, entry.answer)
        return Learnt(entry.answer, entry.answer is old, changed)


def _negative(answer: Answer) -> float:
    if isinstance(answer, Nothing):
        ttl = NEGATIVE_TTL if answer.ttl is None else answer.ttl
        return min(max(ttl, LEAST_TTL), MOST_NEGATIVE_TTL)
    return FAILED_TTL


def _differ(old: Found, new: Answer) -> bool:
    return not isinstance(new, Found) or set(old.records) != set(new.records)
