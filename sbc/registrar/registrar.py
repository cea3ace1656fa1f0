"""The registrar of one access group: answers REGISTER, keeps bindings, and tells upstream who is
there (RFC 3261 §10.3; N6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from config.effective import Terms
from config.model import Access, Register
from sbc.actions import Action, Flow, StoreBinding
from sbc.policy.extensions import unknown_among
from sbc.registrar.bindings import Binding, Bindings, Bounds, Refused, as_record
from sbc.registrar.gate import Gate
from sbc.registrar.nonces import Nonces
from sbc.routing.listeners import Listeners
from sbc.routing.targets import Target, Targets
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response
from sbc.sip.uri import Uri
from sbc.transaction.events import Key
from sbc.upstream.registration import Line, Registration

MOST_UPSTREAM = 100_000
"""Registrations of ours for users; more phones than that are not of one border."""


class Registrar:
    def __init__(
        self,
        name: str,
        access: Access,
        line: RegistrarLine,
        terms: Mapping[str, Terms],
        targets: Targets,
        epoch: Callable[[], float],
    ) -> None:
        """`epoch`: the wall clock, in seconds, at 0 of the core's."""
        settings, auth = access.registrar, access.auth
        self.name = name
        self.zone = access.zone
        self.call = None
        tokens = line.tokens
        nonces = Nonces(
            tokens.token(64).encode(),
            auth.nonce_lifetime,
            lambda size: bytes.fromhex(tokens.token(2 * size)),
        )
        passwords = {user: secret.get_secret_value() for user, secret in auth.users.items()}
        self.gate = Gate(passwords, access.domains, auth.algorithms, nonces)
        bounds = Bounds(
            int(settings.client_expires), int(settings.min_expires), settings.max_contacts
        )
        self.bindings = Bindings(bounds)
        self.reuse_connection = auth.reuse_connection
        self._domains = frozenset(domain.lower() for domain in access.domains)
        self._domain = access.domains[0]
        self._terms = terms[name]
        self._line = line
        self._epoch = epoch
        self._targets = targets
        upstream = settings.upstream if settings.mode == "absorb" else None
        self._upstream_terms = None if upstream is None else terms[upstream]
        self._upstream_expires = settings.upstream_expires
        self._upstream: dict[str, Registration] = {}
        """Of each user who has a phone, our own registration behind us."""

    # --- REGISTER ---------------------------------------------------------------------------------

    def register(self, key: Key, request: Request, flow: Flow, user: str) -> None:
        """From one who has proved to be `user`."""
        before = {each.key: each.flow for each in self.bindings.of(user, self._line.now)}
        try:
            refusal = self._insists(request) or self._identity(request, user)
            changed = refusal or self.bindings.register(user, request, flow, self._line.now)
        except BadMessage as bad:
            changed = Refused(bad.status, bad.reason)
        if isinstance(changed, Refused):
            self._answer(key, request, changed.status, changed.fields)
            labels = {"trunk": self.name, "status": str(changed.status)}
            self._line.note("register_refused", labels, why=changed.reason, user=user)
            return
        bound, gone = changed
        for binding in gone:
            self._store(binding, None)
        for binding in bound:
            self._store(binding, binding)
            old = before.get(binding.key, binding.flow)
            if old != binding.flow:
                self._line.moved(self.name, user, old, binding.flow)
        self._arm()
        self._follow(user)
        self._answer(key, request, 200, self._contacts(user))
        what = "refreshed" if bound else "asked" if not gone else "removed"
        self._line.note("register", {"trunk": self.name}, what=what, user=user)

    def _insists(self, request: Request) -> Refused | None:
        """On what a registrar of ours does not do, such as `outbound` (§10.3, step 2)."""
        unknown = ", ".join(unknown_among(request.headers.require, self._terms))
        return Refused(420, f"requires {unknown}", (("Unsupported", unknown),)) if unknown else None

    def _identity(self, request: Request, user: str) -> Refused | None:
        """The address of record is that of To, and the user's own (A6)."""
        uri = Uri.parse(request.headers.to.uri)
        if uri.host.lower() not in self._domains:
            return Refused(404, "an address of record of another domain")
        if (uri.user or "").partition(";")[0] != user:
            return Refused(403, "an address of record of another user")
        return None

    def _contacts(self, user: str) -> tuple[tuple[str, str], ...]:
        """All that are bound now, with the time that is left (§10.3, step 8)."""
        now, fields = self._line.now, []
        for binding in self.bindings.of(user, now):
            left = max(1, round(binding.expires - now))
            shown = (*binding.params, ("expires", str(left)))
            fields.append(("Contact", str(NameAddr("", binding.uri, shown))))
        return tuple(fields)

    def _answer(
        self, key: Key, request: Request, status: int, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        own = (("Server", self._line.user_agent), *fields)
        tag = self._line.tokens.token(16)
        self._line.respond(key, build_response(request, status, None, own, to_tag=tag))

    # --- calls ------------------------------------------------------------------------------------

    def targets(self, user: str) -> list[Target]:
        """Each phone of the user, by the flow on which it has registered."""
        found = []
        for place, binding in enumerate(self.bindings.of(user, self._line.now)):
            listener = self._line.listeners.of(binding.flow)
            uri = Uri.parse(binding.uri)
            found.append(
                Target(self.name, uri, binding.flow, listener, 1, place, binding.uri, user)
            )
        return found

    # --- time, restarts, connections --------------------------------------------------------------

    def lost(self, flow: Flow) -> None:
        self._unbound(self.bindings.lost(flow), "connection")

    def timer(self, name: str) -> None:
        del name  # there is one: the first binding that ends
        self._unbound(self.bindings.expire(self._line.now), "expired")

    def restore(self, binding: Binding) -> None:
        """Bound before a restart, by a way that may still lead there."""
        self.bindings.restore(binding)
        self._arm()
        self._follow(binding.user)

    def stop(self) -> None:
        """The border ends: upstream is told, where it was we who registered."""
        for registration in self._upstream.values():
            registration.stop()

    def _unbound(self, gone: list[Binding], why: str) -> None:
        for binding in gone:
            self._store(binding, None)
            self._line.note("unregistered", {"trunk": self.name}, why=why, user=binding.user)
            self._follow(binding.user)
        self._arm()

    def _arm(self) -> None:
        expiry = self.bindings.next_expiry()
        if expiry is None:
            self._line.timers.clear((self, "expire"))
        else:
            self._line.timers.set((self, "expire"), expiry)

    def _store(self, binding: Binding, kept: Binding | None) -> None:
        record = None if kept is None else as_record(kept, self._epoch())
        # What is not UTF-8 in an instance could not be stored, nor anything else with it.
        key = "\n".join(binding.key).encode("utf-8", "backslashreplace").decode()
        self._line.actions.append(StoreBinding(self.name, binding.user, key, record))

    def _follow(self, user: str) -> None:
        """Upstream knows the user for as long as one phone is there (N6)."""
        terms = self._upstream_terms
        if terms is None:
            return
        held = self._upstream.get(user)
        if not self.bindings.is_bound(user, self._line.now):
            if held is not None:
                held.stop()
                del self._upstream[user]
            return
        if held is None and len(self._upstream) < MOST_UPSTREAM:
            wanted = Register.model_construct(expires=self._upstream_expires, user=user)
            ours = replace(terms, register=wanted, domain=self._domain)
            held = self._upstream[user] = Registration(self._line, ours, self._targets, user)
            held.start()

    def shown(self, now: float) -> list[dict[str, object]]:
        """For operators."""
        return [
            {
                "access": self.name,
                "user": binding.user,
                "contact": binding.uri,
                "transport": binding.flow.transport,
                "source": f"{binding.flow.remote[0]}:{binding.flow.remote[1]}",
                "expires_in": round(binding.expires - now),
                "user_agent": binding.agent,
                "upstream": self._upstream[binding.user].shown(now)["state"]
                if binding.user in self._upstream
                else None,
            }
            for binding in self.bindings
        ]


class RegistrarLine(Line, Protocol):
    """As much of the wire as a registrar uses."""

    listeners: Listeners
    actions: list[Action]

    def respond(self, key: Key, response: Response) -> None: ...
    def moved(self, group: str, user: str, before: Flow, after: Flow) -> None: ...
