"""The view agrees with what sdp-transform reads, where that reads right."""

import json
from typing import Any

import pytest
import sdp_transform

from media.sdp.anchor import anchored
from media.sdp.json_view import to_json
from media.sdp.origin import Origin
from media.sdp.session import parse
from tests.support.descriptions import SAMPLES, sdp

AUDIO = "m=audio 4000 RTP/AVP 96 0"
OURS = Origin(7, 3, "192.0.2.1")


def view(*lines: str) -> dict[str, Any]:
    return to_json(parse(sdp(*lines)))


def theirs(body: bytes) -> Any:
    return sdp_transform.parse(body.decode())


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_we_send_is_read_alike_by_another_reader(body: bytes) -> None:
    session = anchored(parse(body), OURS, {0: 30000, 1: 30002})
    expected = theirs(session.encode())
    for media in expected["media"]:
        media.pop("invalid", None)
    mine = to_json(parse(session.encode()))
    for media in mine["media"]:
        media.pop("other", None)
    assert mine == expected


@pytest.mark.parametrize("body", SAMPLES.values(), ids=SAMPLES.keys())
def test_what_peers_send_is_read_alike_in_what_both_know(body: bytes) -> None:
    mine, expected = to_json(parse(body)), theirs(body)
    assert mine["origin"] == expected["origin"]
    for own, other in zip(mine["media"], expected["media"], strict=True):
        known = own.keys() & other.keys()
        assert known >= {"type", "port", "protocol", "payloads", "rtp", "fmtp"}
        assert {name: own[name] for name in known} == {name: other[name] for name in known}


def test_the_text_fields_have_their_names() -> None:
    shown = view(
        "i=a call", "u=http://example.com/", "e=a@example.com", "p=+1 617", AUDIO, "i=main"
    )
    assert shown["name"] == "-"
    assert shown["description"] == "a call"
    assert shown["uri"] == "http://example.com/"
    assert shown["email"] == "a@example.com"
    assert shown["phone"] == "+1 617"
    assert shown["timing"] == {"start": 0, "stop": 0}
    assert shown["media"][0]["description"] == "main"


def test_numbers_are_numbers_and_words_stay_words() -> None:
    lines = ("a=ptime:20", "a=framerate:15.5", "a=maxptime:1e5", "a=content:" + "9" * 16)
    media = view(AUDIO, *lines)["media"][0]
    assert (media["ptime"], media["framerate"]) == (20, 15.5)
    assert (media["maxptime"], media["content"]) == ("1e5", "9" * 16)


def test_a_range_of_ports_is_shown() -> None:
    assert view("m=audio 4000/2 RTP/AVP 0")["media"][0]["numPorts"] == 2


def test_the_direction_that_counts_is_shown() -> None:
    shown = view("a=recvonly", AUDIO, "a=sendonly", "a=inactive")
    assert shown["direction"] == "recvonly"
    assert shown["media"][0]["direction"] == "sendonly"


def test_rtcp_is_shown_with_and_without_its_address() -> None:
    first, second = view(AUDIO, "a=rtcp:9", "a=rtcp-mux", AUDIO, "a=rtcp:9 IN IP4 10.0.0.8")[
        "media"
    ]
    assert first["rtcp"] == {"port": 9}
    assert first["rtcpMux"] == "rtcp-mux"
    assert second["rtcp"] == {"port": 9, "netType": "IN", "ipVer": 4, "address": "10.0.0.8"}


def test_what_it_does_not_know_is_shown_as_it_stands() -> None:
    unknown = ["a=x-y:z", "a=flag", "b=AS:x", "t=now", "r=1", "a=rtpmap:96 opus", "a=rtcp:x"]
    assert view(AUDIO, *unknown)["media"][0]["other"] == unknown


def test_keys_and_passwords_are_hidden() -> None:
    lines = (
        "k=clear:SECRET",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRET",
        "a=ice-pwd:SECRET",
    )
    shown = view(AUDIO, *lines)
    assert "SECRET" not in json.dumps(shown)
    assert shown["media"][0]["other"] == ["k=(hidden)", "a=crypto:(hidden)", "a=ice-pwd:(hidden)"]


def test_bytes_that_are_no_text_are_shown_so_that_json_stays_readable() -> None:
    shown = view(AUDIO, "a=x:\udcff", "a=fmtp:0 \udcfe", "a=rtcp-fb:\udcfd nack \udcfc")
    assert json.loads(json.dumps(shown, ensure_ascii=False).encode()) == shown


def test_a_connection_with_more_than_an_address_is_shown_whole() -> None:
    assert view(AUDIO, "c=IN IP4 239.0.0.1/127")["media"][0]["connection"] == {
        "version": 4,
        "ip": "239.0.0.1/127",
    }
