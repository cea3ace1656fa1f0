"""What an Allocate request may ask for (RFC 8656 §7.2)."""

import pytest

from stun_turn.attributes import IPV4, IPV6
from stun_turn.message import Class, Value, build, parse
from stun_turn.registry import Attribute, Method
from stun_turn.request import Refused
from stun_turn.wish import Wish, read_wish

UDP = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
TCP = (Attribute.REQUESTED_TRANSPORT, b"\x06\0\0\0")
EVEN, NEXT = (Attribute.EVEN_PORT, b"\0"), (Attribute.EVEN_PORT, b"\x80")
SIX = (Attribute.REQUESTED_ADDRESS_FAMILY, b"\x02\0\0\0")
BOTH = (Attribute.ADDITIONAL_ADDRESS_FAMILY, b"\x02\0\0\0")
COTURN_S = (Attribute.COTURN_ADDITIONAL_ADDRESS_FAMILY, b"\x02\0\0\0")
TOKEN = (Attribute.RESERVATION_TOKEN, bytes(8))


def wish(*values: Value) -> Wish:
    message = parse(build(Method.ALLOCATE, Class.REQUEST, bytes(12), values))
    return read_wish(message, frozenset({IPV4, IPV6}))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([UDP], Wish((IPV4,))),
        ([TCP], Wish((IPV4,), tcp=True)),
        ([UDP, EVEN], Wish((IPV4,), even=True)),
        ([UDP, NEXT], Wish((IPV4,), even=True, reserve=True)),
        ([UDP, SIX], Wish((IPV6,))),
        ([UDP, SIX, NEXT], Wish((IPV6,), even=True, reserve=True)),
        ([UDP, BOTH], Wish((IPV4, IPV6), additional=True)),
        ([UDP, COTURN_S], Wish((IPV4, IPV6), additional=True)),
        ([UDP, BOTH, EVEN], Wish((IPV4, IPV6), additional=True, even=True)),
        ([UDP, TOKEN], Wish((), token=bytes(8))),
    ],
)
def test_a_wish_is_read(values: list[Value], wanted: Wish) -> None:
    assert wish(*values) == wanted


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([], 400),
        ([(Attribute.REQUESTED_TRANSPORT, b"\x07\0\0\0")], 442),
        ([TCP, EVEN], 400),
        ([TCP, TOKEN], 400),
        ([TCP, (Attribute.DONT_FRAGMENT, b"")], 400),
        ([UDP, TOKEN, EVEN], 400),
        ([UDP, TOKEN, SIX], 400),
        ([UDP, TOKEN, BOTH], 400),
        ([UDP, SIX, BOTH], 400),
        ([UDP, BOTH, NEXT], 400),
        ([UDP, (Attribute.ADDITIONAL_ADDRESS_FAMILY, b"\x01\0\0\0")], 400),
        ([UDP, (Attribute.RESERVATION_TOKEN, bytes(7))], 400),
        ([UDP, (Attribute.REQUESTED_ADDRESS_FAMILY, b"\x03\0\0\0")], 440),
    ],
)
def test_what_does_not_go_together_is_refused(values: list[Value], code: int) -> None:
    with pytest.raises(Refused) as refused:
        wish(*values)
    assert refused.value.code == code
