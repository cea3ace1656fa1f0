"""What an Allocate request asks for (RFC 8656 §7.2, steps 3 to 8): read whole, and checked for what
does not go together."""

from dataclasses import dataclass

from stun_turn import attributes as of
from stun_turn.attributes import IPV4, IPV6
from stun_turn.message import Message
from stun_turn.registry import Attribute
from stun_turn.request import Refused

TCP, UDP = 6, 17
_ADDITIONAL = (Attribute.ADDITIONAL_ADDRESS_FAMILY, Attribute.COTURN_ADDITIONAL_ADDRESS_FAMILY)
_TOKEN = 8
"""Bytes of a RESERVATION-TOKEN (RFC 8656 §18.9)."""


@dataclass(frozen=True, slots=True)
class Wish:
    families: tuple[int, ...]
    """Of the relayed addresses. Empty: that of the reserved port."""
    additional: bool = False
    """The second family is welcome, but not needed."""
    even: bool = False
    reserve: bool = False
    """The next port shall be kept for another allocation."""
    token: bytes | None = None
    """Of a port that was reserved before."""
    tcp: bool = False
    """The peers are to be spoken with by TCP (RFC 6062)."""


def read_wish(message: Message, families: frozenset[int]) -> Wish:
    """`families`: those that we have. Raises Refused, BadStun."""
    transport = message.get(Attribute.REQUESTED_TRANSPORT)
    if transport is None:
        raise Refused(400)
    wanted_transport = of.read_requested_transport(transport)
    if wanted_transport not in {TCP, UDP}:
        raise Refused(442)
    token = message.get(Attribute.RESERVATION_TOKEN)
    even = message.get(Attribute.EVEN_PORT)
    family = message.get(Attribute.REQUESTED_ADDRESS_FAMILY)
    additional = next(filter(None, map(message.get, _ADDITIONAL)), None)
    if sum(each is not None for each in (token, family, additional)) > 1:
        raise Refused(400)
    tcp = wanted_transport == TCP
    if tcp and (even is not None or token is not None or message.has(Attribute.DONT_FRAGMENT)):
        raise Refused(400)  # RFC 6062 §5.1
    reserve = even is not None and of.read_even_port(even)
    if token is not None:
        if even is not None or len(token) != _TOKEN:
            raise Refused(400)
        return Wish((), token=token)
    if additional is not None:
        if reserve or of.read_address_family(additional) != IPV6:
            raise Refused(400)
        return Wish((IPV4, IPV6), additional=True, even=even is not None, tcp=tcp)
    wanted = IPV4 if family is None else of.read_address_family(family)
    if wanted not in families:
        raise Refused(440)
    return Wish((wanted,), even=even is not None, reserve=reserve, tcp=tcp)
