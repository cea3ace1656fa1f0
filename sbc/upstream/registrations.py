"""All registrations of ours with trunks (A3)."""

from __future__ import annotations

from collections.abc import Mapping

from config.effective import Terms
from sbc.actions import Flow
from sbc.routing.targets import Targets
from sbc.upstream.registration import Line, Registration, contact_user


class Registrations:
    def __init__(self, line: Line, node: str, terms: Mapping[str, Terms], targets: Targets) -> None:
        self._of = {
            name: Registration(line, of, targets, contact_user(node, name))
            for name, of in terms.items()
            if of.register is not None
        }

    def start(self) -> None:
        for registration in self._of.values():
            registration.start()

    def stop(self) -> None:
        for registration in self._of.values():
            registration.stop()

    def lost(self, flow: Flow) -> None:
        for registration in self._of.values():
            registration.lost(flow)

    def shown(self, trunk: str, now: float) -> dict[str, object] | None:
        """For operators; None: no registration is wanted there."""
        found = self._of.get(trunk)
        return found.shown(now) if found is not None else None
