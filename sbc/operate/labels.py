"""The values that metric labels may have. All others are `other`, so that no peer can add a series.

Label values are closed sets: the names in the configuration, and the words below. What a peer can
choose freely (a method, a status, a codec's name) is let through only if it is a known one.
"""

from collections.abc import Collection
from typing import get_args

from media.control import VerdictName, Where

OTHER = "other"

EVENT_LABELS = (
    *("zone", "trunk", "to_trunk", "interface", "transport"),
    *("method", "status", "side", "phase", "by", "action", "verdict"),
)
"""One set for all events, so that they are one family; a label which an event lacks is empty."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERDICTS: tuple[str, ...] = get_args(VerdictName)
PLACES: tuple[str, ...] = get_args(Where)
ENDED_BY = _words("caller callee border")
METHODS = _words(
    "INVITE ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE INFO REFER NOTIFY SUBSCRIBE MESSAGE "
    "PUBLISH"
)
STATUSES = _words(
    "100 180 181 182 183 199 200 202 204 300 301 302 305 380 400 401 402 403 404 405 406 407 408 "
    "409 410 411 412 413 414 415 416 417 420 421 422 423 424 428 429 430 433 436 437 438 439 440 "
    "469 470 480 481 482 483 484 485 486 487 488 489 491 493 494 500 501 502 503 504 505 513 580 "
    "600 603 604 606 607 608"
)
CODECS = _words(
    "pcmu pcma g722 g729 g729a g723 g728 g726-16 g726-24 g726-32 g726-40 gsm gsm-efr gsm-hr-08 amr "
    "amr-wb evs ilbc isac speex silk opus l16 cn telephone-event vp8 vp9 h261 h263 h263-1998 "
    "h263-2000 h264 h265 av1 t140 red"
)
"""Encoding names of the IANA registry of RTP payload formats, as far as phones speak them."""


class Labels:
    """The closed sets of one configuration."""

    __slots__ = ("_events", "_sets")

    def __init__(
        self,
        events: Collection[str],
        zones: Collection[str],
        trunks: Collection[str],
        interfaces: Collection[str],
    ) -> None:
        self._events = frozenset(events)
        self._sets: dict[str, frozenset[str]] = {
            "zone": frozenset(zones),
            "trunk": frozenset(trunks),
            "to_trunk": frozenset(trunks),
            "interface": frozenset(interfaces),
            "transport": frozenset(("udp", "tcp", "tls", "ws", "wss")),
            "side": frozenset(("a", "b")),
            "phase": frozenset(("initial", "subsequent")),
            "by": ENDED_BY,
            "action": frozenset(("drop", "reject")),
            "method": METHODS,
            "verdict": frozenset(VERDICTS),
            "status": STATUSES,
        }

    def of_event(self, event: str, given: Collection[tuple[str, str]]) -> dict[str, str]:
        """The labels of one count of `event`; what an event says beyond them is not counted."""
        values = dict(given)
        labels = {"event": event if event in self._events else OTHER}
        for name in EVENT_LABELS:
            value = values.get(name, "")
            kept = not value or value in self._sets[name]
            labels[name] = value if kept else _folded(name, value)
        return labels

    def zone(self, value: str | None) -> str:
        return self._name("zone", value)

    def trunk(self, value: str | None) -> str:
        return self._name("trunk", value)

    def _name(self, name: str, value: str | None) -> str:
        if not value:
            return "none"
        return value if value in self._sets[name] else OTHER


def codec(value: str | None) -> str:
    """By its name alone, as SDP compares it: in lower case, without the clock rate."""
    if not value:
        return "none"
    name = value.partition("/")[0].lower()
    return name if name in CODECS else OTHER


def verdict(value: str | None) -> str:
    if not value:
        return "none"
    return value if value in VERDICTS else OTHER


def place(value: str | None) -> str:
    if not value:
        return "none"
    return value if value in PLACES else OTHER


def ended_by(value: str | None) -> str:
    return value if value in ENDED_BY else OTHER


def status_class(status: float | None) -> str:
    if status is None or not 100 <= status < 700:
        return "none"
    return f"{int(status) // 100}xx"


def _folded(name: str, value: str) -> str:
    """An odd status still has its class."""
    if name == "status" and len(value) == 3 and value.isascii() and value.isdigit():
        return status_class(int(value))
    return OTHER
