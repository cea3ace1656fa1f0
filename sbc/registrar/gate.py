"""Who is it? Digest authentication at the edge (RFC 7616, RFC 8760, RFC 3261 §22.4) (A1).

A challenge keeps nothing. An unknown user and a wrong password look alike, and take the same work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbc.registrar.nonces import Nonces
from sbc.registrar.users import Proof
from sbc.sip.digest import Challenge, Credentials, secret_of
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.uri import Uri, same_uri

QOP = ("auth", "auth-int")
_NOBODY = "a password that nobody has"
_MOST = 4
"""Credentials of one request that are looked at."""

SILENCE = 0
"""In place of a status: nothing is answered."""
Field = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Admitted:
    user: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The answer to give, without keeping anything."""

    status: int
    fields: tuple[Field, ...]
    why: str
    """`none`: no credentials came; `wrong`, `stale`, `replayed`, `malformed`. For counters."""


class Gate:
    def __init__(
        self,
        users: Mapping[str, Proof],
        domains: Sequence[str],
        algorithms: Sequence[str],
        nonces: Nonces,
    ) -> None:
        self._own = users
        self._users = dict(users)
        self._domains = frozenset(domain.lower() for domain in domains)
        self.realm = domains[0]
        self._algorithms = tuple(algorithms)
        self._nonces = nonces

    def check(self, request: Request, now: float) -> Admitted | Denied:
        """Of a REGISTER by Authorization and 401, of all else by Proxy-Authorization and 407."""
        registers = request.method == "REGISTER"
        name = "authorization" if registers else "proxy-authorization"
        try:
            credentials = self._ours(request, name)
            if credentials is None:
                return self._challenge(registers, now, "none")
            if not _is_for(request, credentials):
                raise BadMessage(400, "Credentials for another request")
        except BadMessage:
            return Denied(400, (), "malformed")
        user = self._user(credentials.username)
        known, secret = self._secret(user, credentials)
        proved = credentials.prove(secret, request.method, request.body)
        if not (proved and known):
            return self._challenge(registers, now, "wrong")
        if not self._nonces.is_fresh(credentials.nonce, now):
            return self._challenge(registers, now, "stale")
        # Without a quality of protection nothing would count the uses of a nonce.
        count = int(credentials.nc, 16) if credentials.qop and credentials.nc else 0
        if not self._nonces.use(credentials.nonce, count, now):
            return self._challenge(registers, now, "replayed")
        return Admitted(user)

    def read(self, users: Mapping[str, Proof]) -> None:
        """Those of a file, besides our own."""
        self._users = {**users, **self._own}

    def knows(self, user: str) -> bool:
        return user in self._users

    def _secret(self, user: str, credentials: Credentials) -> tuple[bool, str]:
        """Whether there is one, and one to compare with in any case, after the same work."""
        proof = self._users.get(user, _NOBODY)
        known = user in self._users and credentials.algorithm in self._algorithms
        algorithm = credentials.algorithm if known else self._algorithms[0]
        password = proof if isinstance(proof, str) else _NOBODY
        secret = secret_of(algorithm, credentials.username, self.realm, password)
        if isinstance(proof, str):
            return known, secret
        return known and algorithm in proof, proof.get(algorithm, secret)

    def named(self, request: Request) -> str | None:
        """Whom the credentials of a request that was admitted name."""
        name = "authorization" if request.method == "REGISTER" else "proxy-authorization"
        credentials = self._ours(request, name)
        return None if credentials is None else self._user(credentials.username)

    def _user(self, username: str) -> str:
        """Some phones write the whole address of record."""
        user, at, domain = username.rpartition("@")
        return user if at and domain.lower() in self._domains else username

    def _ours(self, request: Request, name: str) -> Credentials | None:
        """Those for our realm. Raises BadMessage if they cannot be read."""
        malformed: BadMessage | None = None
        for text in request.headers.all(name)[:_MOST]:
            try:
                found = Credentials.parse(text)
            except BadMessage as bad:
                malformed = bad
                continue
            if found.realm == self.realm:
                return found
        if malformed is not None:
            raise malformed
        return None

    def _challenge(self, registers: bool, now: float, why: str) -> Denied:
        nonce = self._nonces.make(now)
        name = "WWW-Authenticate" if registers else "Proxy-Authenticate"
        stale = why in {"stale", "replayed"}
        fields = tuple(
            (name, str(Challenge(self.realm, nonce, algorithm, QOP, stale=stale)))
            for algorithm in self._algorithms
        )
        return Denied(401 if registers else 407, fields, why)


def _is_for(request: Request, credentials: Credentials) -> bool:
    """Else what was overheard of one call could be used for another."""
    if credentials.uri == request.uri:
        return True
    try:
        return same_uri(Uri.parse(credentials.uri), Uri.parse(request.uri))
    except BadMessage:
        return False
