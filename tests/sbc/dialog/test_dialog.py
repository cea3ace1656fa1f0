"""RFC 3261 §12: one test per sentence we rely on."""

import pytest

from sbc.dialog.dialog import Dialog
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request
from tests.support.transactions import ALICE, BOB, Fields, read_request, request, response

VIA = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKours"
US = "<sip:sbc@198.51.100.1:5060>"
THEM: Fields = [("Contact", "<sip:alice@192.0.2.1:5060>")]
ROUTES: Fields = [("Record-Route", "<sip:p1.example;lr>, <sip:p2.example;lr>")]


def invited(fields: Fields = THEM) -> Dialog:
    return Dialog.from_invite(request(fields=fields), "ours", US, ALICE)


def inviting(fields: Fields = THEM, status: int = 200) -> tuple[Dialog, Request, Response]:
    invite = request(cseq=5, fields=[("Contact", US)])
    answer = response(invite, status, tag="theirs", fields=fields)
    return Dialog.from_response(invite, answer, BOB), invite, answer


# --- the callee's side (§12.1.1)


def test_the_callee_takes_its_state_from_the_invite() -> None:
    dialog = invited()
    assert dialog.id == ("call-1", "ours", "alice")
    assert dialog.local_uri == "<sip:bob@example.com>"
    assert dialog.remote_uri == "<sip:alice@example.com>"
    assert dialog.remote_target == "sip:alice@192.0.2.1:5060"
    assert (dialog.local_cseq, dialog.remote_cseq) == (0, 1)
    assert dialog.early
    assert (dialog.contact, dialog.flow) == (US, ALICE)


def test_the_callees_route_set_is_the_record_route_in_order() -> None:
    dialog = invited([*THEM, *ROUTES])
    assert dialog.route_set == ("<sip:p1.example;lr>", "<sip:p2.example;lr>")


def test_a_caller_of_rfc_2543_has_no_tag() -> None:
    invite = request(fields=THEM)
    invite.headers.set("from", "<sip:old@example.com>")
    dialog = Dialog.from_invite(invite, "ours", US, ALICE)
    assert dialog.id == ("call-1", "ours", "")
    assert dialog.request("BYE", VIA).headers.get("to") == "<sip:old@example.com>"


@pytest.mark.parametrize("fields", [[], [("Contact", "*")]])
def test_an_invite_without_a_way_back_makes_no_dialog(fields: Fields) -> None:
    with pytest.raises(BadMessage) as bad:
        invited(fields)
    assert bad.value.status == 400


def test_display_name_and_parameters_of_the_peer_are_kept() -> None:
    invite = request(fields=THEM)
    invite.headers.set("from", '"Alice, A." <sip:alice@example.com>;tag=a;x=y')
    dialog = Dialog.from_invite(invite, "ours", US, ALICE)
    assert dialog.remote_uri == '"Alice, A." <sip:alice@example.com>;x=y'
    assert dialog.remote_tag == "a"


# --- the caller's side (§12.1.2)


def test_the_caller_takes_its_state_from_request_and_response() -> None:
    dialog, _, _ = inviting()
    assert dialog.id == ("call-1", "alice", "theirs")
    assert dialog.local_uri == "<sip:alice@example.com>"
    assert dialog.remote_uri == "<sip:bob@example.com>"
    assert (dialog.local_cseq, dialog.remote_cseq) == (5, None)
    assert (dialog.contact, dialog.flow) == (US, BOB)


@pytest.mark.parametrize(("status", "early"), [(180, True), (200, False)])
def test_a_provisional_makes_an_early_dialog(status: int, early: bool) -> None:
    assert inviting(status=status)[0].early is early


def test_the_callers_route_set_is_the_record_route_reversed() -> None:
    dialog, _, _ = inviting([*THEM, *ROUTES])
    assert dialog.route_set == ("<sip:p2.example;lr>", "<sip:p1.example;lr>")


def test_a_response_without_contact_leaves_the_request_uri_as_target() -> None:
    dialog, invite, _ = inviting([], 180)
    assert dialog.remote_target == invite.uri


def test_a_contact_of_star_makes_no_dialog() -> None:
    with pytest.raises(BadMessage):
        inviting([("Contact", "*")])


def test_a_response_without_tag_and_a_request_without_contact_are_borne() -> None:
    invite = request()
    dialog = Dialog.from_response(invite, response(invite, 180, tag=""), BOB)
    assert (dialog.remote_tag, dialog.contact) == ("", "")


def test_the_2xx_replaces_the_route_set_of_the_early_dialog() -> None:
    dialog, invite, _ = inviting([*THEM, *ROUTES], 180)
    moved = [("Contact", "<sip:bob@203.0.113.9>"), ("Record-Route", "<sip:p3.example;lr>")]
    dialog.confirm(response(invite, 200, tag="theirs", fields=moved))
    assert not dialog.early
    assert dialog.route_set == ("<sip:p3.example;lr>",)
    assert dialog.remote_target == "sip:bob@203.0.113.9"
    assert dialog.request("BYE", VIA).headers.route == ["<sip:p3.example;lr>"]


def test_a_2xx_without_contact_leaves_the_target() -> None:
    dialog, invite, _ = inviting(status=180)
    dialog.confirm(response(invite, 200, tag="theirs"))
    assert dialog.remote_target == "sip:alice@192.0.2.1:5060"


def test_a_bad_2xx_changes_nothing() -> None:
    dialog, invite, _ = inviting(status=180)
    with pytest.raises(BadMessage):
        dialog.confirm(response(invite, 200, fields=[*THEM, ("Record-Route", "<")]))
    assert dialog.early
    assert dialog.route_set == ()


# --- requests (§12.2.1.1)


def test_a_request_within_the_dialog() -> None:
    bye = read_request(
        invited().request("BYE", VIA, [("Subject", "y")], b"hi", "text/plain").encode()
    )
    assert bye.uri == "sip:alice@192.0.2.1:5060"
    assert bye.headers.all("via") == [VIA]
    assert bye.headers.get("from") == "<sip:bob@example.com>;tag=ours"
    assert bye.headers.get("to") == "<sip:alice@example.com>;tag=alice"
    assert bye.headers.call_id == "call-1"
    assert bye.headers.max_forwards == 70
    assert bye.headers.get("subject") == "y"
    assert (bye.body, bye.headers.content_type) == (b"hi", "text/plain")


def test_max_forwards_can_be_handed_on() -> None:
    assert invited().request("INFO", VIA, max_forwards=12).headers.max_forwards == 12


def test_each_request_has_the_next_cseq() -> None:
    dialog, _, _ = inviting()
    numbers = [str(dialog.request(each, VIA).headers.cseq) for each in ("INFO", "BYE")]
    assert numbers == ["6 INFO", "7 BYE"]


def test_only_a_request_that_may_move_the_target_has_a_contact() -> None:
    dialog = invited()
    assert dialog.request("INVITE", VIA).headers.all("contact") == [US]
    assert dialog.request("UPDATE", VIA).headers.all("contact") == [US]
    assert dialog.request("BYE", VIA).headers.all("contact") == []


def test_a_loose_route_set_goes_into_route_lines() -> None:
    bye = invited([*THEM, *ROUTES]).request("BYE", VIA)
    assert bye.uri == "sip:alice@192.0.2.1:5060"
    assert bye.headers.route == ["<sip:p1.example;lr>", "<sip:p2.example;lr>"]


def test_a_strict_router_becomes_the_request_uri() -> None:
    strict = [("Record-Route", "<sip:old.example;method=BYE?x=y>, <sip:p2.example;lr>")]
    bye = invited([*THEM, *strict]).request("BYE", VIA)
    assert bye.uri == "sip:old.example"
    assert bye.headers.route == ["<sip:p2.example;lr>", "<sip:alice@192.0.2.1:5060>"]


def test_the_ack_has_the_cseq_of_its_invite_and_counts_nothing() -> None:
    dialog, _, _ = inviting([*THEM, *ROUTES])
    ack = dialog.ack(5, VIA, b"v=0", "application/sdp")
    assert (ack.method, str(ack.headers.cseq)) == ("ACK", "5 ACK")
    assert ack.headers.route == ["<sip:p2.example;lr>", "<sip:p1.example;lr>"]
    assert (ack.body, ack.headers.content_type) == (b"v=0", "application/sdp")
    assert dialog.local_cseq == 5


def test_the_target_loses_what_may_not_stand_in_a_request_uri() -> None:
    dialog = invited([("Contact", "<sip:a@192.0.2.1;transport=udp;method=INVITE?Route=x>")])
    assert dialog.request("BYE", VIA).uri == "sip:a@192.0.2.1;transport=udp"


# --- the target moves (§12.2)


def test_a_reinvite_moves_the_target() -> None:
    dialog = invited()
    assert dialog.refresh_target(request(fields=[("Contact", "<sip:alice@203.0.113.1>")]))
    assert dialog.request("BYE", VIA).uri == "sip:alice@203.0.113.1"


@pytest.mark.parametrize("fields", [[], THEM])
def test_no_contact_or_the_same_leaves_the_target(fields: Fields) -> None:
    dialog = invited()
    assert not dialog.refresh_target(request(fields=fields))
    assert dialog.remote_target == "sip:alice@192.0.2.1:5060"


def test_a_strict_route_follows_the_target() -> None:
    dialog = invited([*THEM, ("Record-Route", "<sip:old.example>")])
    dialog.refresh_target(request(fields=[("Contact", "<sip:alice@203.0.113.1>")]))
    assert dialog.request("BYE", VIA).headers.route == ["<sip:alice@203.0.113.1>"]


# --- order (§12.2.2)


def test_a_later_cseq_is_taken_even_with_a_gap() -> None:
    dialog = invited()
    assert dialog.accepts(request("INFO", cseq=9)) is None
    assert dialog.remote_cseq == 9


@pytest.mark.parametrize("cseq", [1, 0])
def test_a_cseq_that_is_not_later_is_refused_with_500(cseq: int) -> None:
    dialog = invited()
    refusal = dialog.accepts(request("INFO", cseq=cseq))
    assert refusal is not None
    assert refusal.status == 500
    assert dialog.remote_cseq == 1


def test_the_first_request_of_the_peer_may_have_any_cseq() -> None:
    dialog, _, _ = inviting()
    assert dialog.accepts(request("BYE", cseq=0)) is None
    assert dialog.remote_cseq == 0


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_have_the_number_of_their_invite(method: str) -> None:
    dialog = invited()
    assert dialog.accepts(request(method, cseq=1)) is None
    assert dialog.remote_cseq == 1


# --- hostile


def test_a_nul_that_the_peer_hid_in_quotes_is_not_written_back() -> None:
    invite = build_request(
        "INVITE",
        "sip:bob@example.com",
        [
            ("Via", VIA),
            ("From", '"A@" <sip:alice@example.com>;tag=alice;x="@"'),
            ("To", "<sip:bob@example.com>"),
            ("Call-ID", "call-1"),
            ("CSeq", "1 INVITE"),
            ("Contact", "<sip:alice@192.0.2.1>"),
            ("Record-Route", '"@" <sip:p1.example;lr>'),
        ],
    )
    hostile = read_request(invite.encode().replace(b'@"', b'\\\0"'))
    dialog = Dialog.from_invite(hostile, "ours", US, ALICE)
    assert b"\0" not in dialog.request("BYE", VIA).encode()
