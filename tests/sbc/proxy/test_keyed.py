"""RFC 3261 §16.6: what we wrote is known again, and nothing else is."""

import pytest

from sbc.proxy.keyed import Keyed, Mode, Passage

KEYED = Keyed(b"secret")


@pytest.mark.parametrize("mode", ["proxy", "stateless"])
@pytest.mark.parametrize("path", [False, True])
def test_a_cookie_says_again_what_it_was_made_of(mode: Mode, path: bool) -> None:
    passage = Passage(mode, "carrier-a", "pbx", path)
    assert KEYED.passage(KEYED.cookie(passage, "c@h"), "c@h") == passage


def test_that_of_a_dialog_is_good_for_its_call_id_only_and_that_of_a_path_for_each() -> None:
    dialog, path = Passage("proxy", "a", "b"), Passage("proxy", "a", "b", path=True)
    assert KEYED.passage(KEYED.cookie(dialog, "one"), "two") is None
    assert KEYED.passage(KEYED.cookie(path, "one"), "two") == path


@pytest.mark.parametrize(
    "forged", ["", "~", "~~~", "d~a~b", "d~a~b~", "x~a~b~00", "d~a~b~" + "0" * 20, "d~a~\udcff~1"]
)
def test_what_is_not_a_cookie_of_ours_is_none(forged: str) -> None:
    assert KEYED.passage(forged, "c") is None


def test_each_part_of_a_cookie_is_proved() -> None:
    cookie = KEYED.cookie(Passage("proxy", "a", "b"), "c")
    for changed in (
        cookie.replace("d~", "s~"),
        cookie.replace("d~", "p~"),
        cookie.replace("~a~", "~x~"),
        cookie.replace("~b~", "~x~"),
        cookie[:-1],
    ):
        assert KEYED.passage(changed, "c") is None
    assert Keyed(b"another").passage(cookie, "c") is None


def test_where_one_part_ends_and_the_next_begins_makes_a_difference() -> None:
    assert KEYED.digest("ab", "c") != KEYED.digest("a", "bc")
    assert KEYED.fits(KEYED.digest("a", "b"), "a", "b")
    assert not KEYED.fits("", "a", "b")


def test_a_long_key_is_used_whole() -> None:
    assert Keyed(b"x" * 100 + b"1").digest("a") != Keyed(b"x" * 100 + b"2").digest("a")
