"""The `rtpp-flags` of newer Kamailio: one string with flags, keys and lists, to be read by us.

    replace-origin ICE=remove RTP/AVP direction=pub direction=priv codec=[strip=[EVS] offer=PCMA]

Words are flags; `key=value` is a key; brackets hold lists, in which again keys may stand. In values
`--` stands for `=` and `..` for a space.
"""

from collections.abc import Iterator

from media.ng.bencode import Read
from media.ng.keys import Keys

_PROTOCOLS = {
    "rtp/avp": "RTP/AVP",
    "rtp/avpf": "RTP/AVPF",
    "rtp/savp": "RTP/SAVP",
    "rtp/savpf": "RTP/SAVPF",
    "udp/tls/rtp/savp": "UDP/TLS/RTP/SAVP",
    "udp/tls/rtp/savpf": "UDP/TLS/RTP/SAVPF",
}
_PARTS = {"rtp": (0, 0), "srtp": (1, 0), "avp": (0, 0), "avpf": (0, 1), "dtls": (2, 0)}
"""Said singly: how it is encrypted (no, SDES, DTLS), and whether there is early feedback."""
_SUM = (
    ("RTP/AVP", "RTP/AVPF"),
    ("RTP/SAVP", "RTP/SAVPF"),
    ("UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"),
)
_INTERFACES = frozenset({"internal", "external"})
_BY_WORD = {"to-tag"}
"""Without a value these are flags; with one they are keys."""

_MOST = 16_384
"""Characters."""


class BadFlags(Exception):
    pass


def add(text: str, keys: Keys) -> None:
    """Raises BadFlags."""
    if len(text) > _MOST:
        raise BadFlags("rtpp-flags: too long")
    parts: list[tuple[int, int]] = []
    for key, value in _items(text):
        if value is not None:
            keys.add(key, value)
            continue
        low = key.lower()
        if low in _PROTOCOLS:
            keys.texts.setdefault("transport-protocol", _PROTOCOLS[low])
        elif low in _PARTS:
            parts.append(_PARTS[low])
        elif low in _INTERFACES:
            keys.add_words("direction", [key])
        else:
            keys.add_flag(key)
    if parts:
        secure, feedback = (max(column) for column in zip(*parts, strict=True))
        keys.texts.setdefault("transport-protocol", _SUM[secure][feedback])


def _items(text: str) -> Iterator[tuple[str, Read | None]]:
    """Words without a value, and keys with theirs."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        word, at = _word(text, at)
        key, equals, value = word.partition("=")
        if not equals:
            yield _plain(word), None
        elif value.startswith("["):
            if not value.endswith("]"):
                raise BadFlags("rtpp-flags: a bracket is not closed")
            yield key, _list(value[1:-1])
        elif value:
            yield key, _plain(value)


def _word(text: str, at: int) -> tuple[str, int]:
    """Up to the next space outside of brackets."""
    begin, depth = at, 0
    while at < len(text) and (depth or not text[at].isspace()):
        depth += (text[at] == "[") - (text[at] == "]")
        if depth < 0:
            raise BadFlags("rtpp-flags: a bracket was never opened")
        at += 1
    return text[begin:at], at


def _list(inside: str) -> Read:
    """One level of keys may stand in it (`codec=[strip=[…]]`); deeper ones are left as text."""
    if "=" not in inside:
        return [_plain(word) for word in inside.replace(",", " ").split()]
    pairs: dict[str, Read] = {}
    at = 0
    while at < len(inside):
        if inside[at].isspace():
            at += 1
            continue
        word, at = _word(inside, at)
        key, _, value = word.partition("=")
        before = pairs.get(key)
        words = [_plain(each) for each in value.strip("[]").split()]
        pairs[key] = [*before, *words] if isinstance(before, list) else [*words]
    return pairs


def _plain(value: str) -> str:
    return value.replace("--", "=").replace("..", " ")
