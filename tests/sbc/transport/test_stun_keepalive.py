"""Keepalives by STUN on the port of SIP (RFC 5626 §8)."""

import pytest

from sbc.transport.stun_keepalive import answered
from stun_turn.attributes import read_xor_address
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method

SOURCE = ("192.0.2.77", 40000)
ID = b"twelve bytes"


def test_a_phone_is_told_how_it_is_seen() -> None:
    answer = answered(build(Method.BINDING, Class.REQUEST, ID), SOURCE)
    assert answer is not None
    assert len(answer) == 32
    message = parse(answer)
    assert read_xor_address(message.get(Attribute.XOR_MAPPED_ADDRESS) or b"", ID) == SOURCE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 20,
        build(Method.BINDING, Class.INDICATION, ID),
        build(Method.BINDING, Class.SUCCESS, ID),
        build(Method.ALLOCATE, Class.REQUEST, ID),
        build(Method.BINDING, Class.REQUEST, ID, [(0x0055, b"what is that")]),
        build(Method.BINDING, Class.REQUEST, ID)[:-1],
        build(Method.BINDING, Class.REQUEST, ID) + b"x" * 1000,
    ],
)
def test_whatever_asks_for_more_or_for_nothing_gets_no_answer(data: bytes) -> None:
    assert answered(data, SOURCE) is None
