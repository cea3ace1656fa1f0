"""Redirects followed for the caller (RFC 3261 §8.1.3.4): by number, never by host (S10).

A 3xx names whom to call instead. Its host is anybody's and is not dialled: the number is routed
like one that the caller itself had called, so that it gets nowhere that the caller may not go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sbc.b2bua.events import Refused
from sbc.b2bua.identity import user_of
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Response
from sbc.sip.uri import Uri

if TYPE_CHECKING:
    from sbc.b2bua.call import Call


class Redirects:
    """What the redirects of one call came to."""

    __slots__ = ("followed", "seen", "waiting")

    def __init__(self, called: str) -> None:
        self.seen = {called}
        """Numbers that were called, or will be: none is called twice, so there is no loop."""
        self.waiting: list[str] = []
        """Not called yet, best first."""
        self.followed = 0
        """3xx of this call."""

    def heard(self, contacts: tuple[str, ...], most: int) -> None:
        """A 3xx; its contacts go before those of an earlier one."""
        if self.followed >= most:
            return
        self.followed += 1
        fresh = [user for user in dict.fromkeys(contacts) if user not in self.seen]
        self.seen.update(fresh)
        self.waiting = fresh + self.waiting


def follow(call: Call, event: Refused) -> bool:
    """Is there a number to call in place of the one that was refused? Then it is the next."""
    if call.plan.described or event.status >= 600:
        return False
    if any(name == "Replaces" for name, _ in call.content.fields):
        return False  # it is meant for that peer alone
    terms = call.shared.terms[call.target.trunk]
    if 300 <= event.status < 400 and terms.redirect == "follow":
        before = call.redirects.followed
        call.redirects.heard(event.contacts, terms.max_redirects)
        if call.redirects.followed > before:
            _diverted(call)
    caller = call.facts.caller
    while call.redirects.waiting:
        number = call.redirects.waiting.pop(0)
        reached = call.shared.reach(caller.zone, caller.trunk, number)
        if reached is not None:
            call.called, call.targets = number, reached.targets
            call.wire.note("redirect_followed", call.labels(), call=call.uid)
            return True
    return False


def _diverted(call: Call) -> None:
    """Whoever gets the call now may be told who sent it there (RFC 5806 §8.1)."""
    reason = "unconditional" if call.times.ringing is None else "no-answer"
    claims = call.content.claims.diverted_by(call.called, reason)
    call.content = replace(call.content, claims=claims)


def redirected_to(response: Response) -> tuple[str, ...]:
    """The users that a 3xx names, most wanted first (RFC 3261 §20.10); their hosts stay on their
    side."""
    try:
        contacts = sorted(response.headers.contacts[:5], key=_wanted, reverse=True)
        users = [user_of(Uri.parse(contact.uri)) for contact in contacts]
    except BadMessage:
        return ()
    return tuple(user for user in users if user)


def _wanted(contact: NameAddr) -> float:
    """Its q value; a malformed one is as good as none."""
    try:
        q = float(contact.param("q") or 1.0)
    except ValueError:
        return 1.0
    return q if 0.0 <= q <= 1.0 else 1.0
