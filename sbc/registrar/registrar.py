"""The registrar of one access group: answers REGISTER, keeps bindings, and tells upstream who is
there (RFC 3261 §10.3; N6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from config.effective import Terms
from config.model import Access
from sbc.actions import Flow, StoreBinding
from sbc.nat.keepers import Keepers
from sbc.registrar import fitness, gruu, outbound
from sbc.registrar.absorbing import Absorbing
from sbc.registrar.binding import Binding, as_record
from sbc.registrar.bindings import Asked, Bindings, Bounds, Refused
from sbc.registrar.gate import SILENCE, Denied, Gate
from sbc.registrar.gone import Gone
from sbc.registrar.gruu import Gruus, Named
from sbc.registrar.line import RegistrarLine
from sbc.registrar.nonces import Nonces
from sbc.registrar.relaying import Came, Relaying
from sbc.registrar.storm import MOST_USERS, Storm, retry_after
from sbc.registrar.turn_credentials import Issued, TurnCredentials
from sbc.registrar.users import Proof
from sbc.routing.targets import Target, Targets
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_response
from sbc.sip.uri import Uri
from sbc.transaction.events import Key
from stun_turn.rate import Rates

DATAGRAM_TIMER = 25.0
"""Seconds between two keepalives of a phone on UDP: less than any usual NAT forgets (RFC 5626
§4.4.2)."""
Field = tuple[str, str]


class Registrar:
    def __init__(
        self,
        name: str,
        access: Access,
        line: RegistrarLine,
        terms: Mapping[str, Terms],
        targets: Targets,
        epoch: Callable[[], float],
        turn: TurnCredentials | None = None,
    ) -> None:
        """`epoch`: the wall clock, in seconds, at 0 of the core's; `turn`: accounts that come with
        a registration."""
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
        relays = settings.mode == "relay"
        self._keepers = Keepers(line, name, terms[name].nat, settings.client_expires, self._aor)
        longest = settings.upstream_expires if relays else self._keepers.longest
        bounds = Bounds(int(longest), int(settings.min_expires), settings.max_contacts)
        self.bindings = Bindings(bounds)
        self.gone = Gone()
        self.at_core = auth.at == "core"
        self.reuse_connection = auth.reuse_connection
        self.upstream = settings.upstream
        self._parallel = settings.forking == "parallel"
        self._storm = Storm(access.limits.registers)
        cps = access.limits.per_user.cps
        self._calls = None if cps is None else Rates(cps, max(1.0, cps), MOST_USERS)
        self.local_calls = access.survivability.local_calls
        self._domains = frozenset(domain.lower() for domain in access.domains)
        self._domain = access.domains[0]
        self._terms = terms[name]
        self._line = line
        self._epoch = epoch
        self._accounts = None if turn is None else turn.of_domain(self._domain, epoch)
        self._targets = targets
        self._upstream_expires = settings.upstream_expires
        self._datagram_timer = DATAGRAM_TIMER
        self._gruus = Gruus(tokens.token(64).encode(), self._domain)
        self._absorbing: Absorbing | None = None
        self._relaying: Relaying | None = None
        if settings.upstream is not None and settings.mode == "absorb":
            upstream = terms[settings.upstream]
            self._absorbing = Absorbing(
                line, settings, upstream, self._domain, targets, self._is_bound
            )
        elif settings.upstream is not None:
            upstream = terms[settings.upstream]
            self._relaying = Relaying(line, access, upstream, targets, self, self._held)

    def _aor(self, user: str) -> str:
        return f"sip:{user}@{self._domain}"

    def turn_account(self, user: str, domain: str) -> Issued | None:
        if self._accounts is None or domain.lower() not in self._domains:
            return None
        return self._accounts.of_user(user, self._held(user), self._line.now)

    def _account(self, came: Came) -> tuple[Field, ...]:
        """TURN credentials for the registration that has come."""
        held, now = self._held(came.user), self._line.now
        return self._accounts.fields(came.user, held, came.flow, now) if self._accounts else ()

    def _unaccounted(self, user: str) -> None:
        """Who is not registered any more has no TURN account either."""
        if self._accounts is not None and not self._is_bound(user):
            self._line.actions.append(self._accounts.revoked(user, self._line.now))

    def _is_bound(self, user: str) -> bool:
        return self.bindings.is_bound(user, self._line.now)

    def _held(self, user: str) -> list[Binding]:
        return self.bindings.of(user, self._line.now)

    # --- REGISTER ---------------------------------------------------------------------------------

    def register(self, key: Key, request: Request, flow: Flow, user: str) -> None:
        """From one who has proved to be `user`, or who has to prove it to the core."""
        came = Came(key, request, flow, user)
        if not self.at_core and not self._storm.takes_of(user, self._line.now):
            self.refused(came, Refused(503, "too many of this user", (self._later(),)))
            return
        try:
            whose = None if self.at_core else user
            relayed = self._relaying is not None
            refusal = fitness.insists(request, self._terms, relayed=relayed)
            refusal = refusal or fitness.identity(request, whose, self._domains)
            asked = refusal or self.bindings.asked(user, request, flow, self._line.now)
        except BadMessage as bad:
            asked = Refused(bad.status, bad.reason)
        if isinstance(asked, Refused):
            self.refused(came, asked)
        elif self._relaying is not None:
            self._relaying.pass_on(came, asked)
        else:
            self.settled(came, self._granted(came, asked), self._own_fields(came))

    def takes(self, source: str) -> bool:
        """One REGISTER more from this address."""
        return self._storm.takes(source, self._line.now)

    def excess(self, source: str) -> Denied:
        """What becomes of one that is too many."""
        if many := self._storm.worth_a_word(self._line.now):
            self._line.note("storm", {"trunk": self.name}, count=str(many), source=source)
        if self._storm.drops:
            return Denied(SILENCE, (), "storm")
        return Denied(503, (self._later(),), "storm")

    def _later(self) -> Field:
        return retry_after(self._line.tokens.number(2**16))

    def may_call(self, user: str) -> bool:
        """One call more of that user in this second."""
        return self._calls is None or self._calls.allow(user, self._line.now)

    def refused(self, came: Came, why: Refused) -> None:
        self._answer(came.key, came.request, why.status, why.fields)
        labels = {"trunk": self.name, "status": str(why.status)}
        self._line.note("register_refused", labels, why=why.reason, user=came.user)

    def settled(self, came: Came, asked: Asked, fields: tuple[Field, ...]) -> None:
        """It is granted as it stands now."""
        user = came.user
        before = {each.key: each.flow for each in self._held(user)}
        asked = replace(asked, wanted=tuple(self._learnt(each) for each in asked.wanted))
        bound, gone = self.bindings.carry_out(asked, self._line.now)
        for binding in gone:
            self._store(binding, None)
            self._keepers.gone(binding)
        for binding in bound:
            self._store(binding, binding)
            self.gone.forget(binding.token)
            old = before.get(binding.key, binding.flow)
            if old != binding.flow:
                self._line.moved(self.name, user, old, binding.flow)
        self._arm()
        if self._absorbing is not None:
            self._absorbing.follow(user)
        fields = (*fields, *self._account(came), *self._contacts(user))
        self._answer(came.key, came.request, 200, fields)
        if gone:
            self._unaccounted(user)
        what = "refreshed" if bound else "asked" if not gone else "removed"
        self._line.note("register", {"trunk": self.name}, what=what, user=user)

    def allowed(self, binding: Binding) -> float:
        """The most seconds that a phone may be granted there; it is granted so many or fewer."""
        return self._keepers.allowed(binding, binding.expires - self._line.now)

    def _learnt(self, binding: Binding) -> Binding:
        now = self._line.now
        if binding.expires <= now:
            return binding
        life = self._keepers.granted(binding, now)
        return binding if life == binding.life else replace(binding, life=life)

    @property
    def keeps(self) -> bool:
        """The flows of its phones are kept open."""
        return self._keepers.asks

    def heard(self, flow: Flow) -> None:
        """Something came by it."""
        self._keepers.heard(flow)

    def _granted(self, came: Came, asked: Asked) -> Asked:
        """Each phone gets a name, by which we know it again, and with it its GRUUs if it asks."""
        tokens, now = self._line.tokens, self._line.now
        named = gruu.OPTION_TAG in came.request.headers.supported
        wanted = []
        for each in asked.wanted:
            binding = each if each.token else replace(each, token=tokens.token(24))
            if named:
                issued = self._gruus.issue(binding, tokens.token(8))
                binding = replace(binding, gruu=issued)
            if binding.expires > now:
                expires = now + self.allowed(binding)
                if expires < binding.expires:
                    binding = replace(binding, expires=expires)
            wanted.append(binding)
        return replace(asked, wanted=tuple(wanted))

    def _own_fields(self, came: Came) -> tuple[Field, ...]:
        if not outbound.is_asked(came.request):
            return ()
        return outbound.agreed(came.flow, self._datagram_timer)

    def _contacts(self, user: str) -> tuple[Field, ...]:
        """All that are bound now, with the time that is left (§10.3, step 8)."""
        now, fields = self._line.now, []
        for binding in self.bindings.of(user, now):
            left = max(1, round(binding.expires - now))
            shown = (*binding.params, *binding.gruu, ("expires", str(left)))
            fields.append(("Contact", str(NameAddr("", binding.uri, shown))))
        return tuple(fields)

    def _answer(
        self, key: Key, request: Request, status: int, fields: tuple[Field, ...] = ()
    ) -> None:
        own = (("Server", self._line.user_agent), *fields)
        tag = self._line.tokens.token(16)
        self._line.respond(key, build_response(request, status, None, own, to_tag=tag))

    # --- calls ------------------------------------------------------------------------------------

    def targets(self, user: str, named: Named | None = None) -> list[Target]:
        """Each phone of the user, by the flow on which it has registered; or the one named."""
        found: list[Target] = []
        place, q = 0, 1.0
        for binding in self._held(user):
            if named is not None and not named.fits(binding):
                continue
            place, q = place + (binding.q < q), binding.q
            listener = self._line.listeners.of(binding.flow)
            uri = Uri.parse(binding.uri)
            flow = self._way(binding)
            target = Target(self.name, uri, flow, listener, 1, place, binding.uri, user)
            together, instance = self._parallel, binding.instance
            found.append(replace(target, together=together, instance=instance))
        return found

    def _way(self, binding: Binding) -> Flow:
        return binding.flow if self._terms.nat.fix_contact else binding.stated_flow

    def named(self, uri: Uri, trunk: str) -> Named | Refused | None:
        """The phone that a Request-URI from there means, where it does not mean a user."""
        if self._relaying is not None and trunk == self.upstream:
            binding = self.bindings.named(uri.user or "")
            if binding is not None:
                return Named(binding.user, key=binding.key)
            if self.gone.has(uri.user or "", self._line.now):
                return Refused(430, "the flow of the phone is gone")
            return None
        instance = uri.param("gr")
        if instance is None or uri.host.lower() not in self._domains:
            return None
        if instance:
            return Named(uri.user or "", instance=instance)
        binding = self._gruus.found(uri.user or "", self.bindings.named)
        return None if binding is None else Named(binding.user, key=binding.key)

    def route_of(self, user: str, flow: Flow) -> tuple[str, ...]:
        """The Service-Route of a phone (RFC 3608 §6.1)."""
        for each in self._held(user):
            if each.flow == flow:
                return each.service_route
        return ()

    # --- time, restarts, connections --------------------------------------------------------------

    def users_read(self, users: Mapping[str, Proof]) -> None:
        """Of the file. Whoever is a user no more is registered no more."""
        self.gate.read(users)
        bound = [each for each in self.bindings if not self.gate.knows(each.user)]
        for user in dict.fromkeys(each.user for each in bound):
            for binding in self.bindings.remove(user):
                self._keepers.gone(binding)
                self._over(binding, "user")
            if self._absorbing is not None:
                self._absorbing.follow(user)
        self._arm()

    def lost(self, flow: Flow) -> None:
        gone = self.bindings.lost(flow)
        for binding in gone:
            self._keepers.gone(binding, lost=True)
            self._over(binding, "connection")
            if self._absorbing is not None:
                self._absorbing.disconnected(binding.user)
        self._arm()

    def timer(self, name: str) -> None:
        del name  # there is one: the first binding that ends
        for binding in self.bindings.expire(self._line.now):
            self._keepers.gone(binding)
            self._over(binding, "expired")
            if self._absorbing is not None:
                self._absorbing.follow(binding.user)
        self._arm()

    def restore(self, binding: Binding) -> None:
        """Bound before a restart, by a way that may still lead there."""
        self.bindings.restore(binding)
        self._keepers.restored(binding, self._line.now)
        self._arm()
        if self._absorbing is not None:
            self._absorbing.restored(binding.user)

    def stop(self) -> None:
        """The border ends."""
        if self._absorbing is not None:
            self._absorbing.stop()

    def gone_before(self, binding: Binding) -> None:
        """Its connection did not survive a restart of ours; upstream cannot know."""
        if self._relaying is not None:
            self.gone.add(binding.token, self._line.now + self._upstream_expires)

    def _over(self, binding: Binding, why: str) -> None:
        self._store(binding, None)
        self.gone_before(binding)
        self._line.note("unregistered", {"trunk": self.name}, why=why, user=binding.user)
        self._unaccounted(binding.user)

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

    def shown(self, now: float) -> list[dict[str, object]]:
        """For operators."""
        return [
            {
                "access": self.name,
                **binding.shown(now),
                "upstream": self._shown_upstream(binding.user, now),
                "nat": self._keepers.shown(binding, now),
            }
            for binding in self.bindings
        ]

    def _shown_upstream(self, user: str, now: float) -> object:
        if self._relaying is not None:
            return "lost" if self._relaying.lost_since is not None else "registered"
        return None if self._absorbing is None else self._absorbing.shown(user, now)
