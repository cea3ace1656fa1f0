"""Which call, and who in it: talks by call-id, tags and branch (section 4 of the NG document).

The from-tag is who speaks. A talk has two ends; the called one has no tag before it has answered.
Each via-branch of a forked call is a talk of its own, with its own ports.
"""

from collections.abc import Iterator

from media.control import Side
from media.ng.command import Party
from media.ng.facing import Random, new_travel
from media.ng.talk import OTHER, End, Talk


class Calls:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._calls: dict[str, list[Talk]] = {}
        self._talks: dict[str, Talk] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._calls

    def names(self, limit: int) -> list[str]:
        return [name for name, _ in zip(self._calls, range(limit), strict=False)]

    def of(self, call_id: str) -> list[Talk]:
        return list(self._calls.get(call_id, ()))

    def talk(self, session: str) -> Talk | None:
        """By its name at the relay."""
        return self._talks.get(session)

    def all(self) -> Iterator[Talk]:
        return iter(list(self._talks.values()))

    # --- who speaks -------------------------------------------------------------------------------

    def offered(self, party: Party, now: float) -> tuple[Talk, Side]:
        """The talk of this offer and the side that makes it; a new one is not kept yet."""
        for talk in self._calls.get(party.call_id, ()):
            side = _offering(talk, party)
            if side is not None:
                return talk, side
        self._number += 1
        a = End(now, new_travel(self._random), party.from_tag)
        b = End(now, new_travel(self._random), party.to_tag, branch=party.branch)
        name = f"ng-{self._number}"
        return Talk(name, party.call_id, {"a": a, "b": b}, now, now), "a"

    def keep(self, talk: Talk) -> None:
        if talk.session not in self._talks:
            self._talks[talk.session] = talk
            self._calls.setdefault(talk.call_id, []).append(talk)

    def forget(self, talk: Talk) -> None:
        if self._talks.pop(talk.session, None) is None:
            return
        talks = self._calls[talk.call_id]
        talks.remove(talk)
        if not talks:
            del self._calls[talk.call_id]

    def answering(self, party: Party) -> tuple[Talk, Side] | None:
        """The talk of this answer, and the side that gives it."""
        talks = [
            (talk, side)
            for talk in self._calls.get(party.call_id, ())
            if (side := talk.side_of(party.from_tag)) is not None
        ]
        found = _answered(talks, party)
        if found is None:
            return None
        talk, offerer = found
        return talk, OTHER[offerer]

    # --- whom it is about -------------------------------------------------------------------------

    def matching(self, party: Party) -> list[Talk]:
        """Of a call, the talks that these tags and this branch leave; without any, all.

        A request within the dialog has a branch of its own, which no offer has named: then the tags
        of what is answered count alone.
        """
        named = [
            talk
            for talk in self._calls.get(party.call_id, ())
            if _has(talk, party.from_tag) and _has(talk, party.to_tag)
        ]
        if party.branch is None:
            return named
        of_branch = [talk for talk in named if talk.b.branch in {None, party.branch}]
        return of_branch or [talk for talk in named if talk.answered and party.from_tag]


def _has(talk: Talk, tag: str | None) -> bool:
    return tag is None or talk.side_of(tag) is not None


def _offering(talk: Talk, party: Party) -> Side | None:
    """Does this offer belong to this talk, and as whose?"""
    side = talk.side_of(party.from_tag)
    if side is None:
        return None
    other = talk.ends[OTHER[side]]
    if party.to_tag is not None and other.tag not in {None, party.to_tag}:
        return None
    branched = side == "a" and party.to_tag is None and party.branch is not None
    if branched and other.branch not in {None, party.branch}:
        return None
    return side


def _answered(talks: list[tuple[Talk, Side]], party: Party) -> tuple[Talk, Side] | None:
    """By the to-tag, by the branch, else the one that has no answer, else the only one."""
    for found in talks:
        talk, side = found
        if talk.ends[OTHER[side]].tag == party.to_tag:
            return found
    if party.branch is not None:
        for found in talks:
            if found[0].b.branch == party.branch:
                return found
    for found in talks:
        if not found[0].answered:
            return found
    return talks[0] if talks else None
