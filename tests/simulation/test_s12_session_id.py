"""S12: one Session-ID (RFC 7989) names the call on both legs."""

from sbc.sip.message import Request, Response, parse
from tests.support.border import CALLER, Border
from tests.support.ends import calling, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite

A = "a" * 32
B = "b" * 32
NULL = "0" * 32


def named(message: Request | Response) -> str | None:
    return message.headers.get("session-id")


def test_the_identifiers_of_both_ends_cross() -> None:
    border = Border()
    request, callee = inviting(border, f"Session-ID: {A}")
    assert named(request) == f"{A};remote={NULL}"
    callee.answers(request, 200, f"Session-ID: {B};remote={A}", body=ANSWER)
    ok = border.response(CALLER, 200)
    assert named(ok) == f"{B};remote={A}"
    assert named(callee.got("ACK")) == f"{A};remote={B}"
    caller = calling(border, ok)
    caller.ack()
    caller.ask("BYE")
    assert named(caller.heard(200)) == f"{B};remote={A}"
    bye = callee.got("BYE")
    assert named(bye) == f"{A};remote={B}"
    callee.answers(bye, 200)
    assert border.over()
    assert border.records[0]["session_id"] == f"{A};remote={B}"


def test_ends_that_have_none_are_given_one() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(callee, caller)
    assert border.over()
    names = [named(parse(data)) or NULL for _, data in border.sent]
    halves = {half for name in names for half in name.split(";remote=")}
    assert len(halves - {NULL}) == 2


def test_every_message_of_a_call_but_the_100_has_it() -> None:
    border = Border()
    request, callee = inviting(border, f"Session-ID: {A}")
    callee.answers(request, 180)
    caller = calling(border, border.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    caller.cancel()
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert border.over()
    without = [parse(data) for _, data in border.sent if b"Session-ID" not in data]
    assert [str(message) for message in without] == [
        "<Response 100>",
        "<Response 200>",  # of the CANCEL, and the ACK of the 487: hop by hop
        "<Request ACK>",
    ]


def test_an_end_may_take_another_identifier() -> None:
    border = Border()
    caller, callee = up(border, f"Session-ID: {A}")
    callee.ask("INVITE", f"Session-ID: {B}", body=ANSWER)
    request = caller.got("INVITE")
    assert named(request) == f"{B};remote={A}"
    other = "c" * 32
    caller.answers(request, 200, f"Session-ID: {other};remote={B}", body=OFFER)
    assert named(callee.heard(200)) == f"{other};remote={B}"
    callee.ack()
    hang_up(caller, callee)
    assert border.over()


def test_a_malformed_identifier_is_as_none() -> None:
    border = Border()
    request, callee = inviting(border, "Session-ID: inside.token;remote=x")
    assert "token" not in (named(request) or "")
    callee.answers(request, 486, "Session-ID: inside.token")
    assert "token" not in (named(border.response(CALLER, 486)) or "")
    assert border.over()


def test_a_refusal_of_ours_names_no_end_but_the_callers() -> None:
    border = Border()
    border.receive(invite(f"Session-ID: {A}", "Require: sec-agree"), CALLER)
    assert named(border.response(CALLER, 420)) == f"{NULL};remote={A}"
