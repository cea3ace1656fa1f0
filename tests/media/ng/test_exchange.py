"""Offers and answers against the relay's core."""

from typing import Any

import pytest

from media.control import Failed, Query, SessionReport
from media.ng.settings import Settings
from tests.support.ng import (
    CALLED,
    CALLER,
    PRIVATE,
    PUBLIC,
    PUBLIC6,
    NgWorld,
    described,
    lines,
    sdp,
)


def test_a_call_is_offered_and_answered_with_ports_of_both_sides() -> None:
    world = NgWorld()
    offer = described(world.offer(direction=["pub", "priv"]))
    answer = described(world.answer(direction=["pub", "priv"]))
    assert offer.media[0].connection_ip == PRIVATE
    assert answer.media[0].connection_ip == PUBLIC
    assert set(world.engine.ports) == {
        ("pub/IP4", answer.media[0].port),
        ("priv/IP4", offer.media[0].port),
    }


def test_a_new_offer_keeps_ports_whoever_makes_it() -> None:
    world = NgWorld()
    near, far = world.call()
    again = described(world.offer(to_tag="b")).media[0].port
    assert again == far
    assert described(world.answer()).media[0].port == near
    swapped = {"from_tag": "b", "to_tag": "a"}
    assert described(world.offer(sdp(CALLED), **swapped)).media[0].port == near
    assert described(world.answer(sdp(CALLER), **swapped)).media[0].port == far


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "no description"},
        {"body": sdp(CALLER).replace("192.0.2.10", "host.example")},
        {"direction": ["pub", "nix"]},
        {"direction": ["priv", "pub"], "address_family": "IP6", "from_interface": "nix"},
        {"direction": ["pub", "priv"], "address_family": "IP6"},
    ],
)
def test_an_offer_that_fails_leaves_no_call_behind(changes: dict[str, str]) -> None:
    world = NgWorld()
    reply = world.offer(**changes)
    assert reply["result"] == "error"
    assert set(reply) == {"result", "error-reason"}
    assert (world.ask("list")["calls"], len(world.relay), world.engine.ports) == ([], 0, {})


def test_an_unknown_interface_is_an_error_and_never_another_zone() -> None:
    world = NgWorld()
    assert world.offer(direction=["pub", "nix"])["error-reason"] == "Unknown interface 'nix'"


def test_ports_that_are_used_up_are_told_in_the_words_that_kamailio_compares() -> None:
    world = NgWorld(ports=(30000, 30003))
    world.call()
    reply = world.offer(call_id="d")
    assert reply == {"result": "error", "error-reason": "Ran out of ports"}
    assert world.ask("list")["calls"] == ["c"]
    assert len(world.relay) == 1


def test_each_end_has_an_address_of_its_family() -> None:
    world = NgWorld()
    six = described(world.offer(address_family="IP6"))
    assert six.media[0].connection_ip == PUBLIC6
    answer = described(world.answer(sdp(("2001:db8::99", 6000))))
    assert answer.media[0].connection_ip == PUBLIC


def test_an_advertised_address_is_told_and_the_other_one_bound() -> None:
    world = NgWorld(places=("10.0.0.1!198.51.100.7",))
    offer = world.offer(replace=["origin"])
    assert "o=- 1 1 IN IP4 198.51.100.7" in lines(offer)
    assert "c=IN IP4 198.51.100.7" in lines(offer)
    assert world.core.calls.of("c")[0].a.interface == "default"


def test_an_answer_to_no_offer_is_refused() -> None:
    world = NgWorld()
    assert world.answer()["error-reason"] == "Unknown call-id"
    world.offer()
    assert world.answer(from_tag="x")["error-reason"] == "Unknown call-id"


def test_an_answer_that_cannot_be_read_leaves_the_call_as_it_was() -> None:
    world = NgWorld()
    world.offer()
    assert world.answer("garbage")["error-reason"] == "Failed to parse SDP"
    assert world.answer(sdp(CALLED).replace("audio", "video"))["result"] == "error"
    assert not world.core.calls.of("c")[0].answered
    assert world.answer()["result"] == "ok"


def test_a_line_that_the_answer_refuses_gives_its_ports_back() -> None:
    world = NgWorld()
    two = sdp(CALLER, "m=video 4002 RTP/AVP 97", "a=rtpmap:97 VP8/90000")
    world.offer(two)
    assert len(world.engine.ports) == 4
    world.answer(sdp(CALLED, "m=video 0 RTP/AVP 97"))
    assert len(world.engine.ports) == 2
    world.offer(two, to_tag="b")
    assert len(world.engine.ports) == 4


def test_a_line_added_by_a_new_offer_does_not_end_before_its_answer() -> None:
    world = NgWorld()
    world.call()
    two = sdp(CALLER, "m=video 4002 RTP/AVP 97", "a=rtpmap:97 VP8/90000")
    world.offer(two, to_tag="b")
    answer = described(world.answer(sdp(CALLED, "m=video 6002 RTP/AVP 97")))
    assert all(line.port for line in answer.media)


def test_each_branch_has_ports_of_its_own() -> None:
    world = NgWorld()
    one = described(world.offer(via_branch="1")).media[0].port
    two = described(world.offer(via_branch="2")).media[0].port
    assert one != two
    assert described(world.offer(via_branch="1")).media[0].port == one
    first = described(world.answer(to_tag="x", via_branch="1")).media[0].port
    second = described(world.answer(to_tag="y", via_branch="2")).media[0].port
    assert first != second
    assert world.ask("list")["calls"] == ["c"]


def test_after_a_final_answer_the_tag_stays() -> None:
    world = NgWorld()
    world.offer()
    world.answer(to_tag="early", sip_code=183)
    world.answer(to_tag="b", sip_code=200)
    world.answer(to_tag="other", sip_code=200)
    assert world.core.calls.of("c")[0].b.tag == "b"


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        ({}, "192.0.2.10"),
        ({"received_from": ["IP4", "198.51.100.1"]}, "192.0.2.10"),
        (
            {"received_from": ["IP4", "198.51.100.1"], "flags": ["SIP-source-address"]},
            "198.51.100.1",
        ),
        (
            {
                "received_from": ["IP4", "198.51.100.1"],
                "flags": ["SIP-source-address"],
                "media_address": "198.51.100.2",
            },
            "198.51.100.2",
        ),
    ],
)
def test_where_an_end_is_can_be_said_in_three_ways(keys: dict[str, Any], address: str) -> None:
    world = NgWorld(Settings(learning="off", delete_delay=0.0))
    world.offer(**keys)
    world.answer()
    (talk,) = world.core.calls.of("c")
    report = world.ask_relay(Query(talk.session), world.now)
    assert isinstance(report, SessionReport)
    assert report.streams[0].a.expected == (address, 4000)


def test_a_relay_that_refuses_is_an_error() -> None:
    world = NgWorld()
    world.core._exchange._ask = lambda *_: Failed("", "bad_command", "")
    assert world.offer()["error-reason"] == "Relay failed"
