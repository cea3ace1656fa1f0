"""As much of the core's wire as registrars use."""

from __future__ import annotations

from typing import Protocol

from sbc.actions import Action, Flow
from sbc.routing.listeners import Listeners
from sbc.sip.message import Response
from sbc.transaction.events import Key
from sbc.upstream.registration import Line


class RegistrarLine(Line, Protocol):
    listeners: Listeners
    actions: list[Action]

    def respond(self, key: Key, response: Response) -> None: ...
    def moved(self, group: str, user: str, before: Flow, after: Flow) -> None: ...
