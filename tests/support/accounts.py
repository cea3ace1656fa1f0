"""A server that challenges, and the configuration of a border that has an account with it.

It works its digests out by itself, from RFC 7616 §3.4 and not with our code.
"""

import re
from dataclasses import dataclass, field
from hashlib import md5, sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sbc.sip.message import Request
from tests.support.configs import TWO_ZONES

USER, REALM, PASSWORD = "acct01", "carrier.example", 's3cret, "quoted"'
_HASH = {"MD5": md5, "SHA-256": sha256}
_FILES = TemporaryDirectory(prefix="sbc-test-")
"""Of this process; it goes when the process ends."""


def with_account(text: str = TWO_ZONES, trunk: str = "pbx", more: str = "") -> str:
    """The same file with an account for one trunk; the password lies in a file of its own."""
    secret = Path(_FILES.name) / "password"
    secret.write_text(PASSWORD)
    auth = f'auth: {{ user: {USER}, password: "${{FILE:{secret}}}", realm: {REALM} }}'
    return text.replace(f"  {trunk}: {{ ", f"  {trunk}: {{ {auth}, {more}", 1)


@dataclass
class Challenger:
    """Makes challenges and says whether a request brought the right answer."""

    status: int = 407
    realm: str = REALM
    algorithms: tuple[str, ...] = ("MD5",)
    qop: str | None = "auth"
    password: str = PASSWORD
    nonce: str = "nonce-1"
    counts: list[int] = field(default_factory=list)
    """Nonce counts that were accepted, in order."""

    def fields(self, *, stale: bool = False) -> list[str]:
        name = "Proxy-Authenticate" if self.status == 407 else "WWW-Authenticate"
        rest = f', qop="{self.qop}"' if self.qop is not None else ""
        rest += ", stale=TRUE" if stale else ""
        return [
            f'{name}: Digest realm="{self.realm}", nonce="{self.nonce}", algorithm={each}, '
            f'opaque="o"{rest}'
            for each in self.algorithms
        ]

    def said(self, request: Request) -> dict[str, str]:
        """The parameters of the credentials; empty without any."""
        name = "proxy-authorization" if self.status == 407 else "authorization"
        text = request.headers.get(name)
        if text is None:
            return {}
        scheme, _, rest = text.partition(" ")
        assert scheme == "Digest"
        found = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', rest)
        return {name: quoted or bare for name, quoted, bare in found}

    def accepts(self, request: Request) -> bool:
        said = self.said(request)
        if not said or said["nonce"] != self.nonce or said["realm"] != self.realm:
            return False
        hashed = _HASH[said["algorithm"].upper()]

        def digest(text: bytes | str) -> str:
            data = text.encode() if isinstance(text, str) else text
            return hashed(data).hexdigest()

        what = f"{request.method}:{said['uri']}"
        if said.get("qop") == "auth-int":
            what += f":{digest(request.body)}"
        middle = f"{said['nc']}:{said['cnonce']}:{said['qop']}:" if "qop" in said else ""
        secret = digest(f"{USER}:{self.realm}:{self.password}")
        right = digest(f"{secret}:{said['nonce']}:{middle}{digest(what)}") == said["response"]
        if right and "nc" in said:
            self.counts.append(int(said["nc"], 16))
        return right and said["uri"] == request.uri
