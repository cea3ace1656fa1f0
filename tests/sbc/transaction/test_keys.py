"""RFC 3261 §17.1.3, §17.2.3, §18.2.2 and RFC 3581 §4."""

import pytest

from sbc.actions import Flow
from sbc.sip.via import Via
from sbc.transaction.keys import client_key, merge_key, response_flow, server_key, stateless_tag
from tests.support.transactions import ALICE, ALICE_TCP, request, response


def test_a_request_matches_by_branch_sent_by_and_method() -> None:
    key = server_key(request(), "INVITE", "access")
    assert server_key(request(cseq=2, from_tag="x"), "INVITE", "access") == key
    assert server_key(request(branch="z9hG4bKb"), "INVITE", "access") != key
    assert server_key(request(sent_by="192.0.2.1:5062"), "INVITE", "access") != key
    assert server_key(request("BYE"), "BYE", "access") != key


def test_an_ack_has_the_key_of_its_invite() -> None:
    assert server_key(request("ACK"), "INVITE", "access") == server_key(
        request(), "INVITE", "access"
    )


def test_another_interface_is_another_world() -> None:
    assert server_key(request(), "INVITE", "core") != server_key(request(), "INVITE", "access")


def test_branch_and_host_are_compared_without_case() -> None:
    assert server_key(request(branch="Z9HG4BKA", sent_by="PBX.example:5060"), "BYE", "i") == (
        server_key(request(branch="z9hG4bKa", sent_by="pbx.example"), "BYE", "i")
    )


@pytest.mark.parametrize("branch", [None, "1", "z9hG4bK"])
def test_without_a_unique_branch_the_rules_of_rfc_2543_hold(branch: str | None) -> None:
    key = server_key(request(branch=branch), "INVITE", "i")
    assert server_key(request(branch=branch), "INVITE", "i") == key
    for other in (
        request(branch=branch, cseq=2),
        request(branch=branch, call_id="other"),
        request(branch=branch, from_tag="other"),
        request(branch=branch, sent_by="192.0.2.9"),
    ):
        assert server_key(other, "INVITE", "i") != key


def test_an_old_ack_matches_its_invite_whatever_its_to_tag() -> None:
    invite, ack = request(branch=None), request("ACK", branch=None, to_tag="ours")
    assert server_key(ack, "INVITE", "i") == server_key(invite, "INVITE", "i")


def test_a_response_matches_by_branch_method_and_our_sent_by() -> None:
    invite = request()
    assert client_key(response(invite, 200), "INVITE") == client_key(invite, "INVITE")
    assert client_key(request(sent_by="192.0.2.9"), "INVITE") != client_key(invite, "INVITE")
    assert client_key(request("CANCEL"), "CANCEL") != client_key(invite, "INVITE")


def test_a_response_without_a_branch_is_not_ours() -> None:
    assert client_key(request(branch=None), "INVITE") is None


def test_the_keys_of_a_client_and_a_server_never_meet() -> None:
    assert client_key(request(), "INVITE") != server_key(request(), "INVITE", "access")


def test_merged_requests_share_from_tag_call_id_and_cseq() -> None:
    key = merge_key(request(branch="z9hG4bK1"), "i")
    assert merge_key(request(branch="z9hG4bK2"), "i") == key
    assert merge_key(request(cseq=2), "i") != key
    assert merge_key(request(from_tag="x"), "i") != key
    assert merge_key(request(call_id="x"), "i") != key
    assert merge_key(request("MESSAGE"), "i") != key


def test_a_request_inside_a_dialog_is_never_merged() -> None:
    assert merge_key(request(to_tag="bob"), "i") is None


@pytest.mark.parametrize(
    ("via", "port"),
    [
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport", 40_000),  # RFC 3581: to the source
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa", 5070),  # §18.2.2: to the sent-by port
        ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa", 5070),  # §18.2.2: at the received address
        ("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa", 5060),
        ("SIP/2.0/UDP 192.0.2.1:40000;branch=z9hG4bKa", 40_000),
        ("SIP/2.0/UDP 192.0.2.1:5070;maddr=203.0.113.9;branch=z9hG4bKa", 5070),
    ],
)
def test_where_a_response_goes_over_udp(via: str, port: int) -> None:
    flow = Flow("access", "udp", ("192.0.2.1", 40_000))
    assert response_flow(Via.parse(via), flow) == Flow("access", "udp", ("192.0.2.1", port))


def test_over_tcp_a_response_goes_back_on_the_connection() -> None:
    via = Via.parse("SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bKa")
    assert response_flow(via, ALICE_TCP) is ALICE_TCP


def test_a_stateless_tag_is_the_same_for_the_same_request() -> None:
    key = server_key(request(), "INVITE", ALICE.interface)
    assert stateless_tag(key) == stateless_tag(key)
    assert stateless_tag(key) != stateless_tag((*key, ""))
    assert len(stateless_tag(("\udcff",))) == 16
