import pytest

from media.ng.bencode import Read
from media.ng.keys import normalised, one_spelling


@pytest.mark.parametrize(
    "spelling", ["address family", "address-family", "Address Family", "address_family"]
)
def test_a_key_has_one_spelling(spelling: str) -> None:
    assert one_spelling(spelling) == "address-family"
    assert normalised({spelling: "IP6"}).text("address-family") == "IP6"


def test_numbers_come_as_integers_or_as_digits() -> None:
    assert normalised({"delete delay": 5}).number("delete-delay") == 5
    assert normalised({"delete-delay": " 5 "}).number("delete-delay") == 5
    assert normalised({"delete-delay": "soon"}).number("delete-delay") is None
    assert normalised({"delete-delay": "9" * 5000}).number("delete-delay") is None


def test_a_list_may_come_as_one_string() -> None:
    values: list[Read] = [["origin", "session-connection"], "origin, session-connection"]
    for value in values:
        assert normalised({"replace": value}).lower("replace") == {"origin", "session-connection"}


@pytest.mark.parametrize(
    ("flag", "key", "word"),
    [
        ("codec-strip-PCMU", "codec-strip", "PCMU"),
        ("codec-except-opus/48000/2", "codec-except", "opus/48000/2"),
        ("transcode-PCMA", "codec-transcode", "PCMA"),
        ("replace-origin", "replace", "origin"),
        ("SDES-off", "sdes", "off"),
        ("rtcp-mux-demux", "rtcp-mux", "demux"),
        ("rtcp mux accept", "rtcp-mux", "accept"),
        ("OSRTP-offer", "osrtp", "offer"),
    ],
)
def test_a_flag_may_stand_for_a_word_of_a_key(flag: str, key: str, word: str) -> None:
    keys = normalised({"flags": [flag]})
    assert keys.several(key) == (word,)
    assert not keys.several("flags")


def test_flags_are_plain_words_in_lower_case() -> None:
    keys = normalised({"flags": ["Strict-Source", "media handover", "generate_mid"]})
    assert keys.lower("flags") == {"strict-source", "media-handover", "generate-mid"}
    assert normalised({"flags": ["endpoint-learning-off"]}).text("endpoint-learning") == "off"


def test_codecs_are_a_dictionary_of_lists() -> None:
    keys = normalised({"codec": {"strip": ["all"], "offer": "PCMA,PCMU", "set": {"no": "list"}}})
    assert keys.several("codec-strip") == ("all",)
    assert keys.several("codec-offer") == ("PCMA", "PCMU")


def test_values_of_a_shape_that_nobody_sends_are_passed_over() -> None:
    keys = normalised({"call-id": {"a": "b"}, "replace": [["x"], {"y": "z"}, 3], "sdp": ["v=0"]})
    assert keys.text("call-id") is None
    assert keys.text("sdp") is None
    assert keys.several("replace") == ("3",)


def test_the_number_of_words_is_bounded() -> None:
    assert len(normalised({"replace": ["x"] * 10_000}).several("replace")) == 256
