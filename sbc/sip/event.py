"""Event and Subscription-State (RFC 6665 §8.2): what they mean, free of anything else.

An `id` is chosen by whoever subscribes, and parameters by whoever notifies; only what is known of
them is kept.
"""

from dataclasses import dataclass
from typing import Literal, cast, get_args

from sbc.sip.errors import BadMessage
from sbc.sip.grammar import is_token, param, parse_params

StateName = Literal["active", "pending", "terminated"]

REASONS = frozenset(
    ("deactivated", "probation", "rejected", "timeout", "giveup", "noresource", "invariant")
)
PACKAGES = frozenset(
    (
        *("as-feature-event", "call-completion", "call-info", "certificate", "check-sync"),
        *("conference", "consent-pending-additions", "credential", "debug", "dialog", "hold"),
        *("http-monitor", "kpml", "line-seize", "load-control", "message-summary", "presence"),
        *("presence.winfo", "poc-settings", "refer", "reg", "talk", "ua-profile", "vq-rtcpxr"),
        "xcap-diff",
    )
)
"""The registered ones, and what phones use besides: a name that is none of these may be a host."""
FLAGS = ("sla", "shared")
"""Of shared lines (RFC 7463)."""
_MOST_ID = 128
_MOST_SECONDS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Event:
    package: str
    id: str | None = None
    flags: tuple[str, ...] = ()
    """Of `FLAGS` those that were there."""

    @staticmethod
    def parse(value: str | None) -> "Event":
        """Raises BadMessage 489 for none, and for one that names no package."""
        package, semicolon, rest = (value or "").partition(";")
        package = package.strip(" \t").lower()
        params = parse_params(semicolon + rest)
        id_ = param(params, "id") or None
        if not is_token(package) or "," in rest or (id_ is not None and len(id_) > _MOST_ID):
            raise BadMessage(489, "Bad Event")
        flags = tuple(flag for flag in FLAGS if param(params, flag) is not None)
        return Event(package, id_, flags)

    def __str__(self) -> str:
        id_ = "" if self.id is None else f";id={self.id}"
        return f"{self.package}{id_}{''.join(f';{flag}' for flag in self.flags)}"


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    name: StateName
    expires: int | None = None
    """Seconds."""
    reason: str | None = None
    """Of `REASONS`."""
    retry_after: int | None = None

    @staticmethod
    def parse(value: str | None) -> "SubscriptionState":
        """Raises BadMessage 400 for none, and for a state that is not known. What else cannot be
        read of it is as if it were not there."""
        name, *parameters = [part.strip(" \t").lower() for part in (value or "")[:256].split(";")]
        if name not in get_args(StateName):
            raise BadMessage(400, "Bad Subscription-State")
        said: dict[str, str] = {}
        for parameter in parameters:
            key, _, text = parameter.partition("=")
            said.setdefault(key.strip(" \t"), text.strip(" \t"))
        reason = said.get("reason", "")
        return SubscriptionState(
            cast(StateName, name),
            _seconds(said.get("expires", "")),
            reason if reason in REASONS else None,
            _seconds(said.get("retry-after", "")),
        )

    def __str__(self) -> str:
        said = (
            ("expires", self.expires),
            ("reason", self.reason),
            ("retry-after", self.retry_after),
        )
        return self.name + "".join(f";{name}={value}" for name, value in said if value is not None)


def _seconds(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return min(int(text), _MOST_SECONDS)
