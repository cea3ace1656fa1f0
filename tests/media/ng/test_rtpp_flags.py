from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ng import rtpp_flags
from media.ng.keys import Keys
from media.ng.rtpp_flags import BadFlags


def read(text: str) -> Keys:
    keys = Keys()
    rtpp_flags.add(text, keys)
    return keys


def test_words_are_flags_and_pairs_are_keys() -> None:
    keys = read("replace-origin ICE=remove  trust-address\tvia-branch=z9hG4bK--1..2 delete-delay=7")
    assert keys.lower("replace") == {"origin"}
    assert keys.lower("flags") == {"trust-address"}
    assert keys.text("ice") == "remove"
    assert keys.text("via-branch") == "z9hG4bK=1 2"
    assert keys.number("delete-delay") == 7


@pytest.mark.parametrize(
    ("text", "protocol"),
    [
        ("RTP/AVP", "RTP/AVP"),
        ("rtp/savpf", "RTP/SAVPF"),
        ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVPF"),
        ("RTP AVPF", "RTP/AVPF"),
        ("SRTP AVP", "RTP/SAVP"),
        ("DTLS AVPF", "UDP/TLS/RTP/SAVPF"),
    ],
)
def test_protocols_are_said_whole_or_in_parts(text: str, protocol: str) -> None:
    assert read(text).text("transport-protocol") == protocol


def test_interfaces_are_named_twice_or_by_their_old_names() -> None:
    assert read("direction=pub direction=priv").several("direction") == ("pub", "priv")
    assert read("external internal").several("direction") == ("external", "internal")


def test_lists_stand_in_brackets_and_may_be_nested() -> None:
    keys = read("replace=[origin session-connection] codec=[strip=[EVS opus/48000/2] offer=PCMA]")
    assert keys.several("replace") == ("origin", "session-connection")
    assert keys.several("codec-strip") == ("EVS", "opus/48000/2")
    assert keys.several("codec-offer") == ("PCMA",)


def test_it_adds_to_what_was_said_and_overrides_nothing() -> None:
    keys = Keys()
    keys.add("ICE", "force")
    keys.add("flags", ["asymmetric"])
    rtpp_flags.add("ICE=remove strict-source", keys)
    assert keys.text("ice") == "force"
    assert keys.lower("flags") == {"asymmetric", "strict-source"}


@pytest.mark.parametrize("text", ["a=[b", "a=]", "]", "a=[b]c", "x" * 20_000, "a=[" * 5000])
def test_brackets_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(BadFlags):
        read(text)


@given(st.text(alphabet="ab=[]-. /\t", max_size=60))
def test_random_text_is_read_or_refused(text: str) -> None:
    with suppress(BadFlags):
        read(text)
