"""CSeq and RAck: the order of requests (RFC 3261 §20.16, RFC 3262 §7.2)."""

from dataclasses import dataclass
from functools import lru_cache

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import is_token, number, split_words

MOST = 2**31 - 1
_WORTH_KEEPING = 64

METHODS = frozenset(
    [
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "OPTIONS",
        "REGISTER",
        "PRACK",
        "UPDATE",
        "INFO",
        "REFER",
        "NOTIFY",
        "SUBSCRIBE",
        "MESSAGE",
        "PUBLISH",
    ]
)


@dataclass(frozen=True, slots=True)
class CSeq:
    number: int
    """Below 2^31 (RFC 3261 §8.1.1.5)."""

    method: str

    @staticmethod
    def parse(text: str) -> "CSeq":
        return _parse_cached(text) if len(text) <= _WORTH_KEEPING else _parse(text)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def _parse(text: str) -> CSeq:
    words = split_words(text)
    if len(words) != 2 or not is_method(words[1]):
        raise BadMessage(400, "Bad CSeq")
    return CSeq(number(words[0], MOST, "CSeq"), words[1])


_parse_cached = lru_cache(maxsize=1024)(_parse)  # most dialogs count from one


def parse_rack(text: str) -> tuple[int, int, str]:
    """RSeq, CSeq number and method of the response that a PRACK acknowledges."""
    words = split_words(text)
    if len(words) != 3 or not is_method(words[2]):
        raise BadMessage(400, "Bad RAck")
    return number(words[0], 2**32 - 1, "RAck"), number(words[1], MOST, "RAck"), words[2]


def is_method(text: str) -> bool:
    return text in METHODS or is_token(text)
