"""Takes addresses, numbers, URIs and secrets out of what is logged.

An address shows as a short keyed hash: within one run the same address gives the same word, so that
lines can be joined, and without the key nobody can try all addresses until one fits. The words have
no digits, so that a second pass (or a reader) takes none of them for a number.
"""

import re
from hashlib import blake2s
from ipaddress import ip_address

HIDDEN = "[hidden]"

SECRET = frozenset(
    ("authorization", "proxy_authorization", "password", "secret", "token", "key", "crypto")
)
"""Fields whose value is never shown, whatever the log is allowed to show."""
KEPT = frozenset(("uid", "call", "session", "session_id", "node", "instance", "relay", "count"))
"""Fields that we fill ourselves, with nothing of a peer in them."""
_NAMES = "from to user number caller callee called calling display contact uri request_uri call_id"
PERSONAL = frozenset([*_NAMES.split(), "host", "domain"])
"""Fields that are one name or number, however it looks: an extension may be `1001`."""
LONGEST = 2000
"""Characters of one value."""
LONGEST_TRACEBACK = 20_000

_SRTP_KEY = re.compile(r"\binline:[A-Za-z0-9+/=|:^;]+", re.IGNORECASE)
_ICE_PASSWORD = re.compile(r"\b(ice-pwd:)[A-Za-z0-9+/]+", re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(response|c?nonce|passwo?r?d)=(?:\"[^\"]*\"|[^\s,;]+)", re.IGNORECASE)
_URI = re.compile(r"\b(?:sips?|tel|urn|https?|wss?|im|pres|mailto):[^\s<>\"'`,]+", re.IGNORECASE)
_WORD = re.compile(r"[^\s<>\"'`,;=()]+")
_IPV6 = re.compile(r"[0-9a-f.]{0,40}(?::[0-9a-f.]{0,40}){2,}", re.IGNORECASE)
_IPV4_OR_NUMBER = re.compile(
    r"(?<!\d)(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?P<port>:\d{1,5})?(?!\d)"
    r"|\]:\d{1,5}(?!\d)"
    r"|(?P<number>\+\d(?:[ ().-]{0,2}\d){2,}|(?<![0-9A-Za-z])\d(?:[().-]?\d){4,}(?![0-9A-Za-z]))"
)
_BOUNDED = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,64}|\d{1,3}")
_LETTERS = "abcdefghijklmnop"


class Redact:
    __slots__ = ("_clear", "_key")

    def __init__(self, key: bytes, *, clear: bool = False) -> None:
        """`key`: 16 to 32 random bytes, new in each run. `clear` shows all but secrets."""
        self._key = key
        self._clear = clear

    def label(self, value: str) -> str:
        """A name of the configuration or a protocol's word stays; what is neither is swept."""
        return value if _BOUNDED.fullmatch(value) else self.text(value)

    def field(self, name: str, value: str) -> str:
        if name in SECRET:
            return HIDDEN
        if name in KEPT or not value:
            return value
        if name in PERSONAL and not self._clear:
            return self._hashed(name, value)
        return self.text(value, LONGEST_TRACEBACK if name == "traceback" else LONGEST)

    def text(self, text: str, longest: int = LONGEST) -> str:
        if len(text) > longest:
            text = f"…{text[-longest:]}"  # the end of a traceback tells more than its beginning
        text = _SRTP_KEY.sub(HIDDEN, text)
        text = _ICE_PASSWORD.sub(rf"\1{HIDDEN}", text)
        text = _CREDENTIAL.sub(rf"\1={HIDDEN}", text)
        if self._clear:
            return text
        text = _URI.sub(self._uri, text)
        text = _WORD.sub(self._user_at_host, text)
        text = _IPV6.sub(self._ipv6, text)
        return _IPV4_OR_NUMBER.sub(self._ipv4_or_number, text)

    def _uri(self, found: re.Match[str]) -> str:
        return self._hashed("uri", found[0])

    def _user_at_host(self, found: re.Match[str]) -> str:
        return self._hashed("id", found[0]) if "@" in found[0] else found[0]

    def _ipv6(self, found: re.Match[str]) -> str:
        """What only looks like an address goes too; a time of day is let by."""
        written = found[0]
        if "::" not in written and written.count(":") < 7:
            return written
        bare = written if written.endswith("::") else written.rstrip(":.")
        return self._hashed("ip", _normal(bare)) + written[len(bare) :]

    def _ipv4_or_number(self, found: re.Match[str]) -> str:
        if found["ip"]:
            return self._hashed("ip", found["ip"]) + (found["port"] or "")
        return self._hashed("number", found["number"]) if found["number"] else found[0]

    def _hashed(self, kind: str, value: str) -> str:
        digest = blake2s(value.encode(errors="surrogatepass"), key=self._key, digest_size=4)
        letters = "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in digest.digest())
        return f"{kind}-{letters}"


def _normal(written: str) -> str:
    """One spelling for one address, so that its hash is one as well."""
    try:
        return str(ip_address(written))
    except ValueError:
        return written
