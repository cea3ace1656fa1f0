"""Z8: privacy at the border of the trust domain (RFC 3323, RFC 3325), in both directions."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, hang_up, inviting, up
from tests.support.messages import ANSWER, OFFER, invite

SECRET = "inside-token"
IDENTITY = f'P-Asserted-Identity: "Alice" <sip:200@{SECRET}.example>, <tel:+49691200>'
SUSPECT = (
    f"P-Preferred-Identity: <sip:{SECRET}@x>",
    f"Remote-Party-ID: <sip:{SECRET}@x>;party=calling",
    f"P-Charging-Vector: icid-value={SECRET}",
    f"P-Access-Network-Info: 3GPP-UTRAN-TDD;utran-cell-id-3gpp={SECRET}",
    f"P-Called-Party-ID: <sip:{SECRET}@x>",
    f"Identity: {SECRET}",
)
TOLD = TWO_ZONES.replace(
    "carrier: { zone", "carrier: { privacy: { send_identity: true }, zone"
).replace("pbx: { zone", "pbx: { privacy: { send_identity: true }, zone")
TRUST_ALL = TWO_ZONES.replace("trust: untrusted", "trust: trusted")


def out(border: Border, *extra: str) -> None:
    """A call from the inside; the caller's user is 200, its host never to be seen outside."""
    request = (
        invite(*extra, body=ANSWER)
        .replace(b"192.0.2.1", b"10.20.0.11")
        .replace(b"203.0.113.10", b"10.20.0.5")
    )
    border.receive(request, CALLEE)


def outside(border: Border) -> str:
    return border.texts(CALLER)


@pytest.mark.parametrize("value", ["id", "user", "header", "session", "id;critical", "user;id"])
def test_a_caller_who_asks_for_privacy_is_nobody_outside(value: str) -> None:
    border = Border(TOLD)
    out(border, IDENTITY, f"Privacy: {value}")
    request = border.request(CALLER, "INVITE")
    assert request.headers.from_.uri == "sip:anonymous@anonymous.invalid"
    assert request.headers.from_.display == "Anonymous"
    assert not request.headers.has("p-asserted-identity")
    assert not request.headers.has("privacy")
    for hidden in ("Alice", "200@", "691200", SECRET, "10.20."):
        assert hidden not in outside(border)
    callee = called(border, request, CALLER)
    callee.answers(request, 486)
    assert border.over()
    (record,) = border.records
    assert record["from"] == "200"
    assert record["asserted"] == ["200", "+49691200"]
    assert record["privacy"] == ";".join(sorted(value.split(";"), key="user critical id".find))


def test_without_privacy_an_untrusted_peer_is_told_only_where_it_is_configured() -> None:
    for text, value in (
        (TWO_ZONES, None),
        (TOLD, '"Alice" <sip:200@203.0.113.10>, <tel:+49691200>'),
    ):
        border = Border(text)
        out(border, IDENTITY)
        request = border.request(CALLER, "INVITE")
        assert request.headers.get("p-asserted-identity") == value
        assert request.headers.from_.uri.startswith("sip:200@")
        assert SECRET not in outside(border)


def test_within_the_trust_domain_identity_and_privacy_cross_with_our_host() -> None:
    border = Border(TRUST_ALL)
    out(border, IDENTITY, "Privacy: id;critical")
    headers = border.request(CALLER, "INVITE").headers
    assert headers.get("p-asserted-identity") == '"Alice" <sip:200@203.0.113.10>, <tel:+49691200>'
    assert headers.get("privacy") == "critical;id"
    assert headers.from_.uri.startswith("sip:200@")
    assert SECRET not in outside(border)


def test_what_strangers_assert_is_stripped() -> None:
    border = Border()
    request, callee = inviting(border, IDENTITY, *SUSPECT, "Privacy: id")
    assert SECRET not in border.texts(CALLEE)
    assert "691200" not in border.texts(CALLEE)
    assert request.headers.get("privacy") == "id"  # for the trusted side to see to
    callee.answers(request, 486)
    border.wait(40)
    (record,) = border.records
    assert record["asserted"] == []


def test_an_untrusted_trunk_may_be_believed_and_a_trusted_one_not() -> None:
    border = Border(
        TWO_ZONES.replace("carrier: { zone", "carrier: { privacy: { assert_identity: pass }, zone")
    )
    request, _ = inviting(border, IDENTITY)
    value = request.headers.get("p-asserted-identity")
    assert value == '"Alice" <sip:200@10.20.0.5>, <tel:+49691200>'
    border = Border(
        TOLD.replace("inside: { trust", "inside: { privacy: { assert_identity: strip }, trust")
    )
    out(border, IDENTITY)
    assert not border.request(CALLER, "INVITE").headers.has("p-asserted-identity")


@pytest.mark.parametrize("side", ["in", "out"])
def test_critical_privacy_that_cannot_be_had_is_refused(side: str) -> None:
    border = Border()
    if side == "in":
        border.receive(invite("Privacy: cloak;critical"), CALLER)
        assert border.heard(CALLER) == ["500"]
        assert border.heard(CALLEE) == []
    else:
        out(border, "Privacy: id;cloak;critical")
        assert border.heard(CALLEE) == ["500"]
        assert border.heard(CALLER) == []
    assert border.over()


def test_who_answered_is_told_by_the_same_rules() -> None:
    for text, extra, told in (
        (TWO_ZONES, (), None),
        (TOLD, (), '"Alice" <sip:200@203.0.113.10>, <tel:+49691200>'),
        (TOLD, ("Privacy: id",), None),
        (TRUST_ALL, ("Privacy: id",), '"Alice" <sip:200@203.0.113.10>, <tel:+49691200>'),
    ):
        border = Border(text)
        request, callee = inviting(border)
        callee.answers(request, 180, IDENTITY, *extra)
        ringing = border.response(CALLER, 180)
        assert ringing.headers.get("p-asserted-identity") == told
        callee.answers(request, 200, IDENTITY, *extra, body=ANSWER)
        answer = border.response(CALLER, 200)
        assert answer.headers.get("p-asserted-identity") == told
        assert SECRET not in outside(border)


def test_within_the_call_too() -> None:
    border = Border(TOLD)
    caller, callee = up(border)
    callee.ask("UPDATE", IDENTITY)
    update = caller.got("UPDATE")
    assert update.headers.get("p-asserted-identity") is not None
    caller.answers(update, 200, IDENTITY)
    assert not callee.heard(200).headers.has("p-asserted-identity")
    callee.ask("INVITE", IDENTITY, "Privacy: id", body=ANSWER)
    again = caller.got("INVITE")
    assert not again.headers.has("p-asserted-identity")
    caller.answers(again, 200, body=OFFER)
    caller.got("ACK")
    callee.heard(200)
    callee.ack()
    assert SECRET not in outside(border)
    hang_up(caller, callee)
    assert border.over()
