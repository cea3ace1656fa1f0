"""STUN messages against the vectors of RFC 5769 and against hostile bytes."""

from contextlib import suppress
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stun_turn.message import MOST_ATTRIBUTES, BadStun, Class, build, is_stun, parse
from stun_turn.registry import Attribute, Method
from tests.stun_turn import vectors
from tests.stun_turn.vectors import PASSWORD, REQUEST, TRANSACTION_ID

SOFTWARE = (Attribute.SOFTWARE, b"test vector")


def long_term_key() -> bytes:
    text = f"{vectors.LONG_TERM_USER}:{vectors.LONG_TERM_REALM}:{vectors.LONG_TERM_PASSWORD}"
    return md5(text.encode(), usedforsecurity=False).digest()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (vectors.REQUEST, Class.REQUEST),
        (vectors.IPV4_RESPONSE, Class.SUCCESS),
        (vectors.IPV6_RESPONSE, Class.SUCCESS),
    ],
)
def test_the_vectors_are_read_and_authentic(data: bytes, kind: Class) -> None:
    message = parse(data)
    assert (message.method, message.kind) == (Method.BINDING, kind)
    assert message.transaction_id == TRANSACTION_ID
    assert message.is_authentic(PASSWORD)
    assert not message.is_authentic(b"another")


def test_the_long_term_vector_is_authentic() -> None:
    message = parse(vectors.LONG_TERM_REQUEST)
    assert message.get(Attribute.USERNAME) == vectors.LONG_TERM_USER.encode()
    assert message.is_authentic(long_term_key())


def test_a_response_is_built_to_the_byte_as_in_the_vector() -> None:
    mapped = parse(vectors.IPV6_RESPONSE).get(Attribute.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    built = build(
        Method.BINDING,
        Class.SUCCESS,
        TRANSACTION_ID,
        [SOFTWARE, (Attribute.XOR_MAPPED_ADDRESS, mapped)],
        key=PASSWORD,
        fingerprint=True,
    )
    # The vector pads SOFTWARE with a blank, which integrity and fingerprint cover.
    assert built[:34] == vectors.IPV6_RESPONSE[:34]
    assert len(built) == len(vectors.IPV6_RESPONSE)
    assert parse(built).is_authentic(PASSWORD)


def test_every_method_and_class_comes_back() -> None:
    for method in Method:
        for kind in Class:
            message = parse(build(method, kind, TRANSACTION_ID))
            assert (message.method, message.kind) == (method, kind)


def test_attributes_keep_their_order_and_come_back_as_often_as_they_were_sent() -> None:
    sent = [(Attribute.XOR_PEER_ADDRESS, b"\1" * 8), SOFTWARE, (Attribute.XOR_PEER_ADDRESS, b"2")]
    message = parse(build(Method.CREATE_PERMISSION, Class.REQUEST, TRANSACTION_ID, sent))
    assert list(message.attributes) == sent
    assert message.all(Attribute.XOR_PEER_ADDRESS) == [b"\1" * 8, b"2"]
    assert message.has(Attribute.SOFTWARE)
    assert not message.has(Attribute.REALM)
    assert message.get(Attribute.REALM) is None


def test_what_follows_the_integrity_is_not_believed() -> None:
    honest = build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, [SOFTWARE], key=PASSWORD)
    added = build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, [(Attribute.REALM, b"evil")])[20:]
    forged = honest[:2] + (len(honest) - 20 + len(added)).to_bytes(2, "big") + honest[4:] + added
    message = parse(forged)
    assert message.is_authentic(PASSWORD)
    assert not message.has(Attribute.REALM)


def test_sha256_covers_sha1_and_may_be_truncated() -> None:
    whole = build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, key=PASSWORD, algorithm="sha256")
    assert parse(whole).is_authentic_sha256(PASSWORD)
    assert not parse(whole).is_authentic_sha256(b"another")
    assert not parse(whole).is_authentic(PASSWORD)
    assert not parse(REQUEST).is_authentic_sha256(PASSWORD)


@pytest.mark.parametrize("length", [0, 4, 12, 18, 36])
def test_a_sha256_integrity_of_a_wrong_length_is_no_message(length: int) -> None:
    value = (Attribute.MESSAGE_INTEGRITY_SHA256, bytes(length))
    with pytest.raises(BadStun):
        parse(build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, [value]))


def test_an_integrity_of_a_wrong_length_is_no_message() -> None:
    value = (Attribute.MESSAGE_INTEGRITY, bytes(16))
    with pytest.raises(BadStun):
        parse(build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, [value]))


def test_after_sha256_nothing_counts_but_a_fingerprint() -> None:
    sha256 = (Attribute.MESSAGE_INTEGRITY_SHA256, bytes(32))
    data = build(
        Method.BINDING, Class.REQUEST, TRANSACTION_ID, [sha256, SOFTWARE], fingerprint=True
    )
    assert parse(data).attributes == ()


def test_unknown_attributes_are_told_once_if_they_must_be_understood() -> None:
    sent = [(0x7FFF, b""), (0x7FFE, b"x"), (0x7FFF, b""), (0xFFFF, b""), SOFTWARE]
    message = parse(build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, sent))
    assert message.unknown == (0x7FFF, 0x7FFE)


def test_a_fingerprint_that_does_not_fit_is_no_message() -> None:
    with pytest.raises(BadStun, match="does not fit"):
        parse(REQUEST[:-1] + b"\0")


def test_a_fingerprint_in_the_middle_is_no_message() -> None:
    inner = (Attribute.FINGERPRINT, b"\0\0\0\0")
    with pytest.raises(BadStun, match="last"):
        parse(build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, [inner, SOFTWARE]))


def test_a_message_has_a_bounded_number_of_attributes() -> None:
    many = [(Attribute.SOFTWARE, b"")] * (MOST_ATTRIBUTES + 1)
    with pytest.raises(BadStun, match="many"):
        parse(build(Method.BINDING, Class.REQUEST, TRANSACTION_ID, many))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        REQUEST[:19],
        REQUEST[:-4],
        REQUEST + b"\0\0\0\0",
        b"\x80" + REQUEST[1:],  # RTP
        REQUEST[:4] + b"\0\0\0\0" + REQUEST[8:],  # RFC 3489: no cookie
        REQUEST[:2] + b"\0\x57" + REQUEST[4:-1],
        REQUEST[:22] + b"\xff\xff" + REQUEST[24:],
    ],
)
def test_what_is_no_stun_is_not_read(data: bytes) -> None:
    with pytest.raises(BadStun):
        parse(data)


def test_rtp_and_channel_data_are_no_stun() -> None:
    assert is_stun(REQUEST)
    assert not is_stun(b"\x80" + REQUEST[1:])
    assert not is_stun(b"\x40\x00\x00\x04abcd" + bytes(20))


@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_raise_nothing_else(data: bytes, with_header: bool) -> None:
    if with_header:
        body = data[: len(data) // 4 * 4]
        data = b"\0\1" + len(body).to_bytes(2, "big") + REQUEST[4:20] + body
    with suppress(BadStun):
        parse(data)


@given(st.data())
def test_no_changed_bit_of_a_protected_message_goes_unseen(data: st.DataObject) -> None:
    at = data.draw(st.integers(20, len(REQUEST) - 9))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(REQUEST[:-8])
    changed[2:4] = (len(changed) - 20).to_bytes(2, "big")
    assert parse(bytes(changed)).is_authentic(PASSWORD)
    changed[at] ^= 1 << bit
    with suppress(BadStun):
        assert not parse(bytes(changed)).is_authentic(PASSWORD)
