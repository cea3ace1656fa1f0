"""Which service of a domain to use: its NAPTR records, or SRV names by rule (RFC 3263 §4.1)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sbc.actions import Transport
from sbc.location.records import Naptr, Srv, plain

_NAPTR: dict[str, Transport] = {"sip+d2u": "udp", "sip+d2t": "tcp", "sips+d2t": "tls"}
_SIP = ("sip+", "sips+")
_SRV: dict[Transport, str] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
PREFERENCE: tuple[Transport, ...] = ("udp", "tcp", "tls")
"""Ours, where the domain has none (§4.1): what everybody speaks comes first."""


@dataclass(frozen=True, slots=True)
class Service:
    transport: Transport
    name: str
    """The owner of its SRV records."""


def srv_services(domain: str, transports: Sequence[Transport]) -> tuple[Service, ...]:
    """Where SRV records are, when no NAPTR says it."""
    return tuple(Service(each, f"{_SRV[each]}.{domain}") for each in transports)


def naptr_services(
    records: Collection[Naptr], transports: Collection[Transport]
) -> tuple[Service, ...] | None:
    """The best that the domain offers and we can do; empty: we can do none of what it offers.

    None: it offers no SIP at all; its records are for other uses, such as ENUM. Only the lowest
    order among those that we can do counts (RFC 3403 §4.1): what comes after it is for others, and
    a domain that prefers TLS is not called without when TLS is broken.
    """
    ours = [record for record in records if record.service.lower().startswith(_SIP)]
    if not ours:
        return None
    usable = [
        (record.order, record.preference, Service(transport, plain(record.replacement)))
        for record in ours
        if (transport := _NAPTR.get(record.service.lower())) in transports
        and transport is not None
        and record.flags.lower() == "s"
        and not record.regexp
        and plain(record.replacement)
    ]
    if not usable:
        return ()
    usable.sort(key=lambda each: each[:2])
    return tuple(service for order, _, service in usable if order == usable[0][0])


def in_order(records: Collection[Srv], number: Callable[[int], int]) -> list[Srv]:
    """SRV records in the order in which they are to be tried: by priority, and within one drawn by
    weight (RFC 2782). `number(n)` draws one of 0..n-1."""
    order: list[Srv] = []
    for priority in sorted({record.priority for record in records}):
        left = [record for record in records if record.priority == priority]
        left.sort(key=lambda record: record.weight)  # those of weight 0 have their small chance
        while left:
            mark = number(1 + sum(record.weight for record in left))
            place = 0
            while (mark := mark - left[place].weight) > 0:
                place += 1
            order.append(left.pop(place))
    return order


def is_refusal(records: Collection[Srv]) -> bool:
    """One record with the root as its target: the service is decidedly not there (RFC 2782)."""
    return len(records) == 1 and all(plain(record.target) == "" for record in records)
