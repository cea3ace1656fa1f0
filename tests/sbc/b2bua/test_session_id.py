"""Session-ID between two legs: RFC 7989 §5 to §7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.control import Side
from sbc.b2bua.session_id import NULL, SessionId, local_half
from sbc.tokens import Tokens

ALICE, BOB, CAROL = "a" * 32, "b" * 32, "c" * 32
UUIDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("value", "half"),
    [
        (ALICE, ALICE),
        (f"  {ALICE}\t", ALICE),
        (f"{ALICE};remote={BOB}", ALICE),
        (f"{ALICE} ; remote = {BOB} ", ALICE),
        (f"{ALICE};remote={NULL}", ALICE),
        (f"{ALICE};logme", ALICE),  # RFC 8497
        (f"{ALICE};remote={BOB};logme", ALICE),
        (f"{ALICE};remote=nonsense", ALICE),
        (None, None),
        ("", None),
        (NULL, None),
        (f"{NULL};remote={BOB}", None),
        (ALICE.upper(), None),  # §5: lower case alone
        (ALICE[:-1], None),
        (f"{ALICE}a", None),
        (f"{ALICE},{BOB}", None),
        (f"{ALICE} {BOB}", None),
        (f"remote={BOB};{ALICE}", None),
        ("٣" * 32, None),  # digits, but none of the grammar
        ("g" * 32, None),
    ],
)
def test_the_local_half_is_that_of_the_sender(value: str | None, half: str | None) -> None:
    assert local_half(value) == half


def test_a_field_of_any_length_is_looked_at_only_so_far() -> None:
    assert local_half(f"{ALICE};{'x' * (511 - 33)}") == ALICE
    assert local_half(f"{ALICE};{'x' * (512 - 33)}") is None


@given(st.text(max_size=600) | st.from_regex(r"[0-9a-f ]{30,34}(;remote=[0-9a-f]{32})?;?.{0,20}"))
def test_whatever_comes_a_half_is_32_hexadecimal_digits_or_none(value: str) -> None:
    half = local_half(value)
    assert half is None or (len(half) == 32 and set(half) <= set("0123456789abcdef"))
    assert half != NULL


def test_each_side_hears_the_half_of_the_other_as_local() -> None:
    pair = SessionId(ALICE, BOB)
    assert pair.towards_b() == f"{ALICE};remote={BOB}"
    assert pair.towards_a() == f"{BOB};remote={ALICE}"


def test_the_called_half_is_null_until_it_speaks() -> None:
    assert SessionId(ALICE).towards_b() == f"{ALICE};remote=00000000000000000000000000000000"


@given(UUIDS, UUIDS)
def test_what_we_send_reads_back_as_the_half_of_the_other_side(a: str, b: str) -> None:
    pair = SessionId(a, b)
    assert local_half(pair.towards_b()) == (a if a != NULL else None)
    assert local_half(pair.towards_a()) == (b if b != NULL else None)


@pytest.mark.parametrize(
    ("side", "after"), [("a", SessionId(CAROL, BOB)), ("b", SessionId(ALICE, CAROL))]
)
def test_an_end_may_take_another_identifier(side: Side, after: SessionId) -> None:
    assert SessionId(ALICE, BOB).heard(side, f"{CAROL};remote={ALICE}") == after


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("value", [NULL, "nonsense", ""])
def test_what_is_no_identifier_changes_nothing(side: Side, value: str) -> None:
    pair = SessionId(ALICE, BOB)
    assert pair.heard(side, value) is pair


@pytest.mark.parametrize(("side", "own"), [("a", ALICE), ("b", BOB)])
def test_the_same_identifier_again_makes_no_new_value(side: Side, own: str) -> None:
    pair = SessionId(ALICE, BOB)
    assert pair.heard(side, own) is pair


def test_an_end_may_take_the_identifier_that_the_other_has() -> None:
    assert SessionId(ALICE, BOB).heard("a", BOB) == SessionId(BOB, BOB)


def test_a_called_side_without_an_identifier_is_given_one() -> None:
    complete = SessionId(ALICE).complete(Tokens(b"seed"))
    assert complete.a == ALICE
    assert local_half(complete.b) == complete.b


def test_a_called_side_with_an_identifier_keeps_it() -> None:
    pair = SessionId(ALICE, BOB)
    assert pair.complete(Tokens(b"seed")) is pair
