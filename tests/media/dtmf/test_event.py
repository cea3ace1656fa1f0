"""Telephone events (RFC 4733): each key once, whatever was lost, repeated or overtaken (M7)."""

import pytest

from media.dtmf.event import KEYS, LONGEST, Event, EventReader, Pressed, parse


def pressed(*packets: tuple[int, Event], rate: int = 8000) -> list[Pressed]:
    reader = EventReader()
    return [each for at, event in packets for each in reader.packet(at, rate, event)]


def key(code: int, *durations: int) -> list[Event]:
    """Its packets; the last of them, three times, with the end."""
    lasting = [Event(code, False, 10, duration) for duration in durations[:-1]]
    return [*lasting, *3 * [Event(code, True, 10, durations[-1])]]


def test_an_event_is_written_as_it_is_read() -> None:
    event = Event(11, True, 10, 1600)
    assert event.encode() == b"\x0b\x8a\x06\x40"
    assert parse(event.encode()) == event
    assert event.key == "#"


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x01\x0a\x00"])
def test_less_than_an_event_is_none(payload: bytes) -> None:
    assert parse(payload) is None


def test_events_that_are_no_keys_have_no_key() -> None:
    assert Event(16, False, 0, 1).key is None
    assert pressed((1, Event(66, True, 0, 800))) == []
    assert "".join(filter(None, (Event(at, False, 0, 1).key for at in range(20)))) == KEYS


def test_a_key_is_told_once_with_its_length() -> None:
    assert pressed(*((1000, each) for each in key(5, 160, 320, 800))) == [Pressed("5", 100)]


def test_its_length_goes_by_its_clock() -> None:
    events = [(1000, each) for each in key(5, 960, 4800)]
    assert pressed(*events, rate=48000) == [Pressed("5", 100)]


def test_one_packet_of_it_is_enough() -> None:
    assert pressed((1000, Event(1, True, 10, 400))) == [Pressed("1", 50)]


def test_a_key_whose_end_is_lost_ends_with_the_next_one() -> None:
    lasting = [(1000, Event(1, False, 10, 160)), (1000, Event(1, False, 10, 320))]
    after = [(9000, each) for each in key(2, 160, 400)]
    assert pressed(*lasting, *after) == [Pressed("1", 40), Pressed("2", 50)]


def test_or_when_nothing_more_comes() -> None:
    reader = EventReader()
    assert reader.packet(1000, 8000, Event(1, False, 10, 480)) == []
    assert reader.lasting
    assert reader.expire() == [Pressed("1", 60)]
    assert reader.packet(1000, 8000, Event(1, True, 10, 800)) == []
    assert reader.expire() == []


def test_the_same_key_twice_is_two_keys() -> None:
    twice = [(at, each) for at in (1000, 3000) for each in key(7, 160, 400)]
    assert pressed(*twice) == [Pressed("7", 50), Pressed("7", 50)]


def test_a_packet_that_was_overtaken_by_the_next_key_says_nothing() -> None:
    first, second = key(1, 400), key(2, 400)
    order = [(1000, first[0]), (3000, second[0]), (1000, first[1]), (3000, second[1])]
    assert pressed(*order) == [Pressed("1", 50), Pressed("2", 50)]


def test_packets_in_any_order_count_the_longest() -> None:
    order = [Event(1, False, 10, 320), Event(1, False, 10, 160), Event(1, True, 10, 480)]
    assert pressed(*((7, each) for each in order)) == [Pressed("1", 60)]


def test_the_timestamp_may_wrap() -> None:
    high = 2**32 - 100
    packets = [(high, each) for each in key(1, 400)] + [(700, each) for each in key(2, 400)]
    assert pressed(*packets) == [Pressed("1", 50), Pressed("2", 50)]


def test_a_long_key_goes_on_in_another_segment_and_is_one() -> None:
    first = [(1000, Event(1, False, 10, LONGEST))]
    second = [(1000 + LONGEST, each) for each in key(1, 160, 465)]
    assert pressed(*first, *second) == [Pressed("1", (LONGEST + 465) // 8)]


def test_a_forged_change_of_the_key_within_one_event_is_ignored() -> None:
    packets = [
        (1, Event(1, False, 10, 160)),
        (1, Event(2, True, 10, 320)),
        *((1, each) for each in key(1, 400)),
    ]
    assert pressed(*packets) == [Pressed("1", 50)]
