"""Server transactions with real messages: RFC 3261 §8.2, §9.2, §17.2, §18.2; RFC 4320."""

from typing import Any

import pytest

from sbc.actions import Flow, Transmit
from sbc.sip.message import build_response
from sbc.timers import Timers
from sbc.transaction.events import AckReceived, Cancelled, RequestReceived
from sbc.transaction.servers import RETRY_AFTER, Servers
from sbc.transaction.table import On, Timer
from tests.support.transactions import (
    ALICE,
    ALICE_TCP,
    BOB,
    ack,
    events,
    only,
    read_response,
    request,
    statuses,
)


def servers(most: int = 100) -> Servers:
    return Servers(Timers(), most)


def test_an_invite_is_answered_100_at_once_and_passed_up() -> None:
    invite = request()
    outputs = servers().receive(invite, ALICE, 0.0)
    assert statuses(outputs) == [100]
    assert only(RequestReceived, outputs).request is invite
    assert only(RequestReceived, outputs).flow == ALICE


def test_any_other_request_is_passed_up_without_a_100() -> None:
    asked = request("OPTIONS")
    outputs = servers().receive(asked, ALICE, 0.0)
    assert only(RequestReceived, outputs).request is asked
    assert len(outputs) == 1


def test_the_via_gets_the_source_before_it_is_passed_up() -> None:
    flow = Flow("access", "udp", ("203.0.113.7", 1024))
    outputs = servers().receive(request(), flow, 0.0)
    via = only(RequestReceived, outputs).request.headers.via
    assert (via.received, via.rport) == ("203.0.113.7", 1024)


def test_a_via_that_is_right_and_asks_for_nothing_is_left_alone() -> None:
    invite = request(params="")
    before = invite.encode()
    servers().receive(invite, ALICE, 0.0)
    assert invite.encode() == before


def test_responses_go_to_the_sent_by_port_when_no_rport_was_asked() -> None:
    flow = Flow("access", "udp", ("192.0.2.1", 1024))
    outputs = servers().receive(request(params=""), flow, 0.0)
    assert only(Transmit, outputs).flow == ALICE


def test_a_repeated_invite_gets_the_last_response_again_and_is_not_passed_up() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    ringing = tx.respond(key, build_response(request(), 180, to_tag="bob"), 0.1)
    assert tx.receive(request(), ALICE, 0.6) == ringing


def test_a_repeat_from_elsewhere_is_answered_where_the_first_came_from() -> None:
    tx = servers()
    tx.receive(request(), ALICE, 0.0)
    elsewhere = Flow("access", "udp", ("203.0.113.66", 6666))
    assert only(Transmit, tx.receive(request(), elsewhere, 0.5)).flow == ALICE


def test_an_ack_for_a_failure_is_absorbed() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    tx.respond(key, build_response(request(), 486, to_tag="bob"), 0.1)
    assert tx.receive(ack(request()), ALICE, 0.2) == []
    assert len(tx) == 1


def test_an_ack_for_a_failure_over_tcp_ends_the_transaction() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE_TCP, 0.0)).key
    tx.respond(key, build_response(request(), 486, to_tag="bob"), 0.1)
    tx.receive(ack(request()), ALICE_TCP, 0.2)
    assert len(tx) == 0


def test_an_ack_for_a_2xx_is_passed_up() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    tx.respond(key, build_response(request(), 200, to_tag="bob"), 0.1)
    own_branch = ack(request(), branch="z9hG4bKack")
    assert tx.receive(own_branch, ALICE, 0.2) == [AckReceived(own_branch, ALICE)]
    same_branch = ack(request())
    assert tx.receive(same_branch, ALICE, 0.3) == [AckReceived(same_branch, ALICE)]


def test_an_ack_storm_leaves_no_state() -> None:
    tx = servers()
    for number in range(200):
        stray = ack(request(), branch=f"z9hG4bK{number}")
        assert tx.receive(stray, ALICE, 0.0) == [AckReceived(stray, ALICE)]
    assert len(tx) == 0


def test_an_old_client_without_branches_is_served_too() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(branch=None), ALICE, 0.0)).key
    assert statuses(tx.receive(request(branch=None), ALICE, 0.5)) == [100]
    tx.respond(key, build_response(request(branch=None), 486, to_tag="bob"), 0.6)
    assert statuses(tx.receive(request(branch=None), ALICE, 0.7)) == [486]
    assert tx.receive(request("ACK", branch=None, to_tag="bob"), ALICE, 0.8) == []
    assert tx.receive(request(branch=None), ALICE, 0.9) == []


def test_a_cancel_is_answered_200_and_reported() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    outputs = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert statuses(outputs) == [200]
    assert events(outputs) == [Cancelled(key)]


def test_a_repeated_cancel_gets_the_same_answer_and_is_not_reported_again() -> None:
    tx = servers()
    tx.receive(request(), ALICE, 0.0)
    first = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert tx.receive(request("CANCEL"), ALICE, 1.5) == [only(Transmit, first)]


def test_the_answer_to_a_cancel_has_the_to_tag_of_the_invites_responses() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    tx.respond(key, build_response(request(), 180, to_tag="ringing"), 0.1)
    outputs = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert read_response(only(Transmit, outputs).data).headers.to.tag == "ringing"


def test_the_answer_to_a_cancel_has_a_to_tag_before_any_response_had_one() -> None:
    tx = servers()
    tx.receive(request(), ALICE, 0.0)
    outputs = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert read_response(only(Transmit, outputs).data).headers.to.tag


@pytest.mark.parametrize("status", [200, 486])
def test_a_cancel_after_the_final_response_is_answered_200_and_changes_nothing(
    status: int,
) -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    tx.respond(key, build_response(request(), status, to_tag="bob"), 0.1)
    outputs = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert statuses(outputs) == [200]
    assert events(outputs) == []


def test_a_cancel_that_matches_nothing_is_answered_481() -> None:
    tx = servers()
    assert statuses(tx.receive(request("CANCEL"), ALICE, 0.0)) == [481]
    assert len(tx) == 0


def test_a_cancel_from_another_zone_matches_nothing() -> None:
    tx = servers()
    tx.receive(request(), ALICE, 0.0)
    outputs = tx.receive(request("CANCEL"), BOB, 1.0)
    assert statuses(outputs) == [481]
    assert events(outputs) == []


@pytest.mark.parametrize("other", [{"call_id": "x"}, {"from_tag": "x"}, {"cseq": 2}])
def test_a_cancel_that_only_knows_the_branch_matches_nothing(other: dict[str, Any]) -> None:
    tx = servers()
    tx.receive(request(), ALICE, 0.0)
    outputs = tx.receive(request("CANCEL", **other), ALICE, 1.0)
    assert statuses(outputs) == [481]
    assert events(outputs) == []


def test_a_merged_request_is_answered_482() -> None:
    tx = servers()
    tx.receive(request(branch="z9hG4bK1"), ALICE, 0.0)
    outputs = tx.receive(request(branch="z9hG4bK2"), ALICE, 0.1)
    assert statuses(outputs) == [482]
    assert events(outputs) == []
    assert (len(tx), tx.merged) == (1, 1)


def test_when_the_first_copy_is_over_the_next_is_a_request_of_its_own() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request("MESSAGE"), ALICE_TCP, 0.0)).key
    tx.respond(key, build_response(request("MESSAGE"), 200, to_tag="bob"), 0.1)
    assert events(tx.receive(request("MESSAGE", branch="z9hG4bK2"), ALICE_TCP, 0.2))


def test_above_the_limit_new_requests_are_answered_503_without_state() -> None:
    tx = servers(most=4)
    for number in range(4):
        tx.receive(request(branch=f"z9hG4bK{number}", call_id=str(number)), ALICE, 0.0)
    outputs = tx.receive(request(branch="z9hG4bKx", call_id="x"), ALICE, 0.0)
    assert statuses(outputs) == [503]
    refusal = read_response(only(Transmit, outputs).data)
    assert refusal.headers.get("retry-after") == str(RETRY_AFTER)
    assert (len(tx), tx.refused) == (4, 1)


def test_above_the_limit_there_is_still_room_for_a_bye() -> None:
    tx = servers(most=4)
    for number in range(4):
        tx.receive(request(branch=f"z9hG4bK{number}", call_id=str(number)), ALICE, 0.0)
    bye = request("BYE", branch="z9hG4bKbye", to_tag="bob")
    assert events(tx.receive(bye, ALICE, 0.0))
    more = request("BYE", branch="z9hG4bKmore", to_tag="bob")
    assert statuses(tx.receive(more, ALICE, 0.0)) == [503]


def test_a_flood_of_distinct_branches_stays_within_the_limit() -> None:
    timers = Timers()
    tx = Servers(timers, most=10)
    for number in range(500):
        tx.receive(request(branch=f"z9hG4bK{number}", call_id=str(number)), ALICE, 0.0)
        tx.receive(request("BYE", branch=f"z9hG4bK{number}b", to_tag="x"), ALICE, 0.0)
    assert len(tx) <= 12
    assert len(timers) <= 24


def test_answers_are_kept_within_so_many_bytes() -> None:
    tx = Servers(Timers(), most=10_000, most_bytes=50_000)
    long = "a" * 5000
    keys = []
    for number in range(100):
        asked = request(branch=f"z9hG4bK{number}", call_id=str(number), from_tag=long)
        outputs = tx.receive(asked, ALICE, 0.0)
        keys += [output.key for output in outputs if isinstance(output, RequestReceived)]
    assert len(keys) == 10
    bye = request("BYE", branch="z9hG4bKbye", to_tag="bob")
    assert events(tx.receive(bye, ALICE, 0.0))
    for number, key in enumerate(keys):
        asked = request(call_id=str(number), from_tag=long)
        tx.respond(key, build_response(asked, 486, to_tag="bob"), 0.0)
        tx.on_event(key, Timer.H, 32.0)
    assert events(tx.receive(request(branch="z9hG4bKnew", from_tag=long), ALICE, 33.0))


def test_the_ack_for_a_refusal_without_state_is_absorbed() -> None:
    tx = servers(most=0)
    outputs = tx.receive(request(), ALICE, 0.0)
    tag = read_response(only(Transmit, outputs).data).headers.to.tag
    assert tx.receive(ack(request(), to_tag=tag or ""), ALICE, 0.1) == []


def test_a_refused_request_leaves_nothing_and_its_repeat_gets_the_same_answer() -> None:
    tx = servers()
    first = tx.refuse(request(), ALICE, 403, [("Warning", '399 sbc "no"')])
    assert statuses(first) == [403]
    assert tx.refuse(request(), ALICE, 403, [("Warning", '399 sbc "no"')]) == first
    tag = read_response(only(Transmit, first).data).headers.to.tag
    assert tx.receive(ack(request(), to_tag=tag or ""), ALICE, 0.1) == []
    assert len(tx) == 0


def test_a_refused_cancel_has_the_tag_of_its_refused_invite() -> None:
    tx = servers()
    tags = [
        read_response(only(Transmit, tx.refuse(each, ALICE, 403, ())).data).headers.to.tag
        for each in (request(), request("CANCEL"))
    ]
    assert tags[0] == tags[1]


def test_an_ack_is_never_refused() -> None:
    assert servers().refuse(ack(request()), ALICE, 403, ()) == []


def test_a_request_whose_via_cannot_be_read_is_not_answered() -> None:
    broken = request()
    broken.headers.set("via", "nonsense")
    assert servers().refuse(broken, ALICE, 400, ()) == []


def test_a_non_invite_request_waits_3_5_seconds_for_its_100() -> None:
    timers = Timers()
    tx = Servers(timers, 100)
    key = only(RequestReceived, tx.receive(request("MESSAGE"), ALICE, 0.0)).key
    assert timers.next() == 3.5
    assert statuses(tx.on_event(key, Timer.STILL_TRYING, 3.5)) == [100]


@pytest.mark.parametrize("status", [100, 180, 183])
def test_the_tu_cannot_send_a_provisional_to_a_non_invite_request(status: int) -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request("MESSAGE"), ALICE, 0.0)).key
    assert tx.respond(key, build_response(request("MESSAGE"), status, to_tag="b"), 0.1) == []


def test_a_408_is_never_sent_to_a_non_invite_request() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request("MESSAGE"), ALICE, 0.0)).key
    assert tx.respond(key, build_response(request("MESSAGE"), 408, to_tag="b"), 0.1) == []
    assert tx.receive(request("MESSAGE"), ALICE, 0.2) == []
    assert len(tx) == 1


def test_after_the_time_for_an_answer_the_late_100_is_not_repeated() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request("MESSAGE"), ALICE, 0.0)).key
    assert statuses(tx.on_event(key, Timer.STILL_TRYING, 3.5)) == [100]
    tx.respond(key, build_response(request("MESSAGE"), 408, to_tag="b"), 32.0)
    assert tx.receive(request("MESSAGE"), ALICE, 32.1) == []


def test_a_request_inside_a_dialog_ends_like_any_other() -> None:
    tx = servers()
    bye = request("BYE", to_tag="bob")
    key = only(RequestReceived, tx.receive(bye, ALICE_TCP, 0.0)).key
    assert statuses(tx.respond(key, build_response(bye, 200), 0.1)) == [200]
    assert len(tx) == 0


def test_a_408_is_sent_to_an_invite() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    assert statuses(tx.respond(key, build_response(request(), 408, to_tag="b"), 0.1)) == [408]


def test_each_2xx_that_the_tu_repeats_is_sent() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    ok = build_response(request(), 200, to_tag="bob")
    assert tx.respond(key, ok, 0.1) == tx.respond(key, ok, 0.6) != []


def test_a_response_to_nothing_is_dropped() -> None:
    answer = build_response(request(), 200, to_tag="bob")
    assert servers().respond(("server", "unknown"), answer, 0.0) == []


def test_an_event_for_a_transaction_that_is_over_is_absorbed() -> None:
    assert servers().on_event(("server", "gone"), On.TRANSPORT_ERROR, 0.0) == []


def test_a_failed_transport_ends_only_non_invite_transactions() -> None:
    tx = servers()
    tx.receive(request(), ALICE_TCP, 0.0)
    tx.receive(request("MESSAGE"), ALICE_TCP, 0.0)
    assert tx.transport_failed(ALICE_TCP, 0.1) == []
    assert len(tx) == 1


def test_the_tag_is_found_in_a_response_of_any_size() -> None:
    tx = servers()
    key = only(RequestReceived, tx.receive(request(), ALICE, 0.0)).key
    big = build_response(request(), 180, fields=[("X", "y" * 40_000)] * 2, to_tag="bob")
    tx.respond(key, big, 0.1)
    outputs = tx.receive(request("CANCEL"), ALICE, 1.0)
    assert read_response(only(Transmit, outputs).data).headers.to.tag == "bob"
