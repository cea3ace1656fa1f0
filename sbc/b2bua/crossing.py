"""The one allow-list: header fields which cross the border, and in which form (Z4).

Nothing else crosses. Each value is rebuilt from what it means, never copied as text, so that no
host, address, product name or free text of one side can ride along.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sbc.sip.errors import BadMessage
from sbc.sip.event import PACKAGES, Event, SubscriptionState
from sbc.sip.headers import Headers

Field = tuple[str, str]

_PRIORITIES = {"emergency", "urgent", "normal", "non-urgent"}
_EARLY_MEDIA = {"supported", "sendrecv", "sendonly", "recvonly", "inactive", "gated"}
_REASON = re.compile(
    r"\s*(SIP|Q\.850)\s*;(?:.*?;)??\s*cause\s*=\s*(\d{1,3})\s*(?:;.*)?", re.ASCII | re.I
)
_ALERT = re.compile(r"<urn:alert:[a-z0-9]{1,32}(?::[a-z0-9-]{1,32}){1,4}>", re.ASCII)
_NAMES = {"sip": "SIP", "q.850": "Q.850"}


def _digits(value: str) -> str | None:
    number = value.split("(", 1)[0].split(";", 1)[0].strip()
    return number if number.isascii() and number.isdigit() and len(number) <= 10 else None


def _some_of(known: set[str], separator: str) -> Callable[[str], str | None]:
    def rebuild(value: str) -> str | None:
        said = (each.strip() for each in re.split(r"[,;]", value.lower()))
        return separator.join(dict.fromkeys(each for each in said if each in known)) or None

    return rebuild


def _priority(value: str) -> str | None:
    """RFC 3261 §20.26: one value; several would be none."""
    priority = value.strip().lower()
    return priority if priority in _PRIORITIES else None


def reason(value: str) -> str | None:
    """RFC 3326: protocol and cause; the text stays behind."""
    kept = []
    for element in value.split(","):
        found = _REASON.fullmatch(element[:256])
        if found:
            kept.append(f"{_NAMES[found[1].lower()]};cause={int(found[2])}")
    return ", ".join(kept[:2]) or None


def _alert_info(value: str) -> str | None:
    """RFC 7462: only the URNs; a URL would name a host."""
    return ", ".join(_ALERT.findall(value[:512])[:4]) or None


def _event(value: str) -> str | None:
    """A registered package; an `id` must be a number, as of a REFER (RFC 3515 §2.4.6)."""
    try:
        found = Event.parse(value)
    except BadMessage:
        return None
    numbered = found.id is None or _digits(found.id) == found.id
    return str(replace(found, flags=())) if found.package in PACKAGES and numbered else None


def _subscription_state(value: str) -> str | None:
    """RFC 6665 §8.4: the state, its lifetime and its registered reasons."""
    try:
        return str(SubscriptionState.parse(value))
    except BadMessage:
        return None


ALLOWED: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "alert-info": ("Alert-Info", _alert_info),
    "event": ("Event", _event),
    "expires": ("Expires", _digits),
    "p-early-media": ("P-Early-Media", _some_of(_EARLY_MEDIA, ", ")),
    "priority": ("Priority", _priority),
    "reason": ("Reason", reason),
    "retry-after": ("Retry-After", _digits),
    "subscription-state": ("Subscription-State", _subscription_state),
}
"""Canonical name → name as written, and what becomes of the value (None: it stays behind)."""

_NAMES_ALLOWED = frozenset(ALLOWED)


def crossing(headers: Headers) -> tuple[Field, ...]:
    """The fields of a message that may go to the other side, rebuilt."""
    present = headers.names()
    if _NAMES_ALLOWED.isdisjoint(present):
        return ()
    kept = []
    for name, (written, rebuild) in ALLOWED.items():
        if name in present:
            value = rebuild(", ".join(headers.all(name)))
            if value is not None:
                kept.append((written, value))
    return tuple(kept)
