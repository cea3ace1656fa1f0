"""S16: a stateful proxy beside the B2BUA (RFC 3261 §16), by route: what crosses, and what never."""

import pytest

from sbc.actions import Flow
from sbc.sip.address import NameAddr
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.messages import ANSWER, OFFER, answer, invite
from tests.support.proxies import SECOND, proxy, recorded, register, within

OTHER = Flow("lan", "udp", ("10.20.0.12", 5060))
STRANGER = Flow("wan", "udp", ("198.51.100.66", 5060))


@pytest.fixture
def border() -> Border:
    return Border(proxy())


def invited(border: Border, *extra: str) -> Request:
    border.receive(invite(*extra), CALLER)
    return border.request(CALLEE, "INVITE")


def test_a_request_is_sent_on_as_it_is_but_for_what_a_proxy_must_change(border: Border) -> None:
    request = invited(border, "X-Whatever: kept")
    headers = request.headers
    assert request.uri == "sip:100@10.20.0.11"
    assert headers.max_forwards == 69
    assert headers.get("x-whatever") == "kept"
    assert headers.call_id == "abc@192.0.2.1"
    assert headers.get("contact") == "<sip:200@192.0.2.1:5060>"
    assert headers.get("max-breadth") == "60"
    assert request.body.decode() == OFFER
    own, below = headers.vias
    assert (own.host, own.port) == ("10.20.0.5", 5060)
    assert (below.host, below.received, below.rport) == ("192.0.2.1", "192.0.2.1", 5060)
    assert not border.commands, "media is not anchored"


def test_each_side_is_shown_the_socket_that_it_can_reach(border: Border) -> None:
    """RFC 5658 §3.2: recorded twice."""
    first, second = (NameAddr.parse(each).uri for each in recorded(border))
    assert first.startswith("sip:10.20.0.5:5060;lr;sbc=")
    assert second.startswith("sip:203.0.113.10:5060;lr;sbc=")


def test_responses_lose_our_via_and_go_back_by_the_next(border: Border) -> None:
    request = invited(border)
    border.receive(answer(request, 180, reason="Ringing at the desk"), CALLEE)
    ringing = border.response(CALLER, 180)
    assert ringing.reason == "Ringing at the desk"
    assert [via.host for via in ringing.headers.vias] == ["192.0.2.1"]
    border.receive(answer(request, 200, body=ANSWER), CALLEE)
    ok = border.response(CALLER, 200)
    assert ok.body.decode() == ANSWER
    assert ok.headers.get("contact") == "<sip:bob@10.20.0.11:5060>"
    border.receive(answer(request, 200, body=ANSWER), CALLEE)  # it did not see an ACK yet
    assert border.heard(CALLER) == ["200"]
    border.perform(border.core.drain(border.now))  # a call up would last four hours
    assert border.over()


def test_requests_of_the_dialog_follow_the_recorded_route_both_ways(border: Border) -> None:
    request = invited(border)
    routes = request.headers.record_route
    border.receive(answer(request, 200, body=ANSWER), CALLEE)
    border.take(CALLER)
    border.receive(within("ACK", routes[::-1], cseq=1, branch="z9hG4bKack"), CALLER)
    ack = border.request(CALLEE, "ACK")
    assert (ack.uri, ack.headers.route) == ("sip:bob@10.20.0.11:5060", [])
    bye = within("BYE", routes, uri="sip:200@192.0.2.1:5060", host="10.20.0.11")
    border.receive(bye, CALLEE)
    ended = border.request(CALLER, "BYE")
    assert ended.uri == "sip:200@192.0.2.1:5060"
    assert [via.host for via in ended.headers.vias] == ["203.0.113.10", "10.20.0.11"]
    border.receive(answer(ended, 200), CALLER)
    border.response(CALLEE, 200)
    assert border.over()


def test_a_strict_router_before_us_is_understood(border: Border) -> None:
    """§16.4: our URI came as the Request-URI, and where it shall go as the last Route."""
    routes = [NameAddr.parse(each).uri for each in recorded(border)]
    far = "<sip:bob@10.20.0.11:5060>"
    border.receive(within("BYE", [f"<{routes[0]}>", far], uri=routes[1]), CALLER)
    bye = border.request(CALLEE, "BYE")
    assert (bye.uri, bye.headers.route) == ("sip:bob@10.20.0.11:5060", [])


@pytest.mark.parametrize(
    "uri",
    [
        "sip:admin@10.20.0.99:5060",  # in the zone, and of no trunk
        "sip:admin@127.0.0.1:8080",
        "sip:admin@192.0.2.7",  # of the trunk that asks itself
        "sip:admin@[::1]",
        "tel:+4969",
    ],
)
def test_a_true_route_leads_to_the_other_trunk_and_to_no_other_host(
    border: Border, uri: str
) -> None:
    routes = recorded(border)[::-1]
    border.out.clear()
    border.receive(within("BYE", routes, uri=uri), CALLER)
    assert border.heard(CALLER) == ["403"]
    assert not border.out


def test_a_route_that_we_did_not_write_leads_nowhere(border: Border) -> None:
    routes = recorded(border)[::-1]
    border.out.clear()
    forged = [each.replace("sbc=d~carrier~pbx", "sbc=d~carrier~carrier") for each in routes]
    border.receive(within("BYE", forged, branch="z9hG4bK1"), CALLER)
    border.receive(within("BYE", routes, call_id="another", branch="z9hG4bK2"), CALLER)
    border.receive(within("BYE", ["<sip:203.0.113.10;lr;sbc=x>"], branch="z9hG4bK3"), CALLER)
    assert border.heard(CALLER) == ["403", "403", "403"]
    assert not border.out
    border.receive(within("BYE", routes, branch="z9hG4bK4"), STRANGER)
    assert not border.out, "who is of no trunk gets no word"


def test_a_route_to_somewhere_else_is_not_obeyed(border: Border) -> None:
    border.receive(invite("Route: <sip:10.20.0.99;lr>"), CALLER)
    assert border.heard(CALLER) == ["403"]
    assert not border.out


def test_a_route_that_only_names_us_is_taken_off(border: Border) -> None:
    assert invited(border, "Route: <sip:203.0.113.10;lr>").headers.route == []


def test_a_dialog_without_our_route_is_unknown(border: Border) -> None:
    border.receive(within("BYE", []), CALLER)
    assert border.heard(CALLER) == ["481"]


def test_a_cancel_follows_its_invite(border: Border) -> None:
    request = invited(border)
    border.receive(answer(request, 180), CALLEE)
    border.take(CALLER)
    cancel = invite(body="").replace(b"1 INVITE", b"1 CANCEL").replace(b"INVITE sip", b"CANCEL sip")
    border.receive(cancel, CALLER)
    assert border.heard(CALLER) == ["200"]
    sent = border.request(CALLEE, "CANCEL")
    assert sent.headers.via.branch == request.headers.via.branch
    border.receive(answer(sent, 200), CALLEE)
    border.receive(answer(request, 487), CALLEE)
    assert border.heard(CALLEE) == ["ACK"]
    assert border.heard(CALLER) == ["487"]
    assert border.over()


def test_targets_are_tried_one_after_the_other_and_the_best_answer_goes_back() -> None:
    """§16.7 step 6; a 503 would say that we are overloaded, and becomes a 500."""
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    first = border.request(CALLEE, "INVITE")
    border.receive(answer(first, 404), CALLEE)
    second = border.request(OTHER, "INVITE")
    assert second.headers.via.branch != first.headers.via.branch
    assert second.uri == "sip:100@10.20.0.12"
    assert len(second.headers.record_route) == len(second.headers.vias) == 2
    border.receive(answer(second, 503), OTHER)
    assert border.heard(CALLER) == ["404"]
    assert border.over()


def test_a_503_alone_goes_back_as_500(border: Border) -> None:
    border.receive(answer(invited(border), 503), CALLEE)
    assert border.heard(CALLER) == ["500"]


def test_a_6xx_ends_the_search() -> None:
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    border.receive(answer(border.request(CALLEE, "INVITE"), 603), CALLEE)
    assert border.heard(CALLER) == ["603"]
    assert border.heard(OTHER) == []


def test_who_does_not_answer_is_left_for_the_next_and_a_late_answer_harms_nothing() -> None:
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    first = border.request(CALLEE, "INVITE")
    border.wait(33)
    second = border.take(OTHER)[0]
    assert isinstance(second, Request)
    border.receive(answer(first, 200, body=ANSWER), CALLEE)
    border.receive(answer(second, 200, body=ANSWER), OTHER)
    assert border.heard(CALLER) == ["200"]
    border.perform(border.core.drain(border.now))
    assert border.over()


def test_ringing_without_end_is_cancelled_by_timer_c(border: Border) -> None:
    """§16.8; each provisional answer begins it anew."""
    request = invited(border)
    border.receive(answer(request, 180), CALLEE)
    border.wait(170)
    border.receive(answer(request, 180), CALLEE)
    border.wait(170)
    assert "CANCEL" not in border.heard(CALLEE)
    border.wait(11)
    assert "CANCEL" in border.heard(CALLEE)
    border.receive(answer(request, 487), CALLEE)
    assert border.heard(CALLER)[-1] == "487"
    assert border.over()


def test_nobody_answers_at_all(border: Border) -> None:
    border.receive(invite(), CALLER)
    border.wait(33)
    assert set(border.heard(CALLER)) == {"408"}
    assert border.over()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"Max-Forwards: 70", b"Max-Forwards: 0"), "483"),
        ((b"Max-Forwards: 70", b"Max-Forwards: 70\r\nMax-Breadth: 0"), "440"),
        ((b"Max-Forwards: 70", b"Max-Forwards: 70\r\nProxy-Require: magic"), "420"),
    ],
)
def test_what_a_proxy_refuses_itself_leaves_nothing(
    border: Border, change: tuple[bytes, bytes], status: str
) -> None:
    """§16.3, RFC 5393 §5.3.3; refused without a transaction."""
    border.receive(invite().replace(*change), CALLER)
    assert border.heard(CALLER) == [status]
    assert not any(border.core.left_over().values())


def test_a_register_gets_a_path_and_calls_come_back_along_it(border: Border) -> None:
    """RFC 3327."""
    border.receive(register(), CALLER)
    request = border.request(CALLEE, "REGISTER")
    path = request.headers.elements("path")
    assert [NameAddr.parse(each).uri.partition(";")[0] for each in path] == [
        "sip:10.20.0.5:5060",
        "sip:203.0.113.10:5060",
    ]
    assert not request.headers.has("record-route")
    border.receive(answer(request, 200, f"Path: {', '.join(path)}"), CALLEE)
    border.response(CALLER, 200)
    call = invite(f"Route: {', '.join(path)}", call_id="back@10.20.0.11").replace(
        b"INVITE sip:100@203.0.113.10", b"INVITE sip:200@192.0.2.1:5060"
    )
    border.receive(call, CALLEE)
    came = border.request(CALLER, "INVITE")
    assert (came.uri, came.headers.route) == ("sip:200@192.0.2.1:5060", [])
    assert len(came.headers.record_route) == 2
    border.receive(call.replace(b"z9hG4bKfirst", b"z9hG4bKother"), CALLER)
    assert border.heard(CALLER) == ["403"], "a Path leads one way only"


@pytest.mark.parametrize("method", ["MESSAGE", "SUBSCRIBE"])
def test_methods_of_both_zones_pass(method: str) -> None:
    listed = "trust: trusted, methods: [INVITE, ACK, MESSAGE, SUBSCRIBE]"
    border = Border(proxy().replace("trust: trusted", listed))
    asked = invite("Event: presence", body="").replace(b"INVITE", method.encode())
    border.receive(asked, CALLER)
    request = border.request(CALLEE, method)
    assert request.headers.has("record-route") == (method == "SUBSCRIBE")
    border.receive(answer(request, 202), CALLEE)
    assert border.heard(CALLER) == ["202"]
    assert border.over()


def test_a_method_that_a_zone_does_not_list_is_refused(border: Border) -> None:
    border.receive(invite(body="").replace(b"INVITE", b"FOO"), CALLER)
    refusal = border.response(CALLER, 405)
    assert "MESSAGE" in refusal.headers.allow
    assert not border.take(CALLEE)


def test_the_border_itself_still_answers_who_asks_it(border: Border) -> None:
    options = invite(body="").replace(b"INVITE", b"OPTIONS").replace(b"sip:100@203", b"sip:203", 1)
    border.receive(options, CALLER)
    assert border.heard(CALLER) == ["200"]
    assert not border.take(CALLEE)


def test_a_border_that_stops_takes_nothing_new_but_ends_what_there_is(border: Border) -> None:
    routes = recorded(border)[::-1]
    border.perform(border.core.drain(border.now))
    border.receive(within("BYE", routes), CALLER)
    border.request(CALLEE, "BYE")
    border.receive(invite(call_id="new", branch="z9hG4bKnew"), CALLER)
    assert border.heard(CALLER) == ["503"]


def test_what_was_proxied_is_counted(border: Border) -> None:
    border.receive(answer(invited(border), 486), CALLEE)
    (note,) = border.noted("proxied")
    assert dict(note.labels) == {
        **{"trunk": "carrier", "to_trunk": "pbx"},
        **{"method": "INVITE", "status": "486"},
    }


# --- SUBSCRIBE, NOTIFY, PUBLISH and MESSAGE (S16) ---


def event_request(method: str, *extra: str) -> bytes:
    return invite("Event: presence", *extra, body="").replace(b"INVITE", method.encode())


def test_a_subscription_is_recorded_and_notified_back_through_us(border: Border) -> None:
    """RFC 6665 §4.3: a proxy that wants to see the NOTIFY records itself."""
    border.receive(event_request("SUBSCRIBE", "Expires: 60"), CALLER)
    asked = border.request(CALLEE, "SUBSCRIBE")
    routes = asked.headers.record_route
    assert len(routes) == 2
    notify = within(
        "NOTIFY", routes, uri="sip:200@192.0.2.1:5060", host="10.20.0.11",
        extra=("Event: presence", "Subscription-State: active"),
    )  # fmt: skip
    border.receive(notify, CALLEE)  # before the 200, as it may
    told = border.request(CALLER, "NOTIFY")
    assert told.headers.route == []
    border.receive(answer(told, 200, tag=""), CALLER)
    assert border.heard(CALLEE) == ["200"]
    border.receive(answer(asked, 200, "Expires: 60"), CALLEE)
    assert border.heard(CALLER) == ["200"]
    assert border.over()


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH"])
def test_what_makes_no_dialog_crosses_without_a_record(border: Border, method: str) -> None:
    border.receive(event_request(method, "SIP-If-Match: abc"), CALLER)
    sent = border.request(CALLEE, method)
    assert not sent.headers.has("record-route")
    assert sent.headers.get("sip-if-match") == "abc"
    border.receive(answer(sent, 202), CALLEE)
    assert border.heard(CALLER) == ["202"]
    assert border.over()
