"""What of a REGISTER and of its answer crosses (RFC 3327, RFC 3608, RFC 5626, RFC 5627); whole
flows stand in tests/simulation/test_a4_relaying.py."""

import pytest

from sbc.registrar import passed
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.limits import Limits
from sbc.sip.message import Request, Response, build_request, build_response

LONG = "x" * 600


def headers(*lines: str) -> Headers:
    return Headers.parse("\r\n".join(lines), Limits())


def register(cseq: int, call_id: str = "one") -> Request:
    fields = [("Call-ID", call_id), ("CSeq", f"{cseq} REGISTER")]
    return build_request("REGISTER", "sip:example.com", fields)


def answered(status: int, *fields: tuple[str, str]) -> Response:
    return build_response(register(1), status, None, fields)


def test_numbers_go_on_as_the_phone_s_do_with_room_for_challenges_between() -> None:
    numbers = [passed.numbered(register(n), b"key", "pbx", "anna") for n in (1, 2, 3)]
    assert [n for _, n in numbers] == [9, 17, 25]
    assert len({call_id for call_id, _ in numbers}) == 1
    assert all(n < 2**31 for n in (passed.numbered(register(2**31 - 1), b"key")[1],))


def test_where_our_numbers_would_begin_again_so_does_the_call_id() -> None:
    before, after = (passed.numbered(register(n), b"key") for n in (2**28 - 1, 2**28))
    assert before[0] != after[0]
    assert after[1] < before[1] < 2**31


def test_a_call_id_depends_on_whose_it_is_and_on_our_key() -> None:
    ids = {
        passed.numbered(register(1, call_id), key, user)[0]
        for call_id in ("one", "two\udcff")
        for key in (b"a", b"b")
        for user in ("anna", "bert")
    }
    assert len(ids) == 8


def test_what_is_granted_is_found_by_name() -> None:
    response = answered(
        200, ("Contact", "<sip:t1@h>;expires=30;pub-gruu=x, <sip:t2@h>, <sip:h>"), ("Expires", "60")
    )
    found = passed.granted(response)
    assert {token: seconds for token, (seconds, _) in found.items()} == {"t1": 30, "t2": 60}
    assert passed.granted(answered(200, ("Contact", "<sip:t3@h>"))) == {"t3": (0, ())}
    with pytest.raises(BadMessage):
        passed.granted(answered(200, ("Contact", "<sip:t1@h>;expires=soon")))


@pytest.mark.parametrize(
    "value",
    ['"sip:a@10.20.0.5;gr"', '"nonsense"', f'"sip:{LONG}@example.com;gr"', None, '"sip:@"'],
)
def test_a_gruu_of_another_domain_stays_behind(value: str | None) -> None:
    assert passed.gruus((("pub-gruu", value), ("x", "y")), {"example.com"}) == ()


@pytest.mark.parametrize(
    "route", [", ".join(["<sip:a;lr>"] * 9), f"<sip:{LONG};lr>", "nonsense", "<sip:>"]
)
def test_a_service_route_beyond_measure_or_sense_is_none(route: str) -> None:
    assert passed.service_route(headers(f"Service-Route: {route}")) == ()


def test_a_service_route_keeps_its_order_and_nothing_but_uris() -> None:
    found = headers('Service-Route: "x" <sip:a;lr>;p=1', "Service-Route: <sip:b>")
    assert passed.service_route(found) == ("<sip:a;lr>", "<sip:b>")


def test_of_challenges_only_digests_pass_written_anew() -> None:
    response = answered(
        401,
        ("WWW-Authenticate", 'Digest realm="r", nonce="n", host="10.20.0.1", qop="auth"'),
        ("WWW-Authenticate", "Basic realm=r"),
        ("WWW-Authenticate", f'Digest realm="{LONG}"'),
    )
    wanted = 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'
    assert passed.challenges(response) == (("WWW-Authenticate", wanted),)


def test_what_a_refusal_must_say_is_said() -> None:
    response = answered(
        423,
        ("Min-Expires", "600"),
        ("Retry-After", "30 (I am at 10.20.0.1)"),
        ("Unsupported", "gruu, bad tag, path"),
        ("Warning", "399 10.20.0.1 x"),
    )
    assert passed.refusal_fields(response) == (
        ("Min-Expires", "600"),
        ("Retry-After", "30"),
        ("Unsupported", "gruu, path"),
    )
    assert passed.refusal_fields(answered(503, ("Retry-After", "soon"))) == ()


def test_credentials_and_their_answer_pass_within_measure() -> None:
    found = headers("Authorization: Digest a=b", f"Proxy-Authorization: {LONG}{LONG}")
    assert passed.credentials(found) == (("Authorization", "Digest a=b"),)
    assert passed.authentication_info(headers("X: y")) == ()
    assert passed.authentication_info(headers("Authentication-Info: <>")) == ()
    assert passed.authentication_info(headers('Authentication-Info: nextnonce="n"')) == (
        ("Authentication-Info", 'nextnonce="n"'),
    )


def test_of_option_tags_only_those_of_registration_pass() -> None:
    assert passed.option_tags(["gruu", "x", "path"]) == "path, gruu"
