"""Values of STUN and TURN attributes, against RFC 5769 and against malformed ones."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stun_turn import attributes as of
from stun_turn.message import BadStun, parse
from stun_turn.registry import REASONS, Attribute
from tests.stun_turn import vectors
from tests.stun_turn.vectors import TRANSACTION_ID

ADDRESSES = st.tuples(st.ip_addresses().map(str), st.integers(0, 65535))


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (vectors.IPV4_RESPONSE, ("192.0.2.1", 32853)),
        (vectors.IPV6_RESPONSE, ("2001:db8:1234:5678:11:2233:4455:6677", 32853)),
    ],
)
def test_mapped_addresses_are_those_of_the_vectors(data: bytes, address: of.Address) -> None:
    value = parse(data).get(Attribute.XOR_MAPPED_ADDRESS)
    assert value is not None
    assert of.read_xor_address(value, TRANSACTION_ID) == address
    assert of.xor_address(address, TRANSACTION_ID) == value


@given(ADDRESSES)
def test_every_address_comes_back(address: of.Address) -> None:
    assert of.read_plain_address(of.plain_address(address)) == address
    masked = of.xor_address(address, TRANSACTION_ID)
    assert of.read_xor_address(masked, TRANSACTION_ID) == address


def test_families_are_told_apart() -> None:
    assert of.family_of("192.0.2.1") == of.IPV4
    assert of.family_of("2001:db8::1") == of.IPV6


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_error_code_comes_back_with_its_phrase(code: int) -> None:
    assert of.read_error_code(of.error_code(code)) == (code, REASONS[code])


def test_a_reason_is_cut_where_it_would_be_too_long() -> None:
    assert len(of.error_code(400, "x" * 1000)) == 4 + 509


def test_numbers_lie_where_the_rfc_has_them() -> None:
    assert of.number(600) == b"\0\0\x02\x58"
    assert of.read_number(b"\0\0\x02\x58") == 600
    assert of.channel_number(0x4001) == b"\x40\x01\0\0"
    assert of.read_channel_number(b"\x40\x01\0\0") == 0x4001
    assert of.read_requested_transport(b"\x11\0\0\0") == 17
    assert of.read_address_family(b"\x02\0\0\0") == of.IPV6
    assert of.read_even_port(b"\x80")
    assert not of.read_even_port(b"\x00")
    assert of.unknown_attributes([0x7FFF, 1]) == b"\x7f\xff\x00\x01"
    assert of.icmp(3, 4, 1300) == b"\0\0\x03\x04\0\0\x05\x14"
    assert of.address_error_code(of.IPV6, 440)[:4] == b"\x02\0\x04\x28"


def test_password_algorithms_come_back() -> None:
    sent = [of.PasswordAlgorithm(of.SHA256), of.PasswordAlgorithm(9, b"abc")]
    assert of.read_password_algorithms(of.password_algorithms(sent)) == sent


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (of.read_plain_address, b""),
        (of.read_plain_address, b"\0\1\0\0"),
        (of.read_plain_address, b"\0\3\0\0\1\2\3\4"),
        (of.read_plain_address, b"\0\2\0\0\1\2\3\4"),
        (of.read_error_code, b"\0\0\4"),
        (of.read_error_code, b"\0\0\7\0"),
        (of.read_error_code, b"\0\0\4\x64"),
        (of.read_number, b"\0\0\0"),
        (of.read_channel_number, b"\0" * 5),
        (of.read_even_port, b""),
        (of.read_password_algorithms, b"\0\1"),
        (of.read_password_algorithms, b"\0\1\0\4ab"),
    ],
)
def test_a_malformed_value_is_refused(read: Callable[[bytes], object], value: bytes) -> None:
    with pytest.raises(BadStun):
        read(value)
