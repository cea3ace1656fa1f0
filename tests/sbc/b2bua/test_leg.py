"""Where a leg sends: by the dialog's own rules, or back where a phone behind a NAT was heard."""

from dataclasses import replace

import pytest

from config.effective import terms_of
from sbc.actions import Flow
from sbc.b2bua.leg import owed
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import config
from tests.support.ends import called, calling, hang_up, inviting, up
from tests.support.messages import ANSWER, answer, invite

TERMS = terms_of(config())["carrier"]
TCP = Flow("wan", "tcp", ("192.0.2.1", 49152))
NAT = Flow("wan", "udp", ("192.0.2.1", 61000))


def bye_goes_to(contact: str, flow: Flow) -> tuple[str, int]:
    """Where a BYE is sent to a caller that names `contact` and is heard from `flow`."""
    border = Border()
    request = invite().replace(b"Contact: <sip:200@192.0.2.1:5060>", f"Contact: {contact}".encode())
    border.receive(request, flow)
    asked = border.request(CALLEE, "INVITE")
    callee = called(border, asked)
    callee.answers(asked, 200, body=ANSWER)
    caller = calling(border, border.response(flow, 200), flow)
    caller.ack()
    callee.got("ACK")
    callee.ask("BYE")
    (sent,) = [
        to
        for to, message in border.out
        if to.interface == "wan" and isinstance(message, Request) and message.method == "BYE"
    ]
    return sent.remote


@pytest.mark.parametrize(
    ("contact", "flow", "goes_to"),
    [
        ("<sip:200@192.0.2.1:5060>", CALLER, ("192.0.2.1", 5060)),
        ("<sip:200@192.168.1.5:5060>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@10.1.2.3:5060>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@192.0.2.1:5062>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@8.8.8.8:5070>", CALLER, ("8.8.8.8", 5070)),
        ("<sip:200@phone.example>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@224.0.0.1>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@0.0.0.0>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@[2001:4860::1]>", NAT, ("192.0.2.1", 61000)),
    ],
)
def test_a_request_goes_where_the_peer_can_be_reached(
    contact: str, flow: Flow, goes_to: tuple[str, int]
) -> None:
    assert bye_goes_to(contact, flow) == goes_to


def test_a_trusted_peer_is_reached_where_it_says() -> None:
    border = Border()
    request, _ = inviting(border)
    contact = "<sip:bob@10.20.0.99:5070>"
    border.receive(answer(request, 200, body=ANSWER, contact=contact), CALLEE)
    assert border.heard(Flow("lan", "udp", ("10.20.0.99", 5070))) == ["ACK"]


def test_a_phone_that_did_not_ask_for_its_source_port_is_reached_where_it_says() -> None:
    border = Border()
    border.receive(invite().replace(b";rport", b"").replace(b"1:5060>", b"1:5062>"), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    callee.ask("BYE")
    calling(border, border.response(CALLER, 200)).ack()
    assert border.heard(Flow("wan", "udp", ("192.0.2.1", 5062))) == ["BYE"]


def test_a_request_goes_by_the_first_of_the_route() -> None:
    border = Border()
    request, callee = inviting(border)
    routes = [f"Record-Route: <sip:{host};lr>" for host in ("10.20.0.51:5070", "10.20.0.52")]
    callee.answers(request, 200, *routes, body=ANSWER)
    assert border.heard(Flow("lan", "udp", ("10.20.0.52", 5060))) == ["ACK"]


def test_a_connection_is_used_again_whatever_the_contact_says() -> None:
    assert bye_goes_to("<sip:200@8.8.8.8:5070>", TCP) == TCP.remote


def test_the_peer_is_answered_where_it_was_heard_last() -> None:
    border = Border()
    request = invite().replace(b"Contact: <sip:200@192.0.2.1", b"Contact: <sip:200@192.168.1.5")
    border.receive(request, NAT)
    asked = border.request(CALLEE, "INVITE")
    callee = called(border, asked)
    callee.answers(asked, 200, body=ANSWER)
    caller = calling(border, border.response(NAT, 200), NAT)
    caller.ack()
    moved = replace(NAT, remote=("192.0.2.1", 62000))
    caller.ask("OPTIONS", max_forwards=0, flow=moved)
    caller.ask("OPTIONS", max_forwards=0, flow=replace(moved, transport="tcp"))
    callee.ask("BYE")
    assert border.heard(moved) == ["483", "BYE"]


def test_each_end_hears_the_session_identifier_of_the_other() -> None:
    border = Border()
    alice, bob, carol = "a" * 32, "b" * 32, "c" * 32
    request, callee = inviting(border, f"Session-ID: {alice}")
    assert request.headers.get("session-id") == f"{alice};remote={'0' * 32}"
    callee.answers(request, 200, f"Session-ID: {bob};remote={alice}", body=ANSWER)
    ok = border.response(CALLER, 200)
    assert ok.headers.get("session-id") == f"{bob};remote={alice}"
    caller = calling(border, ok)
    caller.ack()
    assert callee.got("ACK").headers.get("session-id") == f"{alice};remote={bob}"
    callee.ask("OPTIONS", f"Session-ID: {carol};remote={alice}")
    assert caller.got("OPTIONS").headers.get("session-id") == f"{carol};remote={alice}"


def test_every_message_of_either_leg_is_in_the_ladder_and_every_answer_names_its_agent() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 486)
    assert border.response(CALLER, 486).headers.get("server") == "SBC"
    (record,) = border.records
    ended = border.core.call(str(record["uid"]), border.now)
    assert ended is not None
    ladder = ended["trace"]
    assert isinstance(ladder, list)
    assert [(each["leg"], each["direction"], each["line"]) for each in ladder] == [
        ("a", "in", "INVITE"),
        ("b", "out", "INVITE"),
        ("b", "in", "486 Busy Here"),
        ("a", "out", "486 Busy Here"),
    ]


def test_a_call_that_rings_shows_the_dialog_that_rang_last() -> None:
    border = Border()
    request, callee = inviting(border)
    tags = []
    for tag in ("one", "two"):
        border.receive(answer(request, 180, tag=tag), CALLEE)
        (call,) = border.core.calls(border.now)
        tags.append(call["legs"]["b"]["remote_tag"])  # type: ignore[index]
    assert tags == ["one", "two"]
    assert callee.inbox() == []


def test_when_the_caller_has_ended_its_last_early_dialog_the_call_is_over() -> None:
    border = Border()
    request, _ = inviting(border)
    ends = []
    for tag in ("one", "two"):
        border.receive(answer(request, 180, tag=tag), CALLEE)
        ends.append(calling(border, border.response(CALLER, 180)))
    ends[0].ask("BYE")
    assert ends[0].inbox() == ["200"]
    ends[1].ask("BYE", cseq=3)
    assert sorted(ends[1].inbox()) == ["200", "487"]


def test_byes_that_cross_end_the_dialog_once() -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask("BYE")
    ours = caller.got("BYE")
    caller.ask("BYE")
    caller.heard(200)
    caller.answers(ours, 200)
    assert [record["ended_by"] for record in border.records] == ["callee"]
    assert border.over()


def test_the_agent_of_a_peer_is_in_the_record_and_nowhere_else() -> None:
    border = Border()
    caller, callee = up(border, "User-Agent: Phone/1.0 (secret build)")
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)
    (record,) = border.records
    assert record["legs"]["a"]["user_agent"] == "Phone/1.0 (secret build)"  # type: ignore[index]
    assert "secret build" not in border.texts(CALLEE)


def test_its_name_is_cut_and_kept_from_the_first_message_that_has_one() -> None:
    border = Border()
    caller, callee = up(border, f"Server: {'x' * 63}yz")
    caller.ask("OPTIONS", "User-Agent: Another/2")
    hang_up(caller, callee)
    (record,) = border.records
    assert record["legs"]["a"]["user_agent"] == "x" * 63 + "y"  # type: ignore[index]
    assert record["legs"]["b"]["user_agent"] is None  # type: ignore[index]


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (405, {"Allow": "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, "
                        "REFER, NOTIFY, SUBSCRIBE, PUBLISH"}),
        (415, {"Accept": TERMS.accept}),
        (420, {}),
        (200, {}),
    ],
)  # fmt: skip
def test_some_answers_owe_a_field(status: int, fields: dict[str, str]) -> None:
    assert dict(owed(status, TERMS)) == fields


def test_a_contact_is_short_however_long_the_way_behind_it() -> None:
    border = Border()
    routes = [f"Record-Route: <sip:proxy{number}.inside.example;lr>" for number in range(20)]
    request, callee = inviting(border)
    callee.answers(request, 200, *routes, body=ANSWER)
    ok = border.response(CALLER, 200)
    assert len(ok.headers.get("contact") or "") <= 100
    assert not ok.headers.has("record-route")
    assert "inside.example" not in border.texts(CALLER)
