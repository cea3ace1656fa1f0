"""S2: every method within a dialog reaches the other leg, with body and status unchanged."""

import pytest

from tests.support.border import Border
from tests.support.ends import End, hang_up, up
from tests.support.messages import ANSWER, OFFER

BODIES = {
    "INFO": ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
    "MESSAGE": ("text/plain", "Back in five minutes"),
    "OPTIONS": ("", ""),
    "NOTIFY": ("message/sipfrag", "SIP/2.0 200 OK\r\n"),
}
FIELDS = {
    "NOTIFY": ("Event: refer", "Subscription-State: active;expires=60"),
    "REFER": ("Refer-To: <sip:300@192.0.2.99>",),
}


@pytest.fixture(params=["from the caller", "from the callee"])
def ends(request: pytest.FixtureRequest) -> tuple[End, End]:
    """Who asks, and who answers."""
    caller, callee = up(Border())
    return (caller, callee) if request.param == "from the caller" else (callee, caller)


def sdp(end: End, direction: str = "sendrecv") -> str:
    """A description of this end."""
    own = OFFER if end.flow.interface == "wan" else ANSWER
    return f"{own}a={direction}\r\n"


def finish(one: End, other: End) -> None:
    hang_up(one, other)
    assert one.border.over()


@pytest.mark.parametrize("method", BODIES)
def test_a_request_crosses_with_its_body_and_its_answer_comes_back(
    ends: tuple[End, End], method: str
) -> None:
    asker, answerer = ends
    kind, body = BODIES[method]
    asker.ask(method, *FIELDS.get(method, ()), body=body, kind=kind)
    request = answerer.got(method)
    assert (request.body.decode(), request.headers.content_type or "") == (body, kind)
    answerer.answers(request, 202)
    assert asker.heard(202).headers.cseq.method == method
    finish(asker, answerer)


@pytest.mark.parametrize("status", [200, 202, 403, 415, 481, 488, 500, 603])
def test_the_status_comes_back_unchanged(ends: tuple[End, End], status: int) -> None:
    asker, answerer = ends
    asker.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    answerer.answers(answerer.got("INFO"), status)
    asker.heard(status)
    if status == 481:  # that side no longer knows the call, so the other is told
        assert asker.got("BYE").headers.get("reason") == "Q.850;cause=41"
    else:
        finish(asker, answerer)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_within_the_call_is_answered_by_the_other_side(
    ends: tuple[End, End], method: str
) -> None:
    asker, answerer = ends
    asker.ask(method, body=sdp(asker, "sendonly"))
    request = answerer.got(method)
    assert b"a=sendonly" in request.body
    assert sdp(asker).encode() not in request.body
    answerer.answers(request, 200, body=sdp(answerer, "recvonly"))
    response = asker.heard(200)
    assert b"a=recvonly" in response.body
    if method == "INVITE":
        assert answerer.got("ACK").headers.cseq.number == request.headers.cseq.number
        asker.ack()
    finish(asker, answerer)


def test_a_refused_offer_leaves_the_call_as_it_was(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    before = len(asker.border.programs())
    asker.ask("INVITE", body=sdp(asker, "sendonly"))
    answerer.answers(answerer.got("INVITE"), 488)
    asker.heard(488)
    asker.ack()
    assert len(asker.border.programs()) == before
    asker.ask("INVITE", body=sdp(asker))
    answerer.answers(answerer.got("INVITE"), 200, body=sdp(answerer))
    asker.heard(200)
    asker.ack()
    finish(asker, answerer)


def test_an_update_without_an_offer_crosses(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("UPDATE")
    request = answerer.got("UPDATE")
    assert request.body == b""
    answerer.answers(request, 200)
    assert asker.heard(200).headers.has("contact")
    finish(asker, answerer)


def test_a_refer_crosses_with_its_target_at_our_own_address(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("REFER", "Refer-To: <sip:300@192.0.2.99?Replaces=secret%40inside>", "Refer-Sub: true")
    request = answerer.got("REFER")
    ours = "10.20.0.5:5060" if answerer.flow.interface == "lan" else "203.0.113.10:5060"
    assert request.headers.get("refer-to") == f"<sip:300@{ours}>"
    answerer.answers(request, 202)
    asker.heard(202)
    answerer.ask(
        "NOTIFY",
        "Event: refer;id=93809824",
        "Subscription-State: terminated;reason=noresource",
        body="SIP/2.0 603 Declined by 10.20.0.99\r\n",
        kind="message/sipfrag",
    )
    notify = asker.got("NOTIFY")
    assert notify.headers.get("event") == "refer;id=93809824"
    assert notify.headers.get("subscription-state") == "terminated;reason=noresource"
    assert notify.body == b"SIP/2.0 603 Decline\r\n"
    asker.answers(notify, 200)
    answerer.heard(200)
    finish(asker, answerer)


@pytest.mark.parametrize("refer_to", [(), ("Refer-To: <sip:10.20.0.9>",), ("Refer-To: <sip:@:@>",)])
def test_a_refer_to_nobody_is_refused(ends: tuple[End, End], refer_to: tuple[str, ...]) -> None:
    asker, answerer = ends
    asker.ask("REFER", *refer_to)
    asker.heard(400)
    assert answerer.inbox() == []
    finish(asker, answerer)


@pytest.mark.parametrize("method", ["REGISTER", "WHATEVER"])
def test_an_unknown_method_gets_405_with_allow(ends: tuple[End, End], method: str) -> None:
    asker, answerer = ends
    asker.ask(method)
    allow = asker.heard(405).headers.allow
    assert "INVITE" in allow
    assert method not in allow
    assert answerer.inbox() == []
    finish(asker, answerer)


def test_a_405_of_the_other_side_comes_back_with_our_allow(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    answerer.answers(answerer.got("INFO"), 405)
    assert "PRACK" in asker.heard(405).headers.allow
    finish(asker, answerer)


def test_an_update_goes_as_a_re_invite_to_a_peer_that_said_nothing_of_update() -> None:
    border = Border()
    caller, callee = up(border, allow="")
    caller.ask("UPDATE", body=sdp(caller, "sendonly"))
    callee.answers(callee.got("INVITE"), 200, body=sdp(callee, "recvonly"))
    assert b"a=recvonly" in caller.heard(200).body
    callee.got("ACK")
    finish(caller, callee)


def test_an_update_that_only_refreshes_is_answered_for_a_peer_that_may_not_know_it() -> None:
    caller, callee = up(Border(), allow="INVITE, ACK, BYE, CANCEL")
    caller.ask("UPDATE")
    caller.heard(200)
    assert callee.inbox() == []
    finish(caller, callee)


@pytest.mark.parametrize(
    ("asked_as", "status", "heard"), [("INVITE", 408, 408), ("INFO", 408, 504), ("INFO", 503, 503)]
)
def test_a_timeout_reaches_a_request_other_than_invite_as_504(
    ends: tuple[End, End], asked_as: str, status: int, heard: int
) -> None:
    asker, answerer = ends
    asker.ask(asked_as, body=sdp(asker) if asked_as == "INVITE" else "")
    answerer.answers(answerer.got(asked_as), status)
    asker.heard(heard)
    assert asker.border.over() is (asked_as == "INVITE")


def test_a_peer_that_never_answers_a_re_invite_has_lost_the_call(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INVITE", body=sdp(asker))
    asker.border.wait(33)
    assert {"INVITE", "BYE"} <= set(answerer.inbox())
    assert {"408", "BYE"} <= set(asker.inbox())
    assert asker.border.over()


def test_a_re_invite_that_only_rings_is_cancelled_after_three_minutes(
    ends: tuple[End, End],
) -> None:
    asker, answerer = ends
    asker.ask("INVITE", body=sdp(asker))
    request = answerer.got("INVITE")
    answerer.answers(request, 180)
    asker.border.wait(180)
    cancel = answerer.got("CANCEL")
    assert cancel.headers.has("session-id")
    answerer.answers(cancel, 200)
    answerer.answers(request, 487)
    asker.heard(487)
    asker.ack()
    finish(asker, answerer)


def test_a_re_invite_that_rings_does_not_outlive_its_call(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INVITE", body=sdp(asker))
    answerer.answers(answerer.got("INVITE"), 180)
    asker.ask("BYE")
    assert asker.inbox() == ["200", "487"]
    answerer.answers(answerer.got("BYE"), 200)
    answerer.got("CANCEL")
    assert asker.border.over()


def test_a_re_invite_is_cancelled_on_the_other_side_too(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INVITE", body=sdp(asker))
    request = answerer.got("INVITE")
    answerer.answers(request, 180)
    asker.cancel()
    asker.heard(200)
    answerer.got("CANCEL")
    answerer.answers(request, 487)
    asker.heard(487)
    asker.ack()
    finish(asker, answerer)


def test_a_description_in_the_answer_to_options_stays_behind(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("OPTIONS", body=sdp(asker))
    request = answerer.got("OPTIONS")
    assert request.body == b""
    answerer.answers(request, 200, body=sdp(answerer))
    assert asker.heard(200).body == b""
    finish(asker, answerer)


@pytest.mark.parametrize("method", ["INFO", "MESSAGE", "REFER"])
def test_a_description_that_is_no_offer_is_refused(ends: tuple[End, End], method: str) -> None:
    asker, answerer = ends
    asker.ask(method, "Refer-To: <sip:300@192.0.2.99>", body=sdp(asker))
    assert "application/dtmf-relay" in (asker.heard(415).headers.get("accept") or "")
    assert answerer.inbox() == []
    finish(asker, answerer)


def test_a_description_in_the_answer_to_an_update_without_one_stays_behind(
    ends: tuple[End, End],
) -> None:
    asker, answerer = ends
    asker.ask("UPDATE")
    answerer.answers(answerer.got("UPDATE"), 200, body=sdp(answerer))
    assert asker.heard(200).body == b""
    finish(asker, answerer)


def test_a_notify_of_another_event_is_refused(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("NOTIFY", "Event: pbx.inside", "Subscription-State: active")
    asker.heard(489)
    assert answerer.inbox() == []
    finish(asker, answerer)


def test_hops_are_counted_within_a_call_too(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INFO", max_forwards=7)
    request = answerer.got("INFO")
    assert request.headers.max_forwards == 6
    answerer.answers(request, 200)
    asker.heard(200)
    asker.ask("INFO", max_forwards=0)
    asker.heard(483)
    assert answerer.inbox() == []
    finish(asker, answerer)


def test_a_request_that_comes_late_is_refused(ends: tuple[End, End]) -> None:
    asker, answerer = ends
    asker.ask("INFO", cseq=900)
    answerer.answers(answerer.got("INFO"), 200)
    asker.heard(200)
    asker.ask("INFO", cseq=899)
    asker.heard(500)
    asker.cseq = 900
    finish(asker, answerer)
