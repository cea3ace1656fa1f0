"""Asserted identities and privacy at the border of a trust domain (RFC 3323, RFC 3325).

What a peer asserts is read only if it is believed; where it may be told, it is built anew. Whoever
asks for privacy stays unnamed towards those who are not trusted (Z8).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from config.effective import Terms
from sbc.b2bua.crossing import Field
from sbc.b2bua.diversion import NAMES, NOBODY, Diversions, diversions_of
from sbc.b2bua.identity import escaped, printable, user_of
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.uri import Uri

KNOWN = ("header", "session", "user", "none", "critical", "id", "history")
"""The registered priv-values, in the order in which we write them."""
HIDING = frozenset({"header", "session", "user", "id"})
"""Those that the peer must not be named for."""
_MOST = 2
"""RFC 3325 §9.1: one sip or sips, one tel."""


@dataclass(frozen=True, slots=True)
class Asserted:
    """One identity that a trusted peer vouches for; its host has stayed behind."""

    display: str
    user: str
    tel: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """What a message says of its sender, besides From and To."""

    asserted: tuple[Asserted, ...] = ()
    privacy: frozenset[str] = frozenset()
    diversions: Diversions = NOBODY
    referrer: str = ""
    """The user in Referred-By (RFC 3892), if its sender is believed."""
    target: str = ""
    """Who is called now, where the call was diverted."""

    def hidden_from(self, terms: Terms) -> bool:
        """May that peer not learn who it is? Within the trust domain everybody knows, and keeps
        it to himself."""
        return not terms.trusted and "none" not in self.privacy and bool(self.privacy & HIDING)

    def fields(self, terms: Terms, host: str) -> tuple[Field, ...]:
        """As the peer with these terms gets it. `host`: ours, as it knows us."""
        kept = self.privacy if terms.trusted else self.privacy & {"none"}
        fields: list[Field] = []
        if kept:
            fields.append(("Privacy", ";".join(value for value in KNOWN if value in kept)))
        if self.asserted and terms.send_identity and not self.hidden_from(terms):
            value = ", ".join(_written(each, host) for each in self.asserted)
            fields.append(("P-Asserted-Identity", value))
        if self.referrer and terms.send_identity and not self.hidden_from(terms):
            fields.append(("Referred-By", f"<sip:{escaped(self.referrer)}@{host}>"))
        if self.diversions is not NOBODY and terms.diversion != "none":
            fields += self.diversions.fields(terms, host, self.target)
        return tuple(fields)

    def diverted_by(self, user: str, reason: str) -> Claims:
        return replace(self, diversions=self.diversions.and_then(user, reason))

    def aimed_at(self, called: str) -> Claims:
        """The same in an INVITE for that user."""
        return self if self.diversions is NOBODY else replace(self, target=called)

    def record(self) -> dict[str, object]:
        """As it was, for the record of the call."""
        return {
            "asserted": [each.user for each in self.asserted],
            "privacy": ";".join(value for value in KNOWN if value in self.privacy) or None,
            "diverted": [f"{each.user} {each.reason}" for each in self.diversions.each],
        }


NONE = Claims()
_READ = frozenset({"privacy", "p-asserted-identity", "referred-by"}) | NAMES


def claims_of(headers: Headers, terms: Terms) -> Claims:
    """Raises BadMessage for a demand that cannot be met (RFC 3323 §4.2, §5)."""
    present = headers.present()
    if _READ.isdisjoint(present):
        return NONE
    said = _values(headers.all("privacy"))
    if "critical" in said and not said <= set(KNOWN):
        raise BadMessage(500, "Privacy that cannot be had")
    asserted = _asserted(headers) if terms.believed else ()
    diversions = NOBODY if NAMES.isdisjoint(present) else diversions_of(headers, terms)
    referrer = _referrer(headers) if terms.believed and "referred-by" in present else ""
    return Claims(asserted, said & set(KNOWN), diversions, referrer)


def _referrer(headers: Headers) -> str:
    """Its host, and the signature that `cid` names, stay on their side."""
    values = headers.all("referred-by")
    try:
        return user_of(Uri.parse(NameAddr.parse(values[0]).uri)) if len(values) == 1 else ""
    except BadMessage:
        return ""


def _values(lines: Collection[str]) -> frozenset[str]:
    text = ";".join(lines)[:512].lower().replace(",", ";")
    return frozenset(value.strip() for value in text.split(";") if value.strip())


def _asserted(headers: Headers) -> tuple[Asserted, ...]:
    """What cannot be read is nobody's identity."""
    found: dict[bool, Asserted] = {}
    for text in headers.elements("p-asserted-identity")[:_MOST]:
        try:
            address = NameAddr.parse(text)
            uri = Uri.parse(address.uri)
        except BadMessage:
            continue
        user = user_of(uri)
        if user:
            tel = uri.scheme == "tel"
            found.setdefault(tel, Asserted(printable(address.display), user, tel))
    return tuple(found.values())


def _written(identity: Asserted, host: str) -> str:
    user = escaped(identity.user)
    uri = f"tel:{user}" if identity.tel else f"sip:{user}@{host}"
    return str(NameAddr(identity.display, uri))
