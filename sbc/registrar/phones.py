"""All access groups: who may come in, and where each user is.

A zone with such a group is open to every source, so each request is authenticated before anything
is kept for it; what belongs to a dialog or a transaction of ours is known by that (X1, A1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from config.effective import Terms
from config.model import Config
from sbc.actions import Flow
from sbc.registrar.binding import from_record
from sbc.registrar.bindings import Refused
from sbc.registrar.gate import Admitted, Denied
from sbc.registrar.gruu import Named
from sbc.registrar.line import RegistrarLine
from sbc.registrar.passed import Field, credentials
from sbc.registrar.registrar import Registrar
from sbc.registrar.turn_credentials import Issued, TurnCredentials
from sbc.registrar.users import Proof
from sbc.routing.sources import Sources
from sbc.routing.targets import Target, Targets
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.uri import Uri
from sbc.transaction.events import Key


@dataclass(frozen=True, slots=True)
class Told:
    """What one trunk shall hear of a call, and no other."""

    trunk: str
    fields: tuple[Field, ...]
    challenges: bool
    """Its challenges are for the caller, who is known there."""


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
        turn = TurnCredentials.of(config)
        self._of = {
            name: Registrar(name, access, line, terms, targets, epoch, turn)
            for name, access in config.access.items()
        }

        self.keeps = any(registrar.keeps for registrar in self._of.values())
        """Flows of some of them are kept open."""

    def at(self, flow: Flow) -> Registrar | None:
        """The group whose phones this may be; None: a trunk's source, or a closed zone."""
        if self._sources.trunk(flow.interface, flow.remote[0], flow.names) is not None:
            return None
        name = self._sources.access(flow.interface)
        return None if name is None else self._of[name]

    def turn_account(self, aor: str) -> Issued | None:
        """For a user who is registered: `user@domain`; None: there is none."""
        user, _, domain = aor.partition("@")
        found = (registrar.turn_account(user, domain) for registrar in self._of.values())
        return next(filter(None, found), None)

    def heard(self, flow: Flow) -> None:
        """A message came by it."""
        registrar = self.at(flow)
        if registrar is not None:
            registrar.heard(flow)

    def denied(self, request: Request, flow: Flow) -> Denied | None:
        """The answer to a request that begins something, if its sender may not; None: it may."""
        registrar = self.at(flow)
        if registrar is None or self._on_connection(registrar, request, flow) is not None:
            return None
        if request.method == "REGISTER" and not registrar.takes(flow.remote[0]):
            return registrar.excess(flow.remote[0])
        result = self._checked(registrar, request, flow)
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
        if user is not None:
            return user
        if registrar.at_core and request.method == "REGISTER":
            return _user(request.headers.to.uri)
        return _claimed(request) if registrar.at_core else registrar.gate.named(request)

    def may_call(self, group: str, user: str) -> bool:
        """One call more of that user in this second."""
        return self._of[group].may_call(user)

    def _checked(
        self, registrar: Registrar, request: Request, flow: Flow
    ) -> Admitted | Denied | None:
        """Where the core asks for the proof, all that we know is who has registered from there."""
        if not registrar.at_core:
            return registrar.gate.check(request, self._line.now)
        if request.method == "REGISTER":
            return None
        users = registrar.bindings.users_on(flow, self._line.now)
        return None if _claimed(request) in users else Denied(403, (), "unregistered")

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

    def targets(self, group: str, user: str, named: Named | None = None) -> list[Target] | None:
        """None: it is no access group."""
        registrar = self._of.get(group)
        return None if registrar is None else registrar.targets(user, named)

    def named(self, request: Request, trunk: str) -> Named | Refused | None:
        """The phone that is meant by a Request-URI which means no user."""
        if not self._of:
            return None
        uri = Uri.parse(request.uri)
        for registrar in self._of.values():
            found = registrar.named(uri, trunk)
            if found is not None:
                return found
        return None

    def for_upstream(self, request: Request, flow: Flow, user: str | None) -> Told | None:
        """What the registrar behind us shall hear of a call of one of its phones."""
        registrar = self.at(flow) if self._of else None
        if registrar is None or registrar.upstream is None or user is None:
            return None
        fields = [("Route", each) for each in registrar.route_of(user, flow)]
        if registrar.at_core:
            fields += credentials(request.headers)
        return Told(registrar.upstream, tuple(fields), registrar.at_core)

    def survivors(self, group: str, trunks: Sequence[str], user: str) -> list[Target]:
        """Phones for a call of that group, if the core behind it should be lost (A4)."""
        registrar = self._of.get(group)
        if registrar is None or not registrar.local_calls or registrar.upstream not in trunks:
            return []
        return [replace(each, survives=True) for each in registrar.targets(user)]

    def users_read(self, group: str, users: Mapping[str, Proof]) -> None:
        self._of[group].users_read(users)

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
            if registrar is None or not listening or binding.expires <= self._line.now:
                continue
            if binding.flow.reliable:
                registrar.gone_before(binding)
            else:
                registrar.restore(binding)

    def _listens(self, flow: Flow) -> bool:
        """The same socket is there still."""
        self._line.listeners.of(flow)  # or LookupError
        return True

    def shown(self, now: float) -> list[dict[str, object]]:
        return [line for registrar in self._of.values() for line in registrar.shown(now)]


def _claimed(request: Request) -> str | None:
    """Whom a request says to be from."""
    return _user(request.headers.from_.uri)


def _user(uri: str) -> str | None:
    try:
        return Uri.parse(uri).user
    except BadMessage:
        return None
