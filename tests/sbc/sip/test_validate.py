"""RFC 3261 §8.2.2 and §16.3: what a message must hold before anybody works on it."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.message import Request, Response
from sbc.sip.validate import check_request, check_response

FIELDS = {
    "Via": "SIP/2.0/UDP h;branch=z9hG4bK1",
    "From": "<sip:a@example.com>;tag=1",
    "To": "<sip:b@example.com>",
    "Call-ID": "abc",
    "CSeq": "1 INVITE",
    "Contact": "<sip:a@h>",
    "Max-Forwards": "70",
}


def invite(*more: tuple[str, str], **changed: str | None) -> Request:
    method, uri = changed.pop("method", "INVITE"), changed.pop("uri", "sip:b@example.com")
    return Request(str(method), str(uri), Headers([*fields(changed), *more]))


def fields(changed: dict[str, str | None]) -> list[tuple[str, str]]:
    merged = FIELDS | {name.replace("_", "-"): value for name, value in changed.items()}
    return [(name, value) for name, value in merged.items() if value is not None]


def refused(request: Request) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        check_request(request)
    assert caught.value.request is request
    return caught.value


def test_a_plain_request_passes() -> None:
    check_request(invite())


def test_what_rfc_2543_left_out_may_be_absent() -> None:
    check_request(invite(Max_Forwards=None, Contact=None, From="<sip:a@example.com>"))


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call_ID", "CSeq"])
def test_what_is_mandatory_may_not_be_absent(name: str) -> None:
    assert refused(invite(**{name: None})).reason == f"Missing {name.replace('_', '-')}"


@pytest.mark.parametrize(
    "uri", ["sips:b@example.com", "sip:[2001:db8::1]:5070;lr", "tel:+12015550123"]
)
def test_the_target_may_have_any_scheme_we_know(uri: str) -> None:
    check_request(invite(uri=uri))


@pytest.mark.parametrize("uri", ["nobody:knows", "soap.beep://192.0.2.103:3002", "urn:service:sos"])
def test_another_scheme_is_416(uri: str) -> None:
    assert refused(invite(uri=uri)).status == 416


@pytest.mark.parametrize(
    "uri",
    ["<sip:b@example.com>", "sip:b@example.com?Route=%3Csip:x%3E", "sip:2001:db8::10", "b", ""],
)
def test_a_malformed_target_is_400(uri: str) -> None:
    assert refused(invite(uri=uri)).status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Via", "SIP/2.0/UDP h;;,;,,"),
        ("Via", ""),
        ("From", "Bell, Alexander <sip:a@b>"),
        ("From", "<no uri>;tag=1"),
        ("From", "<nouri>;tag=1"),
        ("To", '"never closed <sip:a@b>'),
        ("To", "<sip:a@b c>"),
        ("To", "<sip:@b>"),
        ("Call-ID", "a b"),
        ("CSeq", "2147483648 INVITE"),
        ("CSeq", "1 OPTIONS"),
        ("CSeq", "1 invite"),
        ("Contact", "*"),
        ("Contact", "sip:a@b?Route=x"),
        ("Contact", "<sip:a@b>, <sip:c@d>"),
        ("Max-Forwards", "256"),
        ("Max-Forwards", "-1"),
        ("Expires", "4294967296"),
        ("RSeq", "-1"),
        ("RAck", "1 INVITE"),
        ("Date", "Fri, 01 Jan 2010 16:00:00 EST"),
        ("Route", "sip:a b"),
        ("Route", "<>"),
        ("Record-Route", ",".join(["<sip:a;lr>"] * 41)),
        ("Via", ",".join(["SIP/2.0/UDP h"] * 101)),
    ],
)
def test_a_malformed_field_is_400(name: str, value: str) -> None:
    given = [(each, text) for each, text in FIELDS.items() if each != name]
    assert refused(Request("INVITE", "sip:b@h", Headers([*given, (name, value)]))).status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("f", "<sip:other@example.com>;tag=2"),
        ("t", "<sip:other@example.com>"),
        ("i", "abc"),
        ("CSeq", "1 INVITE"),
        ("max-forwards", "70"),
    ],
)
def test_a_second_value_of_a_single_field_is_400(name: str, value: str) -> None:
    bad = refused(invite((name, value)))
    assert (bad.status, bad.reason.split()[0]) == (400, "Repeated")


def test_lists_may_be_spread_over_fields() -> None:
    check_request(
        invite(("Via", "SIP/2.0/TCP i"), ("Route", "<sip:x;lr>"), ("Route", "<sip:y>"), ("X", "1"))
    )


def test_all_scalars_within_their_range_pass() -> None:
    check_request(
        invite(
            ("Expires", "0"),
            ("Date", "Fri, 01 Jan 2010 16:00:00 GMT"),
            CSeq="2147483647 INVITE",
            Max_Forwards="0",
        )
    )


def test_a_star_contact_unregisters() -> None:
    check_request(invite(method="REGISTER", CSeq="1 REGISTER", Contact="*"))
    refused(invite(("Contact", "*"), method="REGISTER", CSeq="1 REGISTER"))


def test_several_contacts_may_register() -> None:
    check_request(invite(("Contact", "<sip:c@d>"), method="REGISTER", CSeq="1 REGISTER"))


def test_a_prack_says_what_it_acknowledges() -> None:
    assert refused(invite(method="PRACK", CSeq="2 PRACK")).reason == "Missing RAck"
    check_request(invite(("RAck", "1 1 INVITE"), method="PRACK", CSeq="2 PRACK"))


# Responses


def response(status: int, **changed: str | None) -> Response:
    return Response(status, "", Headers(fields(changed)))


@pytest.mark.parametrize("status", [100, 200, 699])
def test_a_plain_response_passes(status: int) -> None:
    check_response(response(status))


@pytest.mark.parametrize("status", [0, 99, 700, 999])
def test_a_status_outside_the_six_classes_is_refused(status: int) -> None:
    with pytest.raises(BadMessage):
        check_response(response(status))


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call_ID", "CSeq"])
def test_a_response_without_a_mandatory_field_is_refused(name: str) -> None:
    with pytest.raises(BadMessage, match="Missing"):
        check_response(response(200, **{name: None}))


def test_a_response_with_a_malformed_scalar_is_refused() -> None:
    with pytest.raises(BadMessage, match="Bad CSeq"):
        check_response(response(503, CSeq="9292394834772304023312 OPTIONS"))


def test_a_redirection_may_name_several_contacts() -> None:
    check_response(response(302, Contact="<sip:a@b>;q=1, <sip:c@d>;q=0.5"))
