"""S10: a 3xx is followed by number, where the caller's routes let it, or goes back to the caller
(RFC 3261 §8.1.3.4, §16.5)."""

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, calling, hang_up, inviting
from tests.support.messages import ANSWER, answer

FOLLOWING = TWO_ZONES.replace("  pbx: { zone: inside,", "  pbx: { zone: inside, redirect: follow,")
ROUTED = FOLLOWING.replace(
    "  - { name: in, from: { trunk: carrier }, to: [pbx] }",
    '  - { name: in, from: { trunk: carrier }, match: { to: "^[1-4]" }, to: [pbx] }',
)


def redirected(border: Border, *contacts: str) -> None:
    """The first INVITE is answered by a 3xx."""
    request, _ = inviting(border)
    moved(border, request, *contacts)


def moved(border: Border, request: Request, *contacts: str) -> None:
    border.receive(answer(request, 302, contact=", ".join(contacts)), CALLEE)
    called(border, request).got("ACK")


def refused(border: Border, request: Request, status: int) -> None:
    end = called(border, request)
    end.answers(request, status)
    end.got("ACK")


def next_invite(border: Border) -> Request:
    request = border.request(CALLEE, "INVITE")
    assert border.heard(CALLER) == []
    return request


def test_the_number_is_called_and_the_host_is_not() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:300@198.51.100.66:7777>")
    request = next_invite(border)
    assert request.uri == "sip:300@10.20.0.11"
    bob = called(border, request)
    bob.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    bob.got("ACK")
    hang_up(caller, bob)
    assert border.over()
    assert {flow.remote[0] for flow, _ in border.sent} == {"192.0.2.1", "10.20.0.11"}
    assert [each["status"] for each in border.records[0]["attempts"]] == [302, 200]  # type: ignore[attr-defined]
    assert len(border.noted("redirect_followed")) == 1


def test_the_contacts_are_tried_in_the_order_of_their_q() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:301@x.invalid>;q=0.2", "<sip:302@x.invalid>;q=0.9", "<sip:303@x>;q=x")
    for number in ("303", "302", "301"):
        request = next_invite(border)
        assert request.uri == f"sip:{number}@10.20.0.11"
        refused(border, request, 486)
    border.response(CALLER, 486)
    assert border.over()


def test_a_number_without_a_route_for_the_caller_is_not_called() -> None:
    border = Border(ROUTED)
    redirected(border, "<sip:900@10.20.0.11>", "<sip:301@10.20.0.11>")
    request = next_invite(border)
    assert request.uri == "sip:301@10.20.0.11"
    moved(border, request, "<sip:901@10.20.0.11>")
    assert border.heard(CALLER) == ["302"]
    assert border.over()


def test_a_loop_of_redirects_ends_with_the_redirect() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:300@x.invalid>")
    moved(border, next_invite(border), "<sip:100@x.invalid>", "<sip:300@x.invalid>")
    assert border.response(CALLER, 302).headers.contacts[0].uri == "sip:100@203.0.113.10:5060"
    assert border.over()


def test_only_so_many_redirects_are_followed() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:301@x.invalid>")
    for number in (302, 303, 304):
        moved(border, next_invite(border), f"<sip:{number}@x.invalid>")
    assert border.heard(CALLEE) == []
    assert border.response(CALLER, 302).headers.contacts[0].uri == "sip:304@203.0.113.10:5060"
    assert border.over()


def test_a_refusal_everywhere_ends_the_search() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:301@x.invalid>", "<sip:302@x.invalid>")
    refused(border, next_invite(border), 603)
    assert (border.heard(CALLER), border.heard(CALLEE)) == (["603"], [])
    assert border.over()


def test_without_being_told_to_follow_the_caller_gets_it_at_our_own_address() -> None:
    border = Border()
    redirected(border, "<sip:301@10.20.0.99>;q=0.1", "<sip:302@10.20.0.98>")
    contacts = border.response(CALLER, 302).headers.contacts
    assert [each.uri for each in contacts] == [
        "sip:302@203.0.113.10:5060",
        "sip:301@203.0.113.10:5060",
    ]
    assert border.over()


def test_a_caller_that_gives_up_is_not_called_for_any_more() -> None:
    border = Border(FOLLOWING)
    redirected(border, "<sip:301@x.invalid>", "<sip:302@x.invalid>")
    request = next_invite(border)
    bob = called(border, request)
    bob.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    caller.cancel()
    bob.answers(bob.got("CANCEL"), 200)
    refused(border, request, 487)
    assert border.heard(CALLEE) == []
    assert border.over()


def test_whoever_gets_the_call_is_told_who_sent_it_there() -> None:
    """H6, RFC 5806 §8.1, RFC 7044: as the trunk wants it, and with our own host."""
    border = Border(FOLLOWING)
    redirected(border, "<sip:300@x.invalid>")
    request = next_invite(border)
    assert request.headers.get("diversion") == "<sip:100@10.20.0.5>;reason=unconditional"
    called(border, request).answers(request, 180)
    border.take(CALLER)
    moved(border, request, "<sip:301@x.invalid>")
    request = next_invite(border)
    assert request.headers.get("diversion") == (
        "<sip:300@10.20.0.5>;reason=no-answer, <sip:100@10.20.0.5>;reason=unconditional"
    )
    refused(border, request, 486)
    border.wait(40)
    assert border.records[0]["diverted"] == ["100 unconditional", "300 no-answer"]
    history = Border(
        FOLLOWING.replace("redirect: follow", "redirect: follow, diversion: history-info")
    )
    redirected(history, "<sip:300@x.invalid>")
    request = next_invite(history)
    assert not request.headers.has("diversion")
    assert request.headers.get("history-info") == (
        "<sip:100@10.20.0.5>;index=1, <sip:300@10.20.0.5;cause=302>;index=1.1"
    )


def test_a_trunk_that_wants_none_of_it_is_told_none() -> None:
    border = Border(FOLLOWING.replace("redirect: follow", "redirect: follow, diversion: none"))
    redirected(border, "<sip:300@x.invalid>")
    assert not next_invite(border).headers.has("diversion")
