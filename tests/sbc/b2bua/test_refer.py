"""Refer-To across the border: RFC 3515 §2.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.actions import Flow
from sbc.b2bua.refer import Wanted, refer_to, replaces_in, wanted
from sbc.b2bua.replaces import Replaces
from sbc.routing.listeners import Listeners
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_request
from sbc.sip.uri import Uri
from tests.support.configs import config

LAN = Listeners(config()).of(Flow("lan", "udp", ("10.20.0.11", 5060)))
SAFE_FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=200)


def referring(*values: str) -> Request:
    return build_request("REFER", "sip:x@y", [("Refer-To", value) for value in values])


@pytest.mark.parametrize(
    "value",
    [
        "<sip:300@192.0.2.99>",
        "sip:300@192.0.2.99",
        '"Carol" <sip:300@carol.example;transport=tcp>;extra=1',
        "<sips:300@192.0.2.99>",
        "<sip:300:secret@192.0.2.99>",
        "<sip:300;phone-context=x@192.0.2.99>",
        "<sip:%33%30%30@192.0.2.99>",
        "<tel:300>",
        "<sip:300@192.0.2.99;method=INVITE>",
        "<sip:300@192.0.2.99?Replaces=abc%40192.0.2.99%3Bto-tag%3D1%3Bfrom-tag%3D2>",
    ],
)
def test_the_user_crosses_and_the_host_is_ours(value: str) -> None:
    assert refer_to(referring(value), LAN) == "<sip:300@10.20.0.5:5060>"


@pytest.mark.parametrize(
    "value",
    [
        "<sip:192.0.2.99>",  # names a host and nobody there
        "<sip:;x@192.0.2.99>",
        "<sip::secret@192.0.2.99>",
        "<urn:service:sos>",
        "<http://192.0.2.99/300>",
        "<mailto:300@192.0.2.99>",
        "<sip:300@192.0.2.99",
        "sip:300@192.0.2.99?Replaces=abc",  # §20: a question mark needs brackets
        "<sip:%zz@192.0.2.99>",
        "",
        "*",
    ],
)
def test_what_names_nobody_does_not_cross(value: str) -> None:
    assert refer_to(referring(value), LAN) is None


def test_a_refer_without_the_field_names_nobody() -> None:
    assert refer_to(referring(), LAN) is None


@given(SAFE_FIELD | SAFE_FIELD.map(lambda text: f"<sip:{text}@192.0.2.99>"))
def test_nothing_but_a_user_crosses_whatever_stands_there(value: str) -> None:
    crossed = refer_to(referring(value), LAN)
    if crossed is not None:
        uri = Uri.parse(NameAddr.parse(crossed).uri)
        assert uri.user
        assert (uri.scheme, uri.host, uri.port) == ("sip", "10.20.0.5", 5060)
        assert (uri.params, uri.headers, NameAddr.parse(crossed).params) == ((), "", ())


NAMED = "<sip:300@a.invalid?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>"


def test_what_is_asked_for_is_a_number_and_perhaps_a_call() -> None:
    assert wanted(referring("<sip:300@a.invalid>")) == Wanted("300")
    assert wanted(referring(NAMED)) == Wanted("300", Replaces("x@y", "1", "2"))
    more = NAMED.replace("?", "?From=%3Csip%3Aceo@evil%3E&").replace("Replaces", "rEpl%61ces")
    assert wanted(referring(more)) == Wanted("300", Replaces("x@y", "1", "2"))


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ((), 400),
        (("<sip:300@a>", "<sip:301@a>"), 400),
        (("<sip:a.invalid>",), 400),
        (("<sip:300@a.invalid;method=BYE>",), 603),
        (("<sip:300@a?Replaces=x>",), 400),
        (("<sip:300@a?Replaces=x;to-tag=1;from-tag=2&Replaces=x;to-tag=1;from-tag=2>",), 400),
    ],
)
def test_what_asks_for_no_call_is_refused(values: tuple[str, ...], status: int) -> None:
    with pytest.raises(BadMessage) as bad:
        wanted(referring(*values))
    assert bad.value.status == status


def test_header_fields_without_end_are_not_all_looked_at() -> None:
    uri = Uri.parse(f"sip:300@a?{'a=b&' * 500}Replaces=x;to-tag=1;from-tag=2")
    assert replaces_in(uri) is None


def test_a_dialog_crosses_as_the_other_side_knows_it() -> None:
    crossed = refer_to(referring(NAMED), LAN, lambda said: said.known_as(("c", "t", "f")))
    assert crossed == "<sip:300@10.20.0.5:5060?Replaces=c%3Bto-tag%3Dt%3Bfrom-tag%3Df>"
