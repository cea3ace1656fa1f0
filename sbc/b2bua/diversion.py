"""Who has forwarded a call before it came to us: Diversion (RFC 5806) and History-Info (RFC 7044),
and the one made from the other (RFC 7544) (H6, Z4).

Users and reasons cross; hosts, names and parameters of one side do not. Whoever asked to stay
unnamed is so towards untrusted peers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from config.effective import Terms
from sbc.b2bua.crossing import Field
from sbc.b2bua.identity import ANONYMOUS_HOST, escaped, user_of
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.uri import Uri

NAMES = frozenset({"diversion", "history-info"})
_MOST = 10
_CAUSE_OF: Mapping[str, int] = {
    "unconditional": 302,
    "user-busy": 486,
    "no-answer": 408,
    "deflection": 480,
    "unavailable": 503,
    "unknown": 404,
    "time-of-day": 404,
    "do-not-disturb": 404,
    "follow-me": 404,
    "out-of-service": 404,
    "away": 404,
}
"""RFC 7544 §7."""
_REASON_OF: Mapping[int, str] = {
    302: "unconditional",
    408: "no-answer",
    480: "deflection",
    486: "user-busy",
    487: "deflection",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Diversion:
    """One user who was called, and sent the call on."""

    user: str
    reason: str = "unknown"
    """One of those of RFC 5806."""
    hidden: bool = False
    """It asked not to be named."""


@dataclass(frozen=True, slots=True)
class Diversions:
    """All of them, oldest first."""

    each: tuple[Diversion, ...] = ()
    said_as: frozenset[str] = frozenset()
    """The fields that they came in."""

    def and_then(self, user: str, reason: str) -> Diversions:
        """One more, whom we have seen ourselves."""
        each = (*self.each, Diversion(user, reason))[-_MOST:]
        return Diversions(each, self.said_as or frozenset({"diversion"}))

    def fields(self, terms: Terms, host: str, target: str) -> tuple[Field, ...]:
        """As this peer gets them. `host`: ours, as it knows us; `target`: who is called now, empty
        where nobody is."""
        form = terms.diversion
        written: list[Field] = []
        if form in {"diversion", "both"} or (form == "keep" and "diversion" in self.said_as):
            newest_first = [_diversion(each, terms, host) for each in reversed(self.each)]
            written.append(("Diversion", ", ".join(newest_first)))
        if form in {"history-info", "both"} or (form == "keep" and "history-info" in self.said_as):
            written.append(("History-Info", _history(self.each, terms, host, target)))
        return tuple(written)


NOBODY = Diversions()


def diversions_of(headers: Headers, terms: Terms) -> Diversions:
    """What a peer says of it, if it may: History-Info goes before Diversion, which says less."""
    if terms.diversion == "none":
        return NOBODY
    said_as = frozenset(name for name in NAMES if headers.has(name))
    history = _read_history(headers.elements("history-info")[:_MOST])
    found = history or _read_diversion(headers.elements("diversion")[:_MOST])
    return Diversions(tuple(found), said_as) if found else NOBODY


def _read_diversion(values: Sequence[str]) -> list[Diversion]:
    found: list[Diversion] = []
    for value in values:
        address, user = _user(value)
        if address is None or not user:
            continue
        reason = (address.param("reason") or "").lower().strip('"')
        hidden = (address.param("privacy") or "off").lower().strip('"') != "off"
        found.append(Diversion(user, reason if reason in _CAUSE_OF else "unknown", hidden))
    return found[::-1]


def _read_history(values: Sequence[str]) -> list[Diversion]:
    """Each entry names whom the call was sent to next, and why (RFC 4458), or why it did not stay
    there. The last one is who is called now, unless it says that it did not stay."""
    entries = [_user(value) for value in values]
    found: list[Diversion] = []
    for place, (address, user) in enumerate(entries):
        if address is None or not user:
            continue
        own = _embedded(address, "reason")
        following = entries[place + 1][0] if place + 1 < len(entries) else None
        cause = _cause(own) or (_cause_param(following) if following is not None else None)
        if cause is None and following is None:
            continue
        hidden = "history" in _embedded(address, "privacy").lower()
        found.append(Diversion(user, _REASON_OF.get(cause or 404, "unknown"), hidden))
    return found


def _user(value: str) -> tuple[NameAddr | None, str]:
    try:
        address = NameAddr.parse(value)
        return address, user_of(Uri.parse(address.uri))
    except BadMessage:
        return None, ""


def _embedded(address: NameAddr, wanted: str) -> str:
    """A header field in the URI."""
    pairs = (each.partition("=") for each in Uri.parse(address.uri).headers.split("&", _MOST))
    return next((unquote(text) for name, _, text in pairs if name.lower() == wanted), "")


def _cause(reason: str) -> int | None:
    """Of a Reason: SIP;cause=302."""
    protocol, _, rest = reason.lower().replace(" ", "").partition(";")
    number = rest.partition("cause=")[2].partition(";")[0]
    return _number(number) if protocol == "sip" else None


def _cause_param(address: NameAddr) -> int | None:
    return _number(Uri.parse(address.uri).param("cause") or "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 else None


def _shown(each: Diversion, terms: Terms, host: str) -> str:
    if each.hidden and not terms.trusted:
        return f"sip:anonymous@{ANONYMOUS_HOST}"
    return f"sip:{escaped(each.user)}@{host}"


def _diversion(each: Diversion, terms: Terms, host: str) -> str:
    privacy = ";privacy=full" if each.hidden else ""
    return f"<{_shown(each, terms, host)}>;reason={each.reason}{privacy}"


def _history(each: Sequence[Diversion], terms: Terms, host: str, target: str) -> str:
    """RFC 7544 §5: the cause stands in the entry of whom the call was sent to."""
    entries, index, cause = [], "1", ""
    for diversion in each:
        privacy = "?Privacy=history" if diversion.hidden and terms.trusted else ""
        entries.append(f"<{_shown(diversion, terms, host)}{cause}{privacy}>;index={index}")
        index, cause = f"{index}.1", f";cause={_CAUSE_OF[diversion.reason]}"
    if target:
        entries.append(f"<sip:{escaped(target)}@{host}{cause}>;index={index}")
    elif cause:
        why = quote(f"SIP{cause}", safe="")
        last = entries.pop()
        head, _, tail = last.partition(">")
        mark = "&" if "?" in head else "?"
        entries.append(f"{head}{mark}Reason={why}>{tail}")
    return ", ".join(entries)
