"""Client transactions with real messages: RFC 3261 §8.1.3, §9.1, §17.1, §18.1.2."""

import pytest

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request
from sbc.timers import Timers
from sbc.transaction.clients import Clients
from sbc.transaction.events import Failed, Key, ResponseReceived, StraySuccess
from sbc.transaction.table import On, Timer
from tests.support.transactions import (
    BOB,
    BOB_TCP,
    events,
    methods,
    only,
    read_request,
    read_response,
    request,
    response,
    sent,
)


def clients() -> Clients:
    return Clients(Timers())


def begun(asked: Request, flow: Flow = BOB) -> tuple[Clients, Key]:
    all_clients = clients()
    key, _ = all_clients.send(asked, flow, 0.0)
    return all_clients, key


def test_a_request_goes_out_as_it_is() -> None:
    invite = request()
    _, outputs = clients().send(invite, BOB, 0.0)
    assert outputs == [Transmit(invite.encode(), BOB)]


@pytest.mark.parametrize("branch", [None, "z9hG4bKa"])
def test_a_branch_of_ours_is_there_and_used_once(branch: str | None) -> None:
    all_clients, _ = begun(request())
    with pytest.raises(ValueError, match="branch"):
        all_clients.send(request(branch=branch), BOB, 0.0)


def test_a_response_comes_with_the_key_and_the_flow_it_came_on() -> None:
    invite = request()
    all_clients, key = begun(invite)
    ringing = response(invite, 180)
    other_source = Flow("core", "udp", ("198.51.100.99", 5080))
    assert all_clients.receive(ringing, other_source, 0.1) == [
        ResponseReceived(key, ringing, other_source)
    ]


def test_a_100_is_kept_from_the_tu() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    assert all_clients.receive(response(invite, 100), BOB, 0.1) == []


def test_a_failure_is_acked_on_the_flow_of_the_invite() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    other_source = Flow("core", "udp", ("198.51.100.99", 5080))
    outputs = all_clients.receive(response(invite, 503), other_source, 0.1)
    assert only(Transmit, outputs).flow == BOB
    assert methods(outputs) == ["ACK"]
    assert only(ResponseReceived, outputs).response.status == 503


def test_a_repeated_failure_gets_the_very_same_ack() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    first = all_clients.receive(response(invite, 486), BOB, 0.1)
    second = all_clients.receive(response(invite, 486), BOB, 0.6)
    assert second == [only(Transmit, first)]


def test_each_2xx_is_passed_up_repeated_or_forked() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    for tag in ("one", "one", "two"):
        outputs = all_clients.receive(response(invite, 200, tag=tag), BOB, 0.1)
        assert only(ResponseReceived, outputs).response.headers.to.tag == tag


def test_a_2xx_after_a_failure_is_a_stray_success() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    all_clients.receive(response(invite, 486), BOB, 0.1)
    late = response(invite, 200)
    assert all_clients.receive(late, BOB, 0.2) == [StraySuccess(late, BOB)]


def test_a_2xx_without_a_transaction_is_a_stray_success() -> None:
    invite = request()
    all_clients, key = begun(invite, BOB_TCP)
    all_clients.on_event(key, On.TRANSPORT_ERROR, 0.1)
    late = response(invite, 200)
    assert all_clients.receive(late, BOB_TCP, 90.0) == [StraySuccess(late, BOB_TCP)]


def test_a_2xx_with_a_sent_by_that_was_never_ours_is_dropped() -> None:
    all_clients, _ = begun(request())
    foreign = response(request(sent_by="203.0.113.1"), 200)
    assert all_clients.receive(foreign, BOB, 0.1) == []
    assert all_clients.strays == 1


@pytest.mark.parametrize(
    ("method", "status"), [("INVITE", 180), ("INVITE", 486), ("BYE", 200), ("BYE", 481)]
)
def test_any_other_stray_response_is_dropped(method: str, status: int) -> None:
    all_clients, _ = begun(request())
    stray = response(request(method, branch="z9hG4bKunknown"), status)
    assert all_clients.receive(stray, BOB, 0.1) == []
    assert all_clients.strays == 1


def test_a_response_on_another_interface_is_dropped() -> None:
    invite = request()
    all_clients, _ = begun(invite)
    elsewhere = Flow("access", BOB.transport, BOB.remote)
    assert all_clients.receive(response(invite, 200), elsewhere, 0.1) == []
    assert all_clients.strays == 1


def test_a_response_without_a_branch_is_dropped() -> None:
    all_clients, _ = begun(request())
    assert all_clients.receive(response(request(branch=None), 180), BOB, 0.1) == []


@pytest.mark.parametrize("join", [b"\r\nVia: ", b", "])
def test_a_response_with_a_second_via_is_dropped(join: bytes) -> None:
    invite = request(params="")
    all_clients, _ = begun(invite)
    data = response(invite, 200).encode()
    data = data.replace(b"\r\nFrom", join + b"SIP/2.0/UDP 203.0.113.1\r\nFrom", 1)
    assert all_clients.receive(read_response(data), BOB, 0.1) == []
    assert all_clients.strays == 1


def test_a_comma_inside_quotes_makes_no_second_via() -> None:
    invite = request(params=';note="a, b"')
    all_clients, _ = begun(invite)
    assert events(all_clients.receive(response(invite, 180), BOB, 0.1))


def test_a_cancel_goes_where_the_invite_went_once_a_provisional_came() -> None:
    invite = request()
    all_clients, key = begun(invite)
    assert all_clients.cancel(key, [("Reason", "SIP;cause=487")], 0.1) == []
    outputs = all_clients.receive(response(invite, 180), BOB, 0.2)
    cancel = read_request(only(Transmit, outputs).data)
    assert cancel.method == "CANCEL"
    assert cancel.headers.get("reason") == "SIP;cause=487"
    assert only(Transmit, outputs).flow == BOB
    assert only(ResponseReceived, outputs).response.status == 180


def test_a_100_too_lets_the_cancel_go() -> None:
    invite = request()
    all_clients, key = begun(invite)
    all_clients.cancel(key, (), 0.1)
    assert methods(all_clients.receive(response(invite, 100), BOB, 0.2)) == ["CANCEL"]


@pytest.mark.parametrize("status", [180, 200, 481])
def test_the_answer_to_a_cancel_is_kept_from_the_tu(status: int) -> None:
    invite = request()
    all_clients, key = begun(invite)
    all_clients.receive(response(invite, 180), BOB, 0.1)
    cancel = read_request(only(Transmit, all_clients.cancel(key, (), 0.2)).data)
    assert all_clients.receive(response(cancel, status), BOB, 0.3) == []


def test_the_487_after_a_cancel_is_passed_up() -> None:
    invite = request()
    all_clients, key = begun(invite)
    all_clients.receive(response(invite, 180), BOB, 0.1)
    all_clients.cancel(key, (), 0.2)
    outputs = all_clients.receive(response(invite, 487), BOB, 0.3)
    assert only(ResponseReceived, outputs).response.status == 487
    assert methods(outputs) == ["ACK"]


@pytest.mark.parametrize("status", [200, 486])
def test_nothing_is_cancelled_after_the_final_response(status: int) -> None:
    invite = request()
    all_clients, key = begun(invite)
    all_clients.receive(response(invite, status), BOB, 0.1)
    assert all_clients.cancel(key, (), 0.2) == []


def test_only_an_invite_can_be_cancelled() -> None:
    all_clients, key = begun(request("MESSAGE"))
    assert all_clients.cancel(key, (), 0.1) == []
    assert all_clients.cancel(("client", "unknown"), (), 0.1) == []


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_failed_transport_fails_every_transaction_on_the_flow(method: str) -> None:
    all_clients = clients()
    one, _ = all_clients.send(request(method), BOB_TCP, 0.0)
    two, _ = all_clients.send(request(method, branch="z9hG4bKb"), BOB_TCP, 0.0)
    all_clients.send(request(method, branch="z9hG4bKc"), BOB, 0.0)
    assert all_clients.transport_failed(BOB_TCP, 0.1) == [
        Failed(one, "transport"),
        Failed(two, "transport"),
    ]
    assert len(all_clients) == 1


def test_a_cancel_that_fails_is_nobodys_concern() -> None:
    invite = request()
    all_clients, key = begun(invite, BOB_TCP)
    all_clients.receive(response(invite, 180), BOB_TCP, 0.1)
    all_clients.cancel(key, (), 0.2)
    assert all_clients.transport_failed(BOB_TCP, 0.3) == [Failed(key, "transport")]
    assert len(all_clients) == 0


def test_an_event_for_a_transaction_that_is_over_is_absorbed() -> None:
    assert clients().on_event(("client", "gone"), On.TRANSPORT_ERROR, 0.0) == []


def test_what_is_sent_again_is_what_was_sent() -> None:
    invite = request()
    all_clients, key = begun(invite)
    invite.headers.set("subject", "changed by a careless TU")
    again = all_clients.on_event(key, Timer.A, 0.5)
    assert [each.headers.get("subject") for each in sent(again)] == [None]
