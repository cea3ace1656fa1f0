"""Sequence numbers where packets are taken out and put in: each once, and no gap of ours."""

from hypothesis import given
from hypothesis import strategies as st

from media.dtmf.splice import Splice


def test_what_is_left_alone_keeps_its_numbers() -> None:
    splice = Splice(500)
    assert [splice.follow(at) for at in (65534, 65535, 0, 1)] == [65534, 65535, 0, 1]


def test_a_packet_that_is_taken_out_leaves_no_gap() -> None:
    splice = Splice(0)
    first = splice.follow(10)
    splice.take_out(11)
    assert (first, splice.follow(12), splice.follow(13)) == (10, 11, 12)


def test_a_packet_that_is_put_in_moves_the_others() -> None:
    splice = Splice(0)
    assert [splice.follow(10), splice.put_in(), splice.put_in(), splice.follow(11)] == [
        *(10, 11, 12, 13),
    ]


def test_what_was_lost_before_us_stays_lost() -> None:
    splice = Splice(0)
    splice.follow(10)
    splice.take_out(12)
    assert splice.follow(13) == 12  # 11 has never come


def test_a_late_packet_gets_the_number_that_was_its_own() -> None:
    splice = Splice(0)
    assert splice.follow(10) == 10
    assert splice.follow(12) == 12
    splice.put_in()
    assert splice.follow(13) == 14
    assert splice.follow(11) == 11


def test_before_anything_came_there_are_numbers_of_our_own() -> None:
    splice = Splice(65535)
    assert [splice.put_in(), splice.put_in()] == [65535, 0]
    assert splice.follow(7) == 7


def test_the_first_may_be_taken_out() -> None:
    splice = Splice(0)
    splice.take_out(10)
    assert splice.follow(11) == 11


@given(st.lists(st.sampled_from(["pass", "take", "put"]), max_size=200), st.integers(0, 65535))
def test_in_order_every_number_follows_the_one_before(deeds: list[str], first: int) -> None:
    splice = Splice(0)
    out = [splice.follow(first)]
    sequence = first
    for deed in deeds:
        if deed == "put":
            out.append(splice.put_in())
            continue
        sequence = sequence + 1 & 0xFFFF
        if deed == "take":
            splice.take_out(sequence)
        else:
            out.append(splice.follow(sequence))
    assert out == [first + at & 0xFFFF for at in range(len(out))]
