"""Keys of an NG message, however they are spelt, and flags that stand for keys.

Clients write `address family`, `address-family` or `Address_Family`, lists as lists or with commas,
and some keys as flags with a prefix (`codec-strip-PCMU`). After `normalised` there is one spelling:
lower case, hyphens, lists. Values keep their case.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from media.ng.bencode import Read

_ALIASES = {"t.38": "t38", "rtcpmux": "rtcp-mux", "received": "received-from"}

_GROUPS = frozenset(
    {"flags", "replace", "rtcp-mux", "sdes", "osrtp", "t38", "direction", "supports"}
)
"""Keys whose value is a list of words."""

_CODEC_GROUPS = (
    "strip",
    "offer",
    "except",
    "mask",
    "accept",
    "consume",
    "transcode",
    "set",
    "ignore",
)

_PREFIXES: tuple[tuple[str, str], ...] = (
    *((f"codec-{group}-", f"codec-{group}") for group in _CODEC_GROUPS),
    ("transcode-", "codec-transcode"),
    ("replace-", "replace"),
    ("sdes-", "sdes"),
    ("osrtp-", "osrtp"),
    ("rtcp-mux-", "rtcp-mux"),
    ("t38-", "t38"),
    ("t.38-", "t38"),
    ("endpoint-learning-", "endpoint-learning"),
    ("from-tags-", "from-tags"),
    ("direction-", "direction"),
)
"""Flags that stand for a word of a key."""

_MOST_WORDS = 256
"""Of one key. What comes beyond is left."""


def one_spelling(key: str) -> str:
    plain = key.lower().replace(" ", "-").replace("_", "-")
    return _ALIASES.get(plain, plain)


@dataclass(slots=True)
class Keys:
    """What a message says, in one spelling."""

    texts: dict[str, str] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        """Empty is absent."""
        return self.texts.get(key) or None

    def several(self, key: str) -> tuple[str, ...]:
        return tuple(self.words.get(key, ()))

    def lower(self, key: str) -> frozenset[str]:
        return frozenset(word.lower() for word in self.words.get(key, ()))

    def number(self, key: str) -> int | None:
        """A number may come as an integer or as decimal digits; other text is no number."""
        text = self.texts.get(key, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None

    def add_words(self, key: str, words: Iterable[str]) -> None:
        have = self.words.setdefault(key, [])
        have += [word for word in words if word][: _MOST_WORDS - len(have)]

    def add(self, key: str, value: Read) -> None:
        """What was there already goes first: a later spelling of a text does not replace it."""
        key = one_spelling(key)
        if key == "codec" and isinstance(value, dict):
            for group, inner in value.items():
                self.add_words(f"codec-{one_spelling(group)}", _words(inner))
        elif isinstance(value, dict):
            return  # templates and attribute tables are not ours
        elif isinstance(value, list) or key in _GROUPS or key.startswith("codec-"):
            self._add_group(key, _words(value))
        else:
            self.texts.setdefault(key, str(value))

    def _add_group(self, key: str, words: list[str]) -> None:
        if key != "flags":
            self.add_words(key, words)
            return
        for word in words:
            self.add_flag(word)

    def add_flag(self, word: str) -> None:
        flag = word.replace(" ", "-").replace("_", "-")
        low = flag.lower()
        for prefix, key in _PREFIXES:
            if low.startswith(prefix) and len(low) > len(prefix):
                value = flag[len(prefix) :]
                if key == "endpoint-learning":
                    self.texts.setdefault(key, value)
                else:
                    self.add_words(key, [value])
                return
        self.add_words("flags", [low])


def _words(value: Read) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value if isinstance(item, str | int)]
    return [part.strip() for part in str(value).split(",")] if isinstance(value, str | int) else []


def normalised(message: dict[str, Read]) -> Keys:
    keys = Keys()
    for key, value in message.items():
        keys.add(key, value)
    return keys
