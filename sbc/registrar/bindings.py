"""Where each user is: the bindings of the location service (RFC 3261 §10.3, RFC 5626 §6).

A REGISTER is carried out whole or not at all. A binding knows the flow on which it came, for that
is the one way to a phone behind NAT (N1, N7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from sbc.actions import Flow
from sbc.registrar.binding import Binding, key_of
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import number
from sbc.sip.message import Request
from sbc.sip.uri import Uri
from sbc.timers import Timers

LONGEST_URI = 512
"""Characters of a Contact that we keep."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one access group. All in seconds, but the last."""

    longest: int
    shortest: int
    most: int
    """Contacts of one user."""


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    reason: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a REGISTER would change, which may be done or left."""

    user: str
    wanted: tuple[Binding, ...]
    """Of each of its Contacts, as it asks for it; those that end at once are to be removed."""
    everything: bool = False
    """All are to be removed: `*`."""


class Bindings:
    """Of all users of one access group."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._of: dict[str, dict[tuple[str, ...], Binding]] = {}
        self._at: dict[Flow, dict[str, None]] = {}
        """Ways → who has registered on them: a device may have several users."""
        self._named: dict[str, Binding] = {}
        """By token."""
        self._ends = Timers()
        """When each ends, by user and key."""

    def __iter__(self) -> Iterator[Binding]:
        return (binding for bound in self._of.values() for binding in bound.values())

    def of(self, user: str, now: float) -> list[Binding]:
        """The best first: by `q`, then the one heard of last (RFC 3261 §16.6)."""
        live = [each for each in self._of.get(user, {}).values() if each.expires > now]
        return sorted(live, key=lambda each: (-each.q, -each.registered))

    def is_bound(self, user: str, now: float) -> bool:
        return any(each.expires > now for each in self._of.get(user, {}).values())

    def users_on(self, flow: Flow, now: float) -> list[str]:
        """Who has registered on this way, and still is."""
        return [
            user
            for user in self._at.get(flow, ())
            if any(b.flow == flow and b.expires > now for b in self._of[user].values())
        ]

    def named(self, token: str) -> Binding | None:
        return self._named.get(token)

    def next_expiry(self) -> float | None:
        return self._ends.next()

    # --- changes ----------------------------------------------------------------------------------

    def register(
        self, user: str, request: Request, flow: Flow, now: float
    ) -> Refused | tuple[list[Binding], list[Binding]]:
        """What was bound and what was unbound by it; without a Contact it only asks. Raises
        BadMessage."""
        asked = self.asked(user, request, flow, now)
        return asked if isinstance(asked, Refused) else self.carry_out(asked, now)

    def asked(self, user: str, request: Request, flow: Flow, now: float) -> Refused | Asked:
        """Nothing is changed yet. Raises BadMessage."""
        headers = request.headers
        if any(contact.uri == "*" for contact in headers.contacts):
            if len(headers.contacts) > 1 or headers.expires != 0:
                return Refused(400, "a `*` beside others, or without Expires: 0")
            asked = Asked(user, (), everything=True)
        else:
            wanted = (self._wanted(user, request, c, flow, now) for c in headers.contacts)
            asked = Asked(user, tuple(wanted))
        held = self._of.get(user, {})
        return self._refusal(request, held, _after(held, asked, now), asked, now) or asked

    def carry_out(self, asked: Asked, now: float) -> tuple[list[Binding], list[Binding]]:
        """What was bound and what was unbound."""
        held = self._of.get(asked.user, {})
        after = _after(held, asked, now)
        self._keep(asked.user, after)
        gone = [each for key, each in held.items() if key not in after]
        return [each for each in asked.wanted if each.expires > now], gone

    def _refusal(
        self,
        request: Request,
        held: dict[tuple[str, ...], Binding],
        after: dict[tuple[str, ...], Binding],
        asked: Asked,
        now: float,
    ) -> Refused | None:
        headers, bounds = request.headers, self._bounds
        for key, binding in held.items():
            touched = after.get(key) is not binding
            same = binding.call_id == headers.call_id
            if touched and same and headers.cseq.number <= binding.cseq:
                return Refused(500, "an older REGISTER than the one before")  # §10.3, step 7
        brief = any(now < each.expires < now + bounds.shortest for each in asked.wanted)
        if brief:
            return Refused(423, "too brief", (("Min-Expires", str(bounds.shortest)),))
        if len(after) > max(bounds.most, len(held)):
            return Refused(403, "too many contacts")
        return None

    def _wanted(
        self, user: str, request: Request, contact: NameAddr, flow: Flow, now: float
    ) -> Binding:
        headers = request.headers
        held = self._of.get(user, {})
        if len(contact.uri) > LONGEST_URI or Uri.parse(contact.uri).scheme not in {"sip", "sips"}:
            raise BadMessage(400, "A Contact that cannot be called")
        asked = contact.param("expires")
        seconds = self._bounds.longest if headers.expires is None else headers.expires
        if asked is not None:
            seconds = number(asked, 2**32 - 1, "expires")
        agent = headers.get("user-agent") or ""
        params = tuple((n, v) for n, v in contact.params if n not in {"expires", "q"})
        before = held.get(key_of(contact.uri, params))
        return Binding(
            user=user,
            uri=contact.uri,
            params=params,
            q=_q(contact.param("q")),
            expires=now + min(seconds, self._bounds.longest),
            flow=flow,
            call_id=headers.call_id,
            cseq=headers.cseq.number,
            registered=now,
            agent="".join(each for each in agent if each.isprintable())[:64],
            stated=(headers.via.host, headers.via.port or 5060) if headers.has("via") else None,
            token="" if before is None else before.token,
            life=None if before is None else before.life,
        )

    def restore(self, binding: Binding) -> None:
        """As it was before a restart."""
        self._keep(binding.user, {**self._of.get(binding.user, {}), binding.key: binding})

    def expire(self, now: float) -> list[Binding]:
        """Take away those whose time is over."""
        over = cast(list[tuple[str, tuple[str, ...]]], self._ends.pop_due(now))
        return self._remove(self._of[user][key] for user, key in over)

    def lost(self, flow: Flow) -> list[Binding]:
        """The connection is closed: nobody can be reached by it any more (RFC 5626 §5.2)."""
        of = (each for user in self._at.get(flow, ()) for each in self._of[user].values())
        return self._remove(each for each in of if each.flow == flow)

    def remove(self, user: str) -> list[Binding]:
        """Every one of a user."""
        return self._remove(list(self._of.get(user, {}).values()))

    def _remove(self, bindings: Iterable[Binding]) -> list[Binding]:
        gone = list(bindings)
        for binding in gone:
            held = self._of[binding.user]
            self._keep(binding.user, {k: b for k, b in held.items() if b is not binding})
        return gone

    def _keep(self, user: str, after: dict[tuple[str, ...], Binding]) -> None:
        for key, binding in self._of.get(user, {}).items():
            self._leave(user, binding.flow)
            self._named.pop(binding.token, None)
            if key not in after:
                self._ends.clear((user, key))
        if after:
            self._of[user] = after
        else:
            self._of.pop(user, None)
        for key, binding in after.items():
            self._ends.set((user, key), binding.expires)
            self._at.setdefault(binding.flow, {})[user] = None
            if binding.token:
                self._named[binding.token] = binding

    def _leave(self, user: str, flow: Flow) -> None:
        users = self._at.get(flow)
        if users is not None:
            users.pop(user, None)
            if not users:
                del self._at[flow]


def _after(
    held: Mapping[tuple[str, ...], Binding], asked: Asked, now: float
) -> dict[tuple[str, ...], Binding]:
    """What a user has when it is carried out."""
    after = {} if asked.everything else dict(held)
    for binding in asked.wanted:
        if binding.expires > now:
            after[binding.key] = binding
        else:
            after.pop(binding.key, None)
    return after


def _q(text: str | None) -> float:
    """RFC 3261 §20.10; 1 where it says nothing, or nonsense."""
    try:
        return min(1.0, max(0.0, float(text))) if text is not None else 1.0
    except ValueError:
        return 1.0
