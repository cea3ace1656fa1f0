"""TURN accounts that come with a registration, and go with it (I6).

The name is time-limited (`stun_turn/accounts.py`), its identity the address of record. It is good
for no longer than the registration; when that is taken back, so is the account, with whatever it
holds. A password in clear would be anybody's: it is told on TLS and secure WebSocket alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.model import Config, Turn
from sbc.actions import Flow, RevokeTurn
from sbc.registrar.binding import Binding
from stun_turn.accounts import TimeLimited

FIELD = "Turn-Credentials"
"""In the 200 to REGISTER; no RFC has a name for it."""


@dataclass(frozen=True, slots=True)
class Issued:
    """As browsers' applications want it (RTCIceServer)."""

    urls: tuple[str, ...]
    username: str
    credential: str
    seconds: int


class TurnCredentials:
    def __init__(self, secret: str, urls: tuple[str, ...], longest: float) -> None:
        """`longest`: seconds that they are good, at most."""
        self._accounts = TimeLimited(secret.encode())
        self._urls = urls
        self.longest = longest

    @classmethod
    def of(cls, config: Config) -> TurnCredentials | None:
        """None: nobody gets such an account."""
        turn = config.turn
        if turn is None or turn.credentials.hmac is None:
            return None
        if turn.credentials.bind_to != "registration":
            return None
        secret = turn.credentials.hmac.get_secret_value()
        return cls(secret, urls_of(config, turn), turn.credentials.ttl)

    def of_domain(self, domain: str, epoch: Callable[[], float]) -> DomainAccounts:
        """`epoch`: the wall clock, in seconds, at 0 of the core's."""
        return DomainAccounts(self, domain, epoch)

    def issue(self, aor: str, seconds: float, wall: float) -> Issued:
        """`seconds`: for which it is registered; `wall`: the time of day."""
        good = int(min(seconds, self.longest))
        username, password = self._accounts.issue(aor, wall + good)
        return Issued(self._urls, username, password, good)


class DomainAccounts:
    """Of the users of one access group."""

    def __init__(self, of: TurnCredentials, domain: str, epoch: Callable[[], float]) -> None:
        self._of = of
        self._domain = domain
        self._epoch = epoch

    def of_user(self, user: str, held: Iterable[Binding], now: float) -> Issued | None:
        """For as long as one of these bindings lasts; None: there is none."""
        seconds = max((each.expires for each in held), default=now) - now
        if seconds <= 0:
            return None
        return self._of.issue(self._aor(user), seconds, self._epoch() + now)

    def fields(
        self, user: str, held: Iterable[Binding], flow: Flow, now: float
    ) -> tuple[tuple[str, str], ...]:
        """For who has registered by this flow."""
        here = [each for each in held if each.flow == flow]
        issued = self.of_user(user, here, now) if flow.secure else None
        if issued is None:
            return ()
        account = f'username="{issued.username}";credential="{issued.credential}"'
        return tuple((FIELD, f"<{url}>;{account};expires={issued.seconds}") for url in issued.urls)

    def revoked(self, user: str, now: float) -> RevokeTurn:
        """Whatever was issued so far."""
        return RevokeTurn(self._aor(user), self._epoch() + now + self._of.longest)

    def _aor(self, user: str) -> str:
        return f"{user}@{self._domain}"


def urls_of(config: Config, turn: Turn) -> tuple[str, ...]:
    """RFC 7065, of every way in; the ones without a certificate first: they cost the least."""
    ways = (
        ("turn", turn.listen.udp, "udp"),
        ("turn", turn.listen.tcp, "tcp"),
        ("turns", turn.listen.tls, "tcp"),
        ("turns", turn.listen.dtls, "udp"),
    )
    hosts = [turn.host] if turn.host else [_host(config, name) for name in turn.interfaces]
    return tuple(
        f"{scheme}:{host}:{port}?transport={transport}"
        for host in hosts
        for scheme, port, transport in ways
        if port is not None
    )


def _host(config: Config, interface: str) -> str:
    shown = str(config.interfaces[interface].shown)
    return f"[{shown}]" if ":" in shown else shown
