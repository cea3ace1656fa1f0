"""RFC 3261 §17.1.1.3 (ACK for a failure) and §9.1 (CANCEL)."""

from sbc.transaction.hop import ack_of, cancel_of
from tests.support.transactions import read_request, read_response, request, response

ROUTES = [("Route", "<sip:p1.example;lr>"), ("Route", "<sip:p2.example;lr>")]
INVITE = request(cseq=7, fields=[*ROUTES, ("Contact", "<sip:alice@192.0.2.1>")])


def test_the_ack_repeats_the_invite_with_the_to_of_the_response() -> None:
    ack = read_request(ack_of(INVITE, response(INVITE, 486, tag="busy")).encode())
    assert (ack.method, ack.uri) == ("ACK", INVITE.uri)
    assert ack.headers.all("via") == INVITE.headers.all("via")
    assert ack.headers.get("from") == INVITE.headers.get("from")
    assert ack.headers.to.tag == "busy"
    assert ack.headers.call_id == INVITE.headers.call_id
    assert str(ack.headers.cseq) == "7 ACK"
    assert ack.headers.route == INVITE.headers.route
    assert ack.headers.max_forwards == 70


def test_the_cancel_repeats_the_invite_with_its_own_to() -> None:
    cancel = read_request(cancel_of(INVITE, [("Reason", "SIP;cause=200")]).encode())
    assert (cancel.method, cancel.uri) == ("CANCEL", INVITE.uri)
    assert cancel.headers.all("via") == INVITE.headers.all("via")
    assert cancel.headers.get("to") == INVITE.headers.get("to")
    assert str(cancel.headers.cseq) == "7 CANCEL"
    assert cancel.headers.route == INVITE.headers.route
    assert cancel.headers.get("reason") == "SIP;cause=200"


def test_neither_has_a_contact() -> None:
    assert not ack_of(INVITE, response(INVITE, 486)).headers.has("contact")
    assert not cancel_of(INVITE, ()).headers.has("contact")


def test_an_ack_survives_a_nul_that_a_quoted_name_hides() -> None:
    data = response(INVITE, 486).encode().replace(b"To: <", b'To: "\\\0" <')
    assert b"\0" not in ack_of(INVITE, read_response(data)).encode()
