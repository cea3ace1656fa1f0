"""Digest authentication: challenges, credentials and the figures in them (RFC 7616, RFC 8760,
RFC 3261 §22).

Both sides use it: whoever challenges and whoever answers. It keeps nothing; which nonce is good,
and who may be answered, is decided elsewhere.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5, sha256
from hmac import compare_digest

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import QUOTED, TOKEN, is_token, quote, unquote
from sbc.sip.headers import Headers

_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-256": lambda data: sha256(data).hexdigest(),
    "MD5": lambda data: md5(data, usedforsecurity=False).hexdigest(),
}
ALGORITHMS = tuple(_HASHES)
"""Strongest first (RFC 8760 §2.3)."""
SESS = "-sess"
"""Ends the name of an algorithm whose secret is bound to nonce and cnonce (RFC 7616 §3.4.2)."""
_SPELLING = {name.lower(): name for base in ALGORITHMS for name in (base, base + SESS)}

_SCHEME = re.compile(r"[ \t]*+([A-Za-z0-9.!%*_+`'~-]++)[ \t]++")
_PARAM = re.compile(
    rf"[ \t,]*+({TOKEN.pattern})[ \t]*+=[ \t]*+({QUOTED.pattern}|[^\s\",]++)[ \t]*+(?:,|$)",
    re.DOTALL,
)
_COUNT = re.compile(r"[0-9a-fA-F]{8}")
_MOST_PARAMS = 32
_MOST_CHALLENGES = 8


@dataclass(frozen=True, slots=True)
class Challenge:
    """The value of a WWW-Authenticate or a Proxy-Authenticate."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """One of ALGORITHMS, perhaps with SESS; as written if it is none that we know."""
    qop: tuple[str, ...] = ()
    """Qualities of protection offered, lower case. Empty: a challenge of RFC 2069."""
    opaque: str | None = None
    stale: bool = False
    """Only the nonce was wrong: the secret was right."""

    @staticmethod
    def parse(text: str) -> "Challenge":
        params = _digest(text)
        if "realm" not in params or "nonce" not in params:
            raise BadMessage(400, "Bad challenge")
        return Challenge(
            realm=params["realm"],
            nonce=params["nonce"],
            algorithm=_algorithm(params),
            qop=tuple(each.strip().lower() for each in params.get("qop", "").split(",") if each),
            opaque=params.get("opaque"),
            stale=params.get("stale", "").lower() == "true",
        )

    def __str__(self) -> str:
        parts = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}"]
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        parts.append(f"algorithm={self.algorithm}")
        if self.qop:
            parts.append(f'qop="{",".join(self.qop)}"')
        return f"Digest {', '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The value of an Authorization or a Proxy-Authorization."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    qop: str | None = None
    cnonce: str | None = None
    nc: str | None = None
    """Eight hexadecimal digits: how often this nonce was used, this time included."""
    opaque: str | None = None

    @staticmethod
    def parse(text: str) -> "Credentials":
        params = _digest(text)
        qop, nc = params.get("qop"), params.get("nc")
        for name in ("username", "realm", "nonce", "uri", "response"):
            if name not in params:
                raise BadMessage(400, "Bad credentials")
        if nc is not None and not _COUNT.fullmatch(nc):
            raise BadMessage(400, "Bad nonce count")
        if qop is not None and (nc is None or "cnonce" not in params):
            raise BadMessage(400, "Bad credentials")
        return Credentials(
            username=params["username"],
            realm=params["realm"],
            nonce=params["nonce"],
            uri=params["uri"],
            response=params["response"].lower(),
            algorithm=_algorithm(params),
            qop=None if qop is None else qop.lower(),
            cnonce=params.get("cnonce"),
            nc=nc,
            opaque=params.get("opaque"),
        )

    def __str__(self) -> str:
        parts = [
            f"username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={self.algorithm}",
        ]
        if self.cnonce is not None:
            parts.append(f"cnonce={quote(self.cnonce)}")
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.qop is not None:
            parts += [f"qop={self.qop}", f"nc={self.nc}"]
        return f"Digest {', '.join(parts)}"

    def expected(self, secret: str, method: str, body: bytes = b"") -> str:
        """The response that whoever knows `secret` gives to all that these credentials say."""
        digest, nonce, cnonce = digest_of(self.algorithm), self.nonce, self.cnonce or ""
        if self.algorithm.endswith(SESS):
            secret = digest(f"{secret}:{nonce}:{cnonce}")
        what = f"{method}:{self.uri}"
        if self.qop == "auth-int":
            what = f"{what}:{digest(body)}"
        if self.qop is None:
            return digest(f"{secret}:{nonce}:{digest(what)}")
        return digest(f"{secret}:{nonce}:{self.nc}:{cnonce}:{self.qop}:{digest(what)}")

    def prove(self, secret: str, method: str, body: bytes = b"") -> bool:
        """Were they made by one who knows `secret`? In constant time; False for an algorithm or a
        quality of protection that we do not know."""
        known = self.algorithm.lower() in _SPELLING and self.qop in {None, "auth", "auth-int"}
        expected = self.expected(secret, method, body) if known else ""
        given = self.response.encode("utf-8", "surrogateescape")
        return compare_digest(expected.encode(), given) and known


def digest_of(algorithm: str) -> Callable[[str | bytes], str]:
    """The hash function of an algorithm that we know, over text or bytes."""
    hashed = _HASHES[algorithm.removesuffix(SESS)]

    def digest(data: str | bytes) -> str:
        return hashed(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data)

    return digest


def secret_of(algorithm: str, username: str, realm: str, password: str) -> str:
    """`H(username:realm:password)`, which stands for the password in its realm (HA1)."""
    return digest_of(algorithm)(f"{username}:{realm}:{password}")


def challenges(headers: Headers, name: str) -> list[Challenge]:
    """Those of a field that can be understood, in their order; each stands on a line of its own
    (RFC 3261 §7.3.1)."""
    found: list[Challenge] = []
    for text in headers.all(name)[:_MOST_CHALLENGES]:
        try:
            found.append(Challenge.parse(text))
        except BadMessage:
            continue  # another scheme, or nonsense: as if it were not there
    return found


def parse_info(text: str) -> dict[str, str]:
    """The parameters of an Authentication-Info (RFC 7616 §3.5), such as `nextnonce`."""
    params: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _PARAM.match(text, at)
        if found is None:
            raise BadMessage(400, "Bad digest parameters")
        name, value = found[1].lower(), found[2]
        if name in params or len(params) == _MOST_PARAMS:
            raise BadMessage(400, "Bad digest parameters")
        params[name] = unquote(value) if value.startswith('"') else value
        at = found.end()
    return params


def _digest(text: str) -> dict[str, str]:
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() != "digest":
        raise BadMessage(400, "Not a Digest")
    return parse_info(text[scheme.end() :].rstrip(" \t"))


def _algorithm(params: dict[str, str]) -> str:
    written = params.get("algorithm", "MD5")
    if not is_token(written):
        raise BadMessage(400, "Bad algorithm")
    return _SPELLING.get(written.lower(), written)
