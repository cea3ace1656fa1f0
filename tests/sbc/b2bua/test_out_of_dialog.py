import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import inviting
from tests.support.messages import invite


def other(method: str, *extra: str) -> bytes:
    return (
        invite(*extra, body="")
        .replace(b"INVITE sip", f"{method} sip".encode(), 1)
        .replace(b"1 INVITE", f"1 {method}".encode())
    )


def test_options_says_what_we_take() -> None:
    border = Border()
    border.receive(other("OPTIONS"), CALLER)
    headers = border.response(CALLER, 200).headers
    assert {"INVITE", "UPDATE", "PRACK"} <= set(headers.allow)
    assert "application/sdp" in (headers.get("accept") or "")
    assert headers.supported == ["100rel", "replaces", "timer"]
    assert border.over()


@pytest.mark.parametrize("method", ["REGISTER", "FOO"])
def test_a_method_that_we_do_not_take_gets_405_with_allow(method: str) -> None:
    border = Border()
    border.receive(other(method), CALLER)
    assert border.response(CALLER, 405).headers.has("allow")
    assert border.over()


@pytest.mark.parametrize("method", ["BYE", "INFO", "NOTIFY", "UPDATE"])
def test_a_method_that_needs_a_dialog_gets_481(method: str) -> None:
    border = Border()
    border.receive(other(method), CALLER)
    assert border.heard(CALLER) == ["481"]
    assert border.over()


def test_an_unknown_extension_is_named_in_the_refusal() -> None:
    border = Border()
    border.receive(invite("Require: foo, 100rel"), CALLER)
    assert border.response(CALLER, 420).headers.get("unsupported") == "foo"
    assert border.heard(CALLEE) == []
    assert border.over()


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_a_loop_ends_where_max_forwards_does(method: str) -> None:
    border = Border()
    request = invite() if method == "INVITE" else other(method)
    border.receive(request.replace(b"Max-Forwards: 70", b"Max-Forwards: 0"), CALLER)
    assert border.heard(CALLER) == ["483"]
    assert border.over()


def test_max_forwards_is_counted_down_on_the_other_leg() -> None:
    border = Border()
    border.receive(invite().replace(b"Max-Forwards: 70", b"Max-Forwards: 5"), CALLER)
    assert border.request(CALLEE, "INVITE").headers.max_forwards == 4


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        (invite().replace(b"Contact: <sip:200@192.0.2.1:5060>\r\n", b""), 400),
        (invite().replace(b"sip:100@203.0.113.10 SIP", b"sip:203.0.113.10 SIP"), 404),
        (invite(body="not a description"), 488),
    ],
)
def test_an_invite_that_cannot_be_read_is_refused(spoilt: bytes, status: int) -> None:
    border = Border()
    border.receive(spoilt, CALLER)
    assert border.heard(CALLER) == [str(status)]
    assert border.heard(CALLEE) == []
    assert border.over()


def test_an_unknown_body_gets_415_and_is_told_what_would_do() -> None:
    border = Border()
    border.receive(invite().replace(b"application/sdp", b"application/xyz"), CALLER)
    assert "application/sdp" in (border.response(CALLER, 415).headers.get("accept") or "")
    assert border.over()


def test_a_refused_call_has_its_record() -> None:
    border = Border(
        TWO_ZONES.replace(
            "identify: { sources: [192", "limits: { calls: 0 }, identify: { sources: [192"
        )
    )
    border.receive(invite(), CALLER)
    assert border.response(CALLER, 503).headers.has("retry-after")
    (record,) = border.records
    assert record["state"] == "ended"
    assert record["ended_by"] == "border"
    assert (record["from"], record["to"]) == ("200", "100")
    assert border.over()


def test_a_call_without_a_route_is_forbidden() -> None:
    border = Border(
        TWO_ZONES.replace(
            "from: { trunk: carrier }", 'from: { trunk: carrier }, match: { to: "^9" }'
        )
    )
    border.receive(invite(), CALLER)
    assert border.heard(CALLER) == ["403"]
    assert border.heard(CALLEE) == []


def test_both_legs_carry_one_session_id() -> None:
    border = Border()
    mine = "f" * 32
    request, callee = inviting(border, f"Session-ID: {mine};remote={'0' * 32}")
    assert request.headers.get("session-id") == f"{mine};remote={'0' * 32}"
    theirs = "e" * 32
    callee.answers(request, 180, f"Session-ID: {theirs};remote={mine}")
    assert border.response(CALLER, 180).headers.get("session-id") == f"{theirs};remote={mine}"
