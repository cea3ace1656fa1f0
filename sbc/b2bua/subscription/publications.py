"""PUBLISH through the border (RFC 3903): the entity tags of each side stand for each other.

Each is a pair of transactions; what is kept of it is under which tags the two sides know a state,
until it expires.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sbc.b2bua.call import Shared
from sbc.b2bua.crossing import Field
from sbc.b2bua.page import Arrival, Errand, Pages
from sbc.b2bua.subscription.subscription import GRACE, UNSAID, told_back, without_ours
from sbc.routing.targets import Target
from sbc.sip.errors import BadMessage
from sbc.sip.event import Event
from sbc.sip.grammar import is_token
from sbc.sip.message import Response

MOST = 20_000
"""At once, whoever published them."""
_LONGEST_TAG = 256

Owner = tuple[str, str | None, str]
"""Trunk or access group, its user, and whose state it is."""


@dataclass(frozen=True, slots=True)
class Published:
    """One state, by the tag that we gave it."""

    owner: Owner
    target: Target
    """Where it is kept."""
    theirs: str
    """Its tag there."""


class Publications:
    def __init__(self, shared: Shared, pages: Pages) -> None:
        self._shared = shared
        self._pages = pages
        self._by_tag: dict[str, Published] = {}
        self._held: Counter[str] = Counter()
        """By trunk or access group."""

    def __len__(self) -> int:
        return len(self._by_tag)

    def begin(self, arrival: Arrival, targets: list[Target]) -> None:
        """Raises BadMessage for what cannot cross, or not now."""
        terms, headers, attempt = self._shared.terms, arrival.request.headers, arrival.attempt
        event = Event.parse(headers.get("event"))
        targets = [each for each in targets if event.package in terms[each.trunk].events]
        if event.package not in terms[attempt.trunk].events or not targets:
            raise BadMessage(489, "An event package which does not cross")
        owner = (attempt.trunk, attempt.user, arrival.who.called)
        tag = headers.get("sip-if-match")
        content = without_ours(self._pages.content(arrival))
        fields: list[Field] = [("Event", event.package)]
        if headers.expires is not None:
            fields.append(("Expires", str(headers.expires)))
        if tag is not None:
            found = self._by_tag.get(tag)
            if found is None or found.owner != owner:
                raise BadMessage(412, "No state has that tag")
            fields.append(("SIP-If-Match", found.theirs))
            targets = [found.target]
        else:
            self._admit(attempt.trunk)

        def back(target: Target, response: Response) -> tuple[Field, ...]:
            return self._answered(owner, tag, headers.expires, target, response)

        self._pages.send(Errand(arrival, content, tuple(fields), back), targets)

    def _admit(self, trunk: str) -> None:
        most = self._shared.terms[trunk].limits.subscriptions
        if len(self) >= MOST or self._held[trunk] >= most:
            raise BadMessage(503, "Too many states are published")

    def _answered(
        self,
        owner: Owner,
        before: str | None,
        asked: int | None,
        target: Target,
        response: Response,
    ) -> tuple[Field, ...]:
        """What the publisher hears of an answer. A state has another tag with each change."""
        if response.status >= 300:
            if response.status == 412:
                self._forget(before)
            return told_back(response)
        self._forget(before)
        expires = response.headers.expires
        lasts = next((each for each in (expires, asked) if each is not None), UNSAID)
        said = (("Expires", str(lasts)),)
        theirs = response.headers.get("sip-etag") or ""
        if not lasts or not is_token(theirs) or len(theirs) > _LONGEST_TAG:
            return said
        wire = self._shared.wire
        tag = wire.tokens.token(20)
        self._by_tag[tag] = Published(owner, target, theirs)
        self._held[owner[0]] += 1
        wire.timer((self, tag), lasts + GRACE)
        return (*said, ("SIP-ETag", tag))

    def timer(self, tag: str) -> None:
        """It has expired."""
        self._forget(tag)

    def _forget(self, tag: str | None) -> None:
        if tag is not None and tag in self._by_tag:
            self._held[self._by_tag.pop(tag).owner[0]] -= 1
            self._shared.wire.timers.clear((self, tag))
