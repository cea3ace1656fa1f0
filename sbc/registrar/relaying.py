"""REGISTER goes on to the registrar behind us, with a Path of ours, and what it grants comes back
(RFC 3327; A4).

While it is lost, phones that are known stay registered here for as long as the operator says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from config.effective import Terms
from config.model import Access
from sbc.actions import Flow
from sbc.registrar import outbound, passed
from sbc.registrar.binding import Binding
from sbc.registrar.bindings import Asked, Refused
from sbc.routing.targets import Target, Targets
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request
from sbc.sip.uri import Uri
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent
from sbc.upstream.registration import Line

SILENCE = 4.0
"""Seconds without any answer, after which another server is asked, or we answer ourselves."""
PROBE = 10.0
"""Seconds between two REGISTERs that go on while the registrar is lost; others are answered."""
MOST_WAITING = 5000
"""REGISTERs on their way at once; each of them waits for no longer than a transaction."""
TOO_MANY = Refused(503, "too many REGISTERs on their way", (("Retry-After", "10"),))
LOST = Refused(503, "the registrar upstream is lost", (("Retry-After", "30"),))
_UNAVAILABLE = frozenset({408, 500, 502, 503, 504})
_DOWN = frozenset({408, 503})

Field = tuple[str, str]


class Phone(Protocol):
    """The registrar that a REGISTER came to."""

    def settled(self, came: Came, asked: Asked, fields: tuple[Field, ...]) -> None:
        """It is granted as it stands now."""

    def refused(self, came: Came, why: Refused) -> None: ...
    def allowed(self, binding: Binding) -> float:
        """The most seconds that a phone may be granted there, since it is granted some."""


class Came:
    """A REGISTER, and who waits for its answer."""

    __slots__ = ("flow", "key", "request", "user")

    def __init__(self, key: Key, request: Request, flow: Flow, user: str) -> None:
        self.key = key
        self.request = request
        self.flow = flow
        self.user = user


class Relaying:
    """Of one access group."""

    def __init__(
        self,
        line: Line,
        access: Access,
        upstream: Terms,
        targets: Targets,
        phone: Phone,
        held: Callable[[str], list[Binding]],
    ) -> None:
        self.line = line
        self.upstream = upstream
        self.targets = targets
        self.phone = phone
        self.held = held
        """What a user has now."""
        self.at_core = access.auth.at == "core"
        self.domains = frozenset(domain.lower() for domain in access.domains)
        self.hold = access.survivability.hold_bindings
        self.lost_since: float | None = None
        """None: the registrar answers."""
        self.waiting = 0
        self._secret = line.tokens.token(64).encode()
        self._probe_at = 0.0

    def pass_on(self, came: Came, asked: Asked) -> None:
        now = self.line.now
        if self.waiting >= MOST_WAITING:
            self.phone.refused(came, TOO_MANY)
            return
        if self.lost_since is not None and now < self._probe_at and self._survives(came, asked):
            return
        self._probe_at = now + PROBE
        asked = replace(asked, wanted=tuple(self._named(each) for each in asked.wanted))
        Relayed(self, came, asked).begin()

    def heard(self) -> None:
        """The registrar has answered."""
        if self.lost_since is not None:
            self.lost_since = None
            self.line.note("core_back", {"trunk": self.upstream.name})

    def unheard(self, came: Came, asked: Asked, refusal: Refused) -> None:
        """None of its servers has."""
        if self.lost_since is None:
            self.lost_since = self.line.now
            self.line.note("core_lost", {"trunk": self.upstream.name})
        if not self._survives(came, asked):
            self.phone.refused(came, refusal)

    def may_hold(self, came: Came, asked: Asked) -> bool:
        """Nobody else can say whether the phone is registered: we have to know it well."""
        if self.lost_since is None or not self.hold:
            return False
        if self.line.now - self.lost_since > self.hold:
            return False
        if not self.at_core:
            return True
        known = {(each.key, each.flow) for each in self.held(came.user)}
        return all((each.key, each.flow) in known for each in asked.wanted)

    def _survives(self, came: Came, asked: Asked) -> bool:
        if not self.may_hold(came, asked):
            return False
        now = self.line.now
        kept = tuple(
            replace(self._named(each), expires=min(each.expires, now + self.phone.allowed(each)))
            for each in asked.wanted
        )
        self.phone.settled(came, replace(asked, wanted=kept), ())
        return True

    def _named(self, binding: Binding) -> Binding:
        return binding if binding.token else replace(binding, token=self.line.tokens.token(24))

    def numbered(self, came: Came) -> tuple[str, int]:
        return passed.numbered(came.request, self._secret, self.upstream.name, came.user)


class Relayed:
    """One REGISTER on its way."""

    call = None
    """It belongs to no call."""

    def __init__(self, relaying: Relaying, came: Came, asked: Asked) -> None:
        self._by = relaying
        self._came = came
        self._asked = asked
        self._untried = relaying.targets.of(relaying.upstream.name, relaying.line.now)
        self._target: Target | None = None
        self._asking: tuple[Key, Sent] | None = None
        self._call_id, self._cseq = relaying.numbered(came)

    @property
    def trunk(self) -> str | None:
        """Whose challenges are answered: none, where they are for the phone."""
        return None if self._by.at_core else self._by.upstream.name

    def begin(self) -> None:
        self._by.waiting += 1
        self._next(LOST)

    # --- inputs -----------------------------------------------------------------------------------

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if self._asking is None or self._asking[0] != key:
            return
        self._by.line.timers.clear((self, "silence"))
        if response.status < 200:
            return
        if response.status in CHALLENGES and self._answers_challenge(response):
            return
        self._forget()
        status = response.status
        if status in _UNAVAILABLE and (self._untried or status in _DOWN):
            self._next(LOST)
            return
        self._over()
        self._by.heard()
        self._conclude(response)

    def failed(self, key: Key, cause: str) -> None:
        del cause
        if self._asking is not None and self._asking[0] == key:
            self._forget()
            self._next(LOST)

    def timer(self, name: str) -> None:
        """Not a word has come: somebody else is asked, or it is as if nobody were there."""
        del name
        if self._untried or self._by.hold:
            self._forget()
            self._next(LOST)

    # --- within -----------------------------------------------------------------------------------

    def _next(self, refusal: Refused) -> None:
        """Ask the next server; without one it is over."""
        target = self._target = self._untried.pop(0) if self._untried else None
        if target is None:
            self._over()
            self._by.unheard(self._came, self._asked, refusal)
            return
        line = self._by.line
        request = self._request(target)
        self._asking = (line.send(request, target.flow, self), Sent(request))
        line.timer((self, "silence"), SILENCE)

    def _forget(self) -> None:
        assert self._asking is not None
        self._by.line.forget(self._asking[0])
        self._by.line.timers.clear((self, "silence"))
        self._asking = None

    def _over(self) -> None:
        self._by.waiting -= 1

    def _answers_challenge(self, response: Response) -> bool:
        if self._by.at_core:
            return False
        assert self._asking is not None
        assert self._target is not None
        key, sent = self._asking
        line, flow = self._by.line, self._target.flow
        again = line.answer_challenge(key, sent, response, flow, self._cseq + 1)
        if again is None:
            return False
        self._cseq += 1
        self._asking = again
        return True

    def _conclude(self, response: Response) -> None:
        """The final answer of the registrar, as the phone gets it."""
        phone, status = self._by.phone, response.status
        if status < 300:
            try:
                phone.settled(self._came, self._granted(response), self._fields(response))
            except BadMessage as bad:
                phone.refused(self._came, Refused(500, f"the registrar upstream: {bad.reason}"))
            return
        fields = passed.refusal_fields(response)
        if status in CHALLENGES:
            status, fields = (
                (status, passed.challenges(response)) if self._by.at_core else (403, ())
            )
        elif status < 400:  # elsewhere is no place where this phone could go
            status = 403
        phone.refused(self._came, Refused(status, "by the registrar upstream", fields))

    def _granted(self, response: Response) -> Asked:
        by, now = self._by, self._by.line.now
        listed = passed.granted(response)
        route = passed.service_route(response.headers)
        wanted = []
        for binding in self._asked.wanted:
            seconds, params = listed.get(binding.token, (0, ()))
            least = 0.0
            if seconds and binding.expires > now:
                least = min(seconds, by.phone.allowed(binding))
            gruu = passed.gruus(params, by.domains)
            wanted.append(
                replace(
                    binding, expires=now + least, registered=now, gruu=gruu, service_route=route
                )
            )
        return replace(self._asked, wanted=tuple(wanted))

    def _fields(self, response: Response) -> tuple[Field, ...]:
        headers = response.headers
        found = [*passed.push(headers)]
        if self._by.at_core:
            found += passed.authentication_info(headers)
        if outbound.OPTION_TAG in headers.require:
            found.append(("Require", outbound.OPTION_TAG))
        return tuple(found)

    def _request(self, target: Target) -> Request:
        by, came, asked = self._by, self._came, self._asked
        line, headers, now = by.line, came.request.headers, by.line.now
        domain = Uri.parse(headers.to.uri).host
        hops = headers.max_forwards
        supported = passed.option_tags(headers.supported)
        tag = self._call_id[:16]
        fields = [
            ("Via", line.via(target.flow)),
            ("Max-Forwards", str(70 if hops is None else hops - 1)),
            ("From", f"<{self._aor(headers.from_.uri)}>;tag={tag}"),
            ("To", f"<{self._aor(headers.to.uri)}>"),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Supported", supported if "path" in supported else f"path, {supported}".rstrip(", ")),
            ("User-Agent", line.user_agent),
        ]
        if required := passed.option_tags(headers.require):
            fields.append(("Require", required))
        if asked.everything:
            fields += [("Contact", "*"), ("Expires", "0")]
        for each in asked.wanted:
            seconds = max(0, round(each.expires - now))
            fields.append(("Contact", passed.contact(each, seconds, target.listener)))
        if asked.wanted:
            first_hop = not outbound.lacks_first_hop(came.request)
            token = asked.wanted[0].token
            fields.append(("Path", passed.path(token, target.listener, first_hop=first_hop)))
        if by.at_core:
            fields += passed.credentials(headers)
        return build_request("REGISTER", f"sip:{domain}", fields)

    def _aor(self, text: str) -> str:
        """An address of record of ours; whoever registers another's may come from elsewhere."""
        uri = Uri.parse(text)
        host = uri.host if uri.host.lower() in self._by.domains else "anonymous.invalid"
        return f"sip:{uri.user}@{host}" if uri.user else f"sip:{host}"
