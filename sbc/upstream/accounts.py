"""Which challenge of a trunk is answered, and with which nonce (RFC 7616 §3.3-3.6, RFC 3261 §22.2,
§22.3).

The realm is pinned: a challenge of another one is never answered, for it would tell a stranger what
can be tried against our password off line. A nonce that was taken is kept, so that later requests
bring credentials at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from config.model import TrunkAuth
from sbc.actions import Address, Flow
from sbc.sip.digest import (
    ALGORITHMS,
    SESS,
    Challenge,
    Credentials,
    challenges,
    parse_info,
    secret_of,
)
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.tokens import Tokens

CHALLENGES = frozenset({401, 407})
MOST_ANSWERS = 3
"""For one request: a proxy's challenge, the server's behind it, and one nonce that grew old."""
MOST_NONCES = 1024
UNKNOWN = len(ALGORITHMS)

Kind = Literal["authorization", "proxy-authorization"]
_ASKED_BY: dict[int, tuple[str, Kind]] = {
    401: ("www-authenticate", "authorization"),
    407: ("proxy-authenticate", "proxy-authorization"),
}
_KINDS: tuple[Kind, ...] = ("authorization", "proxy-authorization")

Why = Literal["account", "realm", "algorithm", "rejected"]
"""Why a challenge is not answered: we have no account there; it is for another realm; it wants what
we do not know; or it came again, so that our credentials are wrong."""


@dataclass(slots=True)
class Held:
    """A nonce that the trunk took, or is about to."""

    challenge: Challenge
    cnonce: str
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of ours as it went out last, and for which fields challenges were answered."""

    request: Request
    answered: tuple[Kind, ...] = ()


@dataclass(slots=True)
class Accounts:
    accounts: Mapping[str, TrunkAuth]
    """By trunk; those without are not in it."""
    tokens: Tokens
    _held: dict[tuple[str, Address, Kind], Held] = field(default_factory=dict)
    """Each server of a trunk makes nonces of its own."""
    _secrets: dict[tuple[str, str], str] = field(default_factory=dict)

    def sign(self, trunk: str | None, request: Request, flow: Flow) -> None:
        """Add credentials, if this server has taken some before."""
        if trunk is None or trunk not in self.accounts:
            return
        for kind in _KINDS:
            held = self._held.get((trunk, flow.remote, kind))
            if held is not None:
                request.headers.set(kind, str(self._credentials(trunk, held, request)))

    def answer(
        self, trunk: str | None, sent: Sent, response: Response, flow: Flow, cseq: int, via: str
    ) -> Sent | Why:
        """The same request once more, with credentials (RFC 3261 §8.1.3.5), or why not.

        `flow`: where it goes, and went. `via`: a fresh one.
        """
        asked_in, kind = _ASKED_BY[response.status]
        challenge = self._chosen(trunk, challenges(response.headers, asked_in))
        if isinstance(challenge, str):
            return challenge
        assert trunk is not None
        if not _may_answer(sent, kind, challenge):
            self._held.pop((trunk, flow.remote, kind), None)
            return "rejected"
        self._hold(trunk, flow, kind, challenge)
        again = _copy(sent.request)
        again.headers.set("via", via)
        again.headers.set("cseq", f"{cseq} {again.method}")
        self.sign(trunk, again, flow)
        return Sent(again, (*sent.answered, kind))

    def heard(self, trunk: str | None, response: Response, flow: Flow) -> None:
        """A server may name the nonce that it wants next (RFC 7616 §3.5)."""
        if trunk is None or trunk not in self.accounts or not 200 <= response.status < 300:
            return
        for name, kind in (
            ("authentication-info", _KINDS[0]),
            ("proxy-authentication-info", _KINDS[1]),
        ):
            text = response.headers.get(name)
            held = self._held.get((trunk, flow.remote, kind))
            if text is None or held is None:
                continue
            try:
                nonce = parse_info(text).get("nextnonce")
            except BadMessage:
                continue
            if nonce and nonce != held.challenge.nonce:
                self._hold(trunk, flow, kind, replace(held.challenge, nonce=nonce))

    def _chosen(self, trunk: str | None, offered: list[Challenge]) -> Challenge | Why:
        """The one with the strongest algorithm of those that may be answered."""
        account = self.accounts.get(trunk) if trunk is not None else None
        if account is None:
            return "account"
        of_realm = [each for each in offered if each.realm == account.realm]
        if not of_realm:
            return "realm"
        known = [each for each in of_realm if _strength(each) < UNKNOWN and _quality(each) != ""]
        if not known:
            return "algorithm"
        return min(known, key=_strength)

    def _hold(self, trunk: str, flow: Flow, kind: Kind, challenge: Challenge) -> None:
        key = (trunk, flow.remote, kind)
        self._held.pop(key, None)
        if len(self._held) >= MOST_NONCES:
            del self._held[next(iter(self._held))]
        self._held[key] = Held(challenge, self.tokens.token(16))

    def _credentials(self, trunk: str, held: Held, request: Request) -> Credentials:
        account, challenge = self.accounts[trunk], held.challenge
        quality = _quality(challenge)
        held.uses += 1
        needs_cnonce = quality is not None or challenge.algorithm.endswith(SESS)
        unsigned = Credentials(
            username=account.user,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=request.uri,
            response="",
            algorithm=challenge.algorithm,
            qop=quality,
            cnonce=held.cnonce if needs_cnonce else None,
            nc=None if quality is None else f"{held.uses:08x}",
            opaque=challenge.opaque,
        )
        secret = self._secret(trunk, account, challenge.algorithm.removesuffix(SESS))
        return replace(unsigned, response=unsigned.expected(secret, request.method, request.body))

    def _secret(self, trunk: str, account: TrunkAuth, algorithm: str) -> str:
        key = (trunk, algorithm)
        if key not in self._secrets:
            password = account.password.get_secret_value()
            self._secrets[key] = secret_of(algorithm, account.user, account.realm, password)
        return self._secrets[key]


def credentials_of(request: Request) -> tuple[tuple[str, str], ...]:
    """What the ACK of its 2xx must repeat (RFC 3261 §22.1)."""
    headers = request.headers
    return tuple(
        (name, value)
        for name in ("Authorization", "Proxy-Authorization")
        if (value := headers.get(name.lower())) is not None
    )


def _may_answer(sent: Sent, kind: Kind, challenge: Challenge) -> bool:
    """Credentials that were made for a fresh challenge and did not do will not do again."""
    before = sent.request.headers.get(kind)
    if before is not None and Credentials.parse(before).nonce == challenge.nonce:
        return False
    if kind in sent.answered and not challenge.stale:
        return False
    return len(sent.answered) < MOST_ANSWERS


def _strength(challenge: Challenge) -> int:
    """Lower is stronger."""
    base = challenge.algorithm.removesuffix(SESS)
    return ALGORITHMS.index(base) if base in ALGORITHMS else UNKNOWN


def _quality(challenge: Challenge) -> str | None:
    """`auth` before `auth-int`: whoever offers both may have somebody on the way who touches
    bodies. None: a server of RFC 2069. Empty: only what we do not know."""
    if not challenge.qop:
        return None
    return next((each for each in ("auth", "auth-int") if each in challenge.qop), "")


def _copy(request: Request) -> Request:
    return Request(request.method, request.uri, Headers(request.headers.items()), request.body)
