"""Upstream knows each user who has a phone, by a registration of ours that is seldom refreshed
(N6; RFC 3261 §10.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from config.effective import Terms
from config.model import Register, Registrar
from sbc.routing.targets import Targets
from sbc.upstream.registration import Line, Registration

MOST_UPSTREAM = 100_000
"""Registrations of ours for users; more phones than that are not of one border."""


class Absorbing:
    def __init__(
        self,
        line: Line,
        settings: Registrar,
        upstream: Terms,
        domain: str,
        targets: Targets,
        is_bound: Callable[[str], bool],
    ) -> None:
        """`domain`: of the users. `is_bound`: whether a user has a phone now."""
        self._line = line
        self._settings = settings
        self._terms = upstream
        self._domain = domain
        self._targets = targets
        self._is_bound = is_bound
        self._of: dict[str, Registration] = {}

    def follow(self, user: str) -> None:
        """A phone has come or gone; upstream shall know."""
        self._line.timers.clear((self, user))
        held = self._of.get(user)
        if not self._is_bound(user):
            if held is not None:
                held.stop()
                del self._of[user]
            return
        if held is None and len(self._of) < MOST_UPSTREAM:
            wanted = Register.model_construct(expires=self._settings.upstream_expires, user=user)
            ours = replace(self._terms, register=wanted, domain=self._domain)
            held = self._of[user] = Registration(self._line, ours, self._targets, user)
            held.start()

    def disconnected(self, user: str) -> None:
        """A connection was lost, which its phone may make anew: that is not worth a word yet."""
        self._line.timer((self, user), self._settings.reconnect)

    def restored(self, user: str) -> None:
        """After a restart all users are there at once: the core shall hear of them one by one."""
        share = self._line.tokens.number(1000) / 1000
        self._line.timer((self, user), self._settings.spread * share)

    def timer(self, name: str) -> None:
        self.follow(name)

    def stop(self) -> None:
        """The border ends. A restart is no reason for the core to lose all phones."""
        if self._settings.on_stop == "unregister":
            for registration in self._of.values():
                registration.stop()

    def shown(self, user: str, now: float) -> object:
        """For operators; None: upstream was not told."""
        held = self._of.get(user)
        return None if held is None else held.shown(now)["state"]
