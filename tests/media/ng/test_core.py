"""Whole commands on a relay core, in virtual time."""

import pytest

from media.ng.settings import Settings
from media.ng.timing import QUIET, UNANSWERED
from tests.support.ng import CALLED, CALLER, NgWorld, described, sdp
from tests.support.rtp_streams import rtp

NO_MATCH = "Call-ID not found or tags didn't match"


def media(number: int = 0) -> bytes:
    return rtp(number, 160 * number, 8)


def test_ping_is_answered() -> None:
    assert NgWorld().ask("ping") == {"result": "pong"}


def test_a_call_is_listed_asked_for_and_deleted() -> None:
    world = NgWorld()
    world.call()
    assert world.ask("list")["calls"] == ["c"]
    assert world.ask("list", limit=0)["calls"] == []
    assert set(world.ask("query", call_id="c")["tags"]) == {"a", "b"}
    deleted = world.ask("delete", call_id="c", from_tag="a")
    assert set(deleted["tags"]) == {"a", "b"}
    assert (world.ask("list")["calls"], len(world.relay), world.engine.ports) == ([], 0, {})
    assert world.ask("query", call_id="c")["error-reason"] == "Unknown call-id"


def test_a_delete_that_fits_nothing_warns_or_fails() -> None:
    world = NgWorld()
    world.call()
    assert world.ask("delete", call_id="x") == {"result": "ok", "warning": NO_MATCH}
    assert world.ask("delete", call_id="c", from_tag="x")["warning"] == NO_MATCH
    assert world.ask("delete", call_id="x", flags=["fatal"])["error-reason"] == NO_MATCH
    assert world.ask("delete", call_id="c", flags=["fast"]) == {"result": "ok"}


def test_a_deleted_call_goes_on_for_its_delay_and_an_offer_revives_it() -> None:
    world = NgWorld(Settings(delete_delay=30.0))
    near, _ = world.call()
    world.ask("delete", call_id="c")
    world.wait(29.0)
    assert world.arrive(near, media(), CALLER)
    assert described(world.offer(to_tag="b")).media[0].port
    world.answer()
    world.wait(10.0)
    assert world.ask("list")["calls"] == ["c"]
    world.ask("delete", call_id="c", delete_delay=2)
    world.wait(2.0)
    assert (world.ask("list")["calls"], len(world.relay)) == ([], 0)


def test_an_offer_that_is_never_answered_is_given_up() -> None:
    world = NgWorld()
    world.offer()
    world.wait(UNANSWERED - 1)
    assert world.ask("list")["calls"] == ["c"]
    world.wait(1)
    assert (world.ask("list")["calls"], len(world.relay)) == ([], 0)
    totals = world.ask("statistics")["statistics"]["totalstatistics"]
    assert totals["offertimeoutsessions"] == 1


def test_a_call_without_any_packet_is_given_up_after_its_time() -> None:
    world = NgWorld(Settings(silence=60.0))
    world.call()
    world.wait(59.0)
    assert world.ask("list")["calls"] == ["c"]
    world.wait(2.0)
    assert (world.ask("list")["calls"], len(world.relay)) == ([], 0)
    totals = world.ask("statistics")["statistics"]["totalstatistics"]
    assert totals["timeoutsessions"] == 1


def test_a_call_on_hold_has_more_time_and_ends_when_nothing_comes() -> None:
    world = NgWorld()
    near, _ = world.call()
    world.arrive(near, media(), CALLER)
    world.offer(sdp(CALLER, "a=inactive"), to_tag="b")
    world.answer(sdp(CALLED, "a=inactive"))
    world.wait(2 * QUIET - 10)
    assert world.ask("list")["calls"] == ["c"]
    world.wait(20)
    assert world.ask("list")["calls"] == []


def test_media_crosses_both_ways_and_stops_with_a_hold() -> None:
    world = NgWorld()
    near, far = world.call()
    (there,) = world.arrive(near, media(), CALLER)
    (back,) = world.arrive(far, media(), CALLED)
    assert (there.local, there.to) == (("pub/IP4", far), CALLED)
    assert (back.local, back.to) == (("pub/IP4", near), CALLER)
    world.offer(sdp(CALLER, "a=sendonly"), to_tag="b")
    world.answer(sdp(CALLED, "a=recvonly"))
    assert world.arrive(near, media(1), CALLER)
    assert not world.arrive(far, media(1), CALLED)


def test_before_its_answer_a_call_lets_nothing_through() -> None:
    world = NgWorld()
    far = described(world.offer()).media[0].port
    assert not world.arrive(far, media(), CALLED)


@pytest.mark.parametrize(
    ("names", "near_crosses", "far_crosses"),
    [
        ({}, False, False),
        ({"from_tag": "a", "flags": ["directional"]}, False, True),
        ({"label": "bob"}, True, False),
        ({"address": CALLER[0]}, False, True),
    ],
)
def test_media_may_be_blocked_of_one_party_or_of_all(
    names: dict[str, object], near_crosses: bool, far_crosses: bool
) -> None:
    world = NgWorld()
    near, far = world.call()
    world.answer(label="bob")
    for command in ("block media", "silence media"):
        assert world.ask(command, call_id="c", **names)["result"] == "ok"
        assert bool(world.arrive(near, media(), CALLER)) is near_crosses
        assert bool(world.arrive(far, media(), CALLED)) is far_crosses
        world.offer(to_tag="b")
        world.answer()
        assert bool(world.arrive(near, media(), CALLER)) is near_crosses
        assert world.ask(f"un{command}", call_id="c", **names)["result"] == "ok"
        assert world.arrive(near, media(), CALLER)
        assert world.arrive(far, media(), CALLED)


def test_what_cannot_be_blocked_is_an_error() -> None:
    world = NgWorld()
    assert world.ask("block media", call_id="c")["error-reason"] == "Unknown call-ID"
    world.call()
    assert world.ask("block DTMF", call_id="c")["result"] == "error"


def test_beyond_the_limit_only_calls_that_are_known_are_taken() -> None:
    world = NgWorld(Settings(most_calls=1))
    world.call()
    refused = world.offer(call_id="d")
    assert refused == {"result": "error", "error-reason": "Parallel session limit reached"}
    told = world.offer(call_id="d", supports=["load limit"])
    assert told == {"result": "load limit", "message": "Parallel session limit reached"}
    assert world.offer(to_tag="b")["result"] == "ok"
    totals = world.ask("statistics")["statistics"]["totalstatistics"]
    assert (totals["managedsessions"], totals["rejectedsessions"]) == (1, 2)


def test_after_a_fault_of_ours_one_call_is_given_up_and_no_other() -> None:
    world = NgWorld()
    world.call()
    world.offer(call_id="d")
    world.core.discard("d", world.now)
    world.core.discard("nobody", world.now)
    assert world.ask("list")["calls"] == ["c"]
    assert len(world.relay) == 1


def test_statistics_count_what_was_asked_and_what_crossed() -> None:
    world = NgWorld()
    near, _ = world.call()
    world.arrive(near, media(), CALLER)
    world.ask("dance")
    assert world.ask("delete", call_id="c")["result"] == "ok"
    told = world.ask("statistics")["statistics"]
    assert told["totalstatistics"]["relayedpackets"] == 1
    assert told["totalstatistics"]["regularterminatedsessions"] == 1
    (proxy,) = told["controlstatistics"]["proxies"]
    counts = [proxy[f"{name}count"] for name in ("offer", "answer", "delete", "error")]
    assert counts == [1, 1, 1, 1]
