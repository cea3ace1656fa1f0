"""All access groups: who may come in, and where each user is.

A zone with such a group is open to every source, so each request is authenticated before anything
is kept for it; what belongs to a dialog or a transaction of ours is known by that (X1, A1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from config.effective import Terms
from config.model import Config
from sbc.actions import Flow
from sbc.registrar.bindings import from_record
from sbc.registrar.gate import Denied
from sbc.registrar.registrar import Registrar, RegistrarLine
from sbc.routing.sources import Sources
from sbc.routing.targets import Target, Targets
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.uri import Uri
from sbc.transaction.events import Key


class Phones:
    def __init__(
        self,
        config: Config,
        sources: Sources,
        line: RegistrarLine,
        terms: Mapping[str, Terms],
        targets: Targets,
        epoch: Callable[[], float],
    ) -> None:
        self._sources = sources
        self._line = line
        self._of = {
            name: Registrar(name, access, line, terms, targets, epoch)
            for name, access in config.access.items()
        }

    def at(self, flow: Flow) -> Registrar | None:
        """The group whose phones this may be; None: a trunk's source, or a closed zone."""
        if self._sources.trunk(flow.interface, flow.remote[0], flow.names) is not None:
            return None
        name = self._sources.access(flow.interface)
        return None if name is None else self._of[name]

    def denied(self, request: Request, flow: Flow) -> Denied | None:
        """The answer to a request that begins something, if its sender may not; None: it may."""
        registrar = self.at(flow)
        if registrar is None or self._on_connection(registrar, request, flow) is not None:
            return None
        result = registrar.gate.check(request, self._line.now)
        if not isinstance(result, Denied):
            return None
        labels = {"trunk": registrar.name, "method": request.method}
        self._line.note("challenged", labels, why=result.why, source=flow.remote[0])
        return result

    def user(self, request: Request, flow: Flow) -> str | None:
        """Who has sent a request that was not denied; None: a trunk."""
        registrar = self.at(flow)
        if registrar is None:
            return None
        user = self._on_connection(registrar, request, flow)
        return user if user is not None else registrar.gate.named(request)

    def _on_connection(self, registrar: Registrar, request: Request, flow: Flow) -> str | None:
        """Nobody else can speak on a connection; a source of UDP can be forged."""
        if not flow.reliable or not registrar.reuse_connection or request.method == "REGISTER":
            return None
        users = registrar.bindings.users_on(flow, self._line.now)
        if len(users) > 1:  # one device, and several lines: it says which
            users = [user for user in users if user == _claimed(request)]
        return users[0] if users else None

    def register(self, key: Key, request: Request, flow: Flow) -> bool:
        """A REGISTER which came past `denied`; False: it is none of a phone."""
        registrar, user = self.at(flow), self.user(request, flow)
        if registrar is None or user is None:
            return False
        registrar.register(key, request, flow, user)
        return True

    def is_bound(self, group: str, user: str) -> bool:
        return self._of[group].bindings.is_bound(user, self._line.now)

    def targets(self, group: str, user: str) -> list[Target] | None:
        """None: it is no access group."""
        registrar = self._of.get(group)
        return None if registrar is None else registrar.targets(user)

    def lost(self, flow: Flow) -> None:
        for registrar in self._of.values():
            registrar.lost(flow)

    def stop(self) -> None:
        for registrar in self._of.values():
            registrar.stop()

    def restore(self, records: Iterable[tuple[str, Mapping[str, object]]], epoch: float) -> None:
        """Access group and record of each binding that was stored. Those which came on connections
        are gone with them, and what cannot be read is left out."""
        for group, record in records:
            registrar = self._of.get(group)
            try:
                binding = from_record(record, epoch)
                listening = registrar is not None and self._listens(binding.flow)
            except (BadMessage, LookupError, TypeError, ValueError):
                continue
            alive = binding.expires > self._line.now and not binding.flow.reliable
            if registrar is not None and listening and alive:
                registrar.restore(binding)

    def _listens(self, flow: Flow) -> bool:
        """The same socket is there still."""
        self._line.listeners.of(flow)  # or LookupError
        return True

    def shown(self, now: float) -> list[dict[str, object]]:
        return [line for registrar in self._of.values() for line in registrar.shown(now)]


def _claimed(request: Request) -> str | None:
    """Whom a request says to be from."""
    try:
        return Uri.parse(request.headers.from_.uri).user
    except BadMessage:
        return None
