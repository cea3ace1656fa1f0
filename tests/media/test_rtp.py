import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import (
    Header,
    is_rtcp,
    is_rtp,
    looks_like_rtp,
    payload_bounds,
    read_header,
    sequence_distance,
    timestamp_distance,
)
from tests.support.rtp_streams import rtp


def packet(first: int, body: bytes = b"", second: int = 0) -> bytes:
    return bytes((first, second)) + bytes(10) + body


def test_a_plain_packet_is_rtp_and_not_rtcp() -> None:
    data = rtp(1, 160)
    assert is_rtp(data, len(data))
    assert not is_rtcp(data, len(data))


def test_a_buffer_longer_than_its_datagram_is_judged_by_the_datagram() -> None:
    buffer = bytearray(2048)
    buffer[:12] = packet(0x80)
    assert is_rtp(buffer, 12)
    assert is_rtp(memoryview(buffer), 12)
    assert not is_rtp(buffer, 11)
    buffer[:4] = b"\x81\xca\x00\x01"
    assert is_rtcp(buffer, 8)
    assert not is_rtcp(buffer, 7)


@pytest.mark.parametrize("first", [0, 3, 4, 19, 20, 63, 64, 79, 80, 127, 192, 255])
def test_stun_dtls_turn_and_unassigned_first_octets_are_neither(first: int) -> None:
    data = packet(first)
    assert not is_rtp(data, len(data))
    assert not is_rtcp(packet(first, second=200), 12)


@pytest.mark.parametrize("second", range(256))
def test_the_second_octet_tells_rtp_from_rtcp(second: int) -> None:
    data = packet(0x80, second=second)
    assert is_rtcp(data, 12) == (192 <= second <= 223)
    assert is_rtp(data, 12) == (not 192 <= second <= 223)


@pytest.mark.parametrize("size", range(12))
def test_nothing_shorter_than_the_fixed_header_is_rtp(size: int) -> None:
    assert not is_rtp(packet(0x80)[:size], size)


def test_contributing_sources_must_fit() -> None:
    assert is_rtp(packet(0x82, bytes(8)), 20)
    assert not is_rtp(packet(0x82, bytes(7)), 19)


def test_an_extension_must_fit() -> None:
    extension = struct.pack("!HHII", 0xBEDE, 2, 0, 0)
    assert is_rtp(packet(0x90, extension), 24)
    assert not is_rtp(packet(0x90, extension[:-1]), 23)
    assert not is_rtp(packet(0x90, extension[:3]), 15)
    assert is_rtp(packet(0x90, struct.pack("!HH", 0, 0)), 16)
    assert not is_rtp(packet(0x90, struct.pack("!HH", 0, 0x0100)), 16)


def test_padding_counts_itself_and_must_fit() -> None:
    assert is_rtp(packet(0xA0, b"pay\x01"), 16)
    assert is_rtp(packet(0xA0, b"\x00\x00\x00\x04"), 16)
    assert not is_rtp(packet(0xA0, b"\x00\x00\x00\x05"), 16)
    assert not is_rtp(packet(0xA0, b"pay\x00"), 16)


def test_the_payload_lies_between_extension_and_padding() -> None:
    data = packet(0xB1, b"csrc" + struct.pack("!HHI", 0, 1, 0) + b"payload" + b"\x00\x02")
    assert payload_bounds(data, len(data)) == (24, 31)
    assert data[24:31] == b"payload"


def test_a_header_is_read_as_it_was_written() -> None:
    data = rtp(65535, 2**32 - 1, 101, 0xDEADBEEF, marker=True)
    assert read_header(data) == Header(True, 101, 65535, 2**32 - 1, 0xDEADBEEF)
    assert read_header(rtp(1, 2, 0, 3, marker=True)) == Header(True, 0, 1, 2, 3)
    assert read_header(rtp(1, 2, 127, 3)) == Header(False, 127, 1, 2, 3)
    assert read_header(bytearray(rtp(0, 0, 8, 1))) == Header(False, 8, 0, 0, 1)


@given(st.binary(max_size=64), st.integers(0, 2))
def test_no_datagram_upsets_the_reader(data: bytes, missing: int) -> None:
    size = max(0, len(data) - missing)
    if is_rtp(data, size):
        bounds = payload_bounds(data, size)
        assert bounds is not None
        assert 12 <= bounds[0] <= bounds[1] <= size
    is_rtcp(data, size)


@given(st.integers(0, 2**40), st.integers(-(2**15), 2**15 - 1))
def test_sequence_numbers_are_compared_the_shorter_way_around(start: int, steps: int) -> None:
    assert sequence_distance((start + steps) % 2**16, start % 2**16) == steps


@given(st.integers(0, 2**40), st.integers(-(2**31), 2**31 - 1))
def test_timestamps_are_compared_the_shorter_way_around(start: int, ticks: int) -> None:
    assert timestamp_distance((start + ticks) % 2**32, start % 2**32) == ticks


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"\x80\x00" + bytes(10), True),
        (b"\xbf\x7f" + bytes(10), True),
        (b"\x80\x00" + bytes(9), False),
        (b"\x80\xc8" + bytes(10), False),
        (b"\x80\xdf" + bytes(10), False),
        (b"\x80\xe0" + bytes(10), True),
        (b"\x16\xfe" + bytes(10), False),
        (b"\xc0\x00" + bytes(10), False),
        (b"", False),
    ],
)
def test_the_clear_part_of_a_header_tells_srtp_from_the_rest(data: bytes, looks: bool) -> None:
    assert looks_like_rtp(data) is looks
