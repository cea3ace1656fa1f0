"""H6: why a call ended, and who had forwarded it, as each trunk wants to hear it (RFC 3326,
RFC 6432, RFC 5806, RFC 7044), and nothing else of it (Z4)."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, hang_up, inviting, ringing, up
from tests.support.messages import invite

BOTH = TWO_ZONES.replace("refer: relay }", "refer: relay, reason: { protocols: [SIP, Q.850] } }")
"""The carrier is told both."""
SILENT = TWO_ZONES.replace("refer: relay }", "refer: relay, reason: { in_responses: false } }")
CARRIER = TWO_ZONES.replace("refer: relay }", "refer: relay, diversion: diversion }")


def reason(record: dict[str, object], leg: str) -> object:
    return record["legs"][leg]["reason"]  # type: ignore[index]


def test_a_bye_with_one_of_them_brings_both() -> None:
    border = Border(BOTH)
    alice, bob = up(border)
    bob.ask("BYE", 'Reason: Q.850;cause=38;text="gateway pbx.inside lost"')
    bob.heard(200)
    bye = alice.got("BYE")
    assert bye.headers.all("reason") == ["SIP;cause=503, Q.850;cause=38"]
    assert b"pbx.inside" not in bye.encode()
    alice.answers(bye, 200)
    assert border.over()
    (record,) = border.records
    assert reason(record, "a") == {"heard": None, "told": "SIP;cause=503, Q.850;cause=38"}
    assert reason(record, "b") == {"heard": "Q.850;cause=38", "told": None}


def test_a_final_answer_brings_q850_made_from_the_status() -> None:
    border = Border(BOTH)
    request, bob = inviting(border)
    bob.answers(request, 486)
    assert border.response(CALLER, 486).headers.all("reason") == ["Q.850;cause=17"]
    assert border.over()
    assert reason(border.records[0], "a") == {"heard": None, "told": "Q.850;cause=17"}


def test_what_the_answer_said_itself_goes_before_its_status() -> None:
    border = Border(BOTH)
    request, bob = inviting(border)
    bob.answers(request, 480, 'Reason: Q.850;cause=20;text="absent at pbx.inside"')
    assert border.response(CALLER, 480).headers.all("reason") == ["Q.850;cause=20"]
    assert border.over()
    assert reason(border.records[0], "b") == {"heard": "Q.850;cause=20", "told": None}


def test_a_trunk_may_want_none_in_answers() -> None:
    border = Border(SILENT)
    request, bob = inviting(border)
    bob.answers(request, 486, "Reason: Q.850;cause=17")
    assert not border.response(CALLER, 486).headers.has("reason")
    assert border.over()


def test_a_cancel_says_why() -> None:
    inside = TWO_ZONES.replace(
        "  pbx: { zone: inside,", "  pbx: { reason: { protocols: [Q.850] }, zone: inside,"
    )
    border = Border(inside)
    alice, bob, request = ringing(border)
    alice.ask(
        "CANCEL",
        'Reason: SIP;cause=200;text="Call completed elsewhere"',
        cseq=1,
        via="z9hG4bKfirst",
    )
    cancel = bob.got("CANCEL")
    assert cancel.headers.all("reason") == ["Q.850;cause=16"]
    bob.answers(cancel, 200)
    bob.answers(request, 487)
    assert border.over()
    record = border.records[0]
    assert reason(record, "a") == {"heard": "SIP;cause=200", "told": "SIP;cause=200"}
    assert reason(record, "b") == {"heard": None, "told": "Q.850;cause=16"}


@pytest.mark.parametrize(
    "value", ["Q.850;cause=999", "Q.850", "X.25;cause=1", "SIP;cause=", "," * 300]
)
def test_what_is_no_reason_is_none(value: str) -> None:
    border = Border(BOTH)
    alice, bob = up(border)
    bob.ask("BYE", f"Reason: {value}")
    bob.heard(200)
    bye = alice.got("BYE")
    (said,) = bye.headers.all("reason")
    assert said in {"Q.850;cause=16", "Q.850;cause=999"}
    alice.answers(bye, 200)
    assert border.over()


def forwarded(text: str, *fields: str) -> str:
    """The call from outside as it goes inside, with what it says of forwarding."""
    border = Border(text)
    border.receive(invite(*fields), CALLER)
    request = border.request(CALLEE, "INVITE")
    called(border, request).answers(request, 486)
    assert b"carrier.secret" not in request.encode()
    assert border.over()
    diversion = request.headers.get("diversion")
    assert request.headers.get("history-info") is None
    assert border.records[0]["diverted"] == (["300 user-busy"] if diversion else [])
    return diversion or ""


DIVERSION = 'Diversion: "Eve" <sip:300@carrier.secret;x=y>;reason=user-busy;x=carrier.secret'


def test_an_untrusted_trunk_is_listened_to_only_if_it_is_said() -> None:
    assert forwarded(TWO_ZONES, DIVERSION) == ""
    assert forwarded(CARRIER, DIVERSION) == "<sip:300@10.20.0.5>;reason=user-busy"


def outwards(text: str, *fields: str) -> tuple[str | None, str | None]:
    """A call of the PBX: Diversion and History-Info as the carrier gets them."""
    border = Border(text)
    made = invite(*fields, number="100").replace(b"192.0.2.1", b"10.20.0.11")
    border.receive(made.replace(b"203.0.113.10", b"10.20.0.5"), CALLEE)
    request = border.request(CALLER, "INVITE")
    called(border, request, CALLER).answers(request, 486)
    assert b"pbx.inside" not in request.encode()
    assert border.over()
    return request.headers.get("diversion"), request.headers.get("history-info")


INSIDE = "Diversion: <sip:300@pbx.inside>;reason=no-answer"


def test_it_is_told_in_the_form_that_the_trunk_wants() -> None:
    history = CARRIER.replace("diversion: diversion", "diversion: history-info")
    assert outwards(TWO_ZONES, INSIDE) == (None, None)
    assert outwards(CARRIER, INSIDE) == ("<sip:300@203.0.113.10>;reason=no-answer", None)
    expected = "<sip:300@203.0.113.10>;index=1, <sip:100@203.0.113.10;cause=408>;index=1.1"
    assert outwards(history, INSIDE) == (None, expected)


def test_who_asked_for_privacy_is_anonymous_outside() -> None:
    hidden = f"{INSIDE};privacy=full"
    value, _ = outwards(CARRIER, hidden)
    assert value == "<sip:anonymous@anonymous.invalid>;reason=no-answer;privacy=full"


def test_who_referred_is_told_as_a_user_at_our_host_among_the_believed() -> None:
    """RFC 3892: the host, and the signed part that `cid` names, stay behind."""
    told = TWO_ZONES.replace("refer: relay }", "refer: relay, privacy: { send_identity: true } }")
    field = 'Referred-By: <sip:300@pbx.inside>;cid="1@pbx.inside"'
    for text, expected in ((TWO_ZONES, None), (told, "<sip:300@203.0.113.10>")):
        border = Border(text)
        alice, bob = up(border)
        bob.ask("REFER", "Refer-To: <sip:400@10.20.0.5>", field)
        request = alice.got("REFER")
        assert request.headers.get("referred-by") == expected
        assert b"pbx.inside" not in request.encode()
        alice.answers(request, 202)
        bob.heard(202)
        alice.ask("REFER", "Refer-To: <sip:400@203.0.113.10>", field)
        assert not bob.got("REFER").headers.has("referred-by")
        hang_up(alice, bob)
