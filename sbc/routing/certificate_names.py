"""Who a certificate speaks for, as SIP reads it (RFC 5922 §7.1, §7.2): names to compare, no files.

Only subjectAltName counts: neither the common name, which anybody may hold, nor a wildcard, which
would let one host speak for its neighbours.
"""

from collections.abc import Collection, Iterable

_SIP = "sip:"


def identities(alternatives: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """From the pairs (kind, value) of subjectAltName: domains and addresses, in small letters.

    With SIP URIs in it the DNS names are for other uses (§7.1). Addresses are for endpoints that
    are written as such, which the RFC leaves out.
    """
    pairs = list(alternatives)
    uris = [_domain(value) for kind, value in pairs if kind == "URI" and _is_domain_uri(value)]
    names = [value for kind, value in pairs if kind == "DNS"]
    addresses = [value for kind, value in pairs if kind == "IP Address"]
    found = (plain(name) for name in (*(uris or names), *addresses))
    return tuple(dict.fromkeys(name for name in found if name and "*" not in name))


def fits(presented: Collection[str], wanted: Collection[str]) -> bool:
    """Whether one who shows these names is one of those who are wanted. Nobody fits no names."""
    return any(name in presented for name in wanted)


def plain(name: str) -> str:
    """As names are compared (§7.2): without case, without the dot of the root."""
    return name.strip().lower().removesuffix(".")


def _is_domain_uri(uri: str) -> bool:
    """A URI with a user is that user's, not the domain's (§7.1)."""
    return uri.lower().startswith(_SIP) and "@" not in uri


def _domain(uri: str) -> str:
    host = uri[len(_SIP) :].partition(";")[0].partition("?")[0]
    bracket = host.find("]") + 1  # of an IPv6 address, which has colons of its own
    return host[:bracket] if bracket else host.partition(":")[0]
