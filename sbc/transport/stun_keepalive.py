"""Keepalives by STUN on the port of SIP (RFC 5626 §3.5.2, §8): a phone asks how its NAT shows it.

Nothing is kept and nobody is known: the answer is hardly longer than the question.
"""

from sbc.actions import Address
from stun_turn.attributes import xor_address
from stun_turn.message import BadStun, Class, build, parse
from stun_turn.registry import Attribute, Method

FIRST_BYTE = 2
"""Less than that no SIP message begins with, and each STUN request does (RFC 5626 §8)."""


def answered(data: bytes, source: Address) -> bytes | None:
    """The answer to a Binding request; None: it is none, or asks for more than this."""
    try:
        request = parse(data)
    except BadStun:
        return None
    if (request.method, request.kind) != (Method.BINDING, Class.REQUEST) or request.unknown:
        return None
    mapped = (Attribute.XOR_MAPPED_ADDRESS, xor_address(source, request.transaction_id))
    return build(Method.BINDING, Class.SUCCESS, request.transaction_id, [mapped])
