"""Who calls whom, free of hosts (S1, Z4): RFC 3261 §19.1, RFC 3966, RFC 3323."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Config
from sbc.b2bua.identity import (
    Parties,
    at,
    escaped,
    from_field,
    parties,
    request_uri,
    to_field,
    uri_host,
    user_of,
)
from sbc.routing.listeners import Listeners
from sbc.routing.targets import Target, Targets
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_request
from sbc.sip.uri import Uri
from tests.support.configs import TWO_ZONES, config

ALICE = Parties("300", "Carol", "300", "200", "Alice", anonymous=False)
USERS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=140)
PRINTABLE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).map(
    lambda text: "".join(each for each in text if each.isprintable())
)
NAMES = st.tuples(PRINTABLE.filter(bool), PRINTABLE)
"""A user, who must be somebody, and a display name."""


def invite(
    uri: str = "sip:300@203.0.113.10",
    from_: str = '"Alice" <sip:200@192.0.2.1>;tag=a',
    to: str = "<sip:300@203.0.113.10>",
) -> Request:
    return build_request("INVITE", uri, [("From", from_), ("To", to)])


def target(endpoint: str) -> Target:
    text = TWO_ZONES.replace("sip:10.20.0.11", endpoint)
    if "[" in endpoint:
        text = text.replace("bind: 10.20.0.5", 'bind: "2001:db8::5"')
    made: Config = config(text)
    return Targets(made, Listeners(made)).of("pbx")[0]


# --- the user of a URI ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "user"),
    [
        ("sip:alice@192.0.2.1", "alice"),
        ("sips:alice@192.0.2.1;transport=tcp?Subject=x", "alice"),
        ("sip:+49-691.234@192.0.2.1;user=phone", "+49-691.234"),
        ("sip:alice:secret@192.0.2.1", "alice"),
        ("sip:alice:a:b@192.0.2.1", "alice"),
        ("sip:alice;npdi;rn=+4912@192.0.2.1", "alice"),
        ("sip:alice;x=y:secret@192.0.2.1", "alice"),
        ("sip:alice:secret;x@192.0.2.1", "alice"),
        ("sip:%61lice@192.0.2.1", "alice"),
        ("sip:a%3Ab%3Bc%40d@192.0.2.1", "a:b;c@d"),  # escaped they are part of the name
        ("sip:z%C3%BCrich@192.0.2.1", "zürich"),
        ("sip:z%FCrich@192.0.2.1", "z\N{REPLACEMENT CHARACTER}rich"),
        ("sip:%ED%A0%80@192.0.2.1", "\N{REPLACEMENT CHARACTER}" * 3),
        ("sip:a%0D%0AVia%3A%20x@192.0.2.1", "aVia: x"),
        ("sip:a%0D%0Ab%00c%7Fd@192.0.2.1", "abcd"),
        ("sip:a%E2%80%AEb@192.0.2.1", "ab"),  # right-to-left override
        ("sip:a%20b@192.0.2.1", "a b"),
        ("sip:%2541@192.0.2.1", "%41"),  # unescaped once
        ("sip:192.0.2.1", ""),
        ("sip:;x@192.0.2.1", ""),
        ("sip::secret@192.0.2.1", ""),
        ("sip:%00@192.0.2.1", ""),
        ("tel:+49-691-234567", "+49-691-234567"),
        ("tel:7042;phone-context=192.0.2.1", "7042"),
        ("tel:%2B49", "+49"),
        ("urn:service:sos", ""),
        ("http://192.0.2.1/alice", ""),
        ("mailto:alice@192.0.2.1", ""),
        ("h323:alice@192.0.2.1", ""),
    ],
)
def test_the_user_is_free_of_host_password_parameters_and_what_cannot_be_printed(
    uri: str, user: str
) -> None:
    assert user_of(Uri.parse(uri)) == user


def test_a_name_is_cut_at_128_characters() -> None:
    assert user_of(Uri.parse(f"sip:{'a' * 128}@x")) == "a" * 128
    assert user_of(Uri.parse(f"sip:{'a' * 129}@x")) == "a" * 128
    assert user_of(Uri.parse(f"sip:{'%C3%BC' * 200}@x")) == "ü" * 128
    assert user_of(Uri.parse(f"sip:{'%00' * 200}a@x")) == "a"


# --- who is in an INVITE --------------------------------------------------------------------------


def test_both_users_and_their_names_are_read() -> None:
    request = invite(to='"Carol C." <sip:400@203.0.113.10>')
    assert parties(request) == Parties("300", "Carol C.", "400", "200", "Alice", anonymous=False)


@pytest.mark.parametrize("to", ["<sip:203.0.113.10>", "<urn:service:sos>", "<tel:;x>"])
def test_a_to_that_names_nobody_means_whom_the_request_is_for(to: str) -> None:
    assert parties(invite(to=to)).to_user == "300"


def test_a_number_may_be_called_by_its_tel_uri() -> None:
    who = parties(invite("tel:+49691", "<tel:+49200;isub=1>;tag=a", "<tel:+49300>"))
    assert (who.called, who.caller, who.to_user) == ("+49691", "+49200", "+49300")


@pytest.mark.parametrize(
    ("from_", "caller", "display", "anonymous"),
    [
        ('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a', "anonymous", "Anonymous", True),
        ("sip:anonymous@Anonymous.INVALID;tag=a", "anonymous", "", True),
        ("<sip:anonymous@192.0.2.1>;tag=a", "anonymous", "", False),
        ("<sip:192.0.2.1>;tag=a", "", "", False),
        ("<sip:a@anonymous.invalid.example>;tag=a", "a", "", False),
        ('"Z\udcfc \x7f\u202eX" <sip:200@192.0.2.1>;tag=a', "200", "Z X", False),
        (f'"{"n" * 129}" <sip:200@192.0.2.1>;tag=a', "200", "n" * 128, False),
    ],
)
def test_the_caller_as_its_from_shows_it(
    from_: str, caller: str, display: str, anonymous: bool
) -> None:
    who = parties(invite(from_=from_))
    assert (who.caller, who.caller_display, who.anonymous) == (caller, display, anonymous)


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("sips:300@203.0.113.10", 416),
        ("sip:203.0.113.10", 404),
        ("sip:%00@203.0.113.10", 404),
        ("urn:service:sos", 404),
        ("sip:300@", 400),
        ("sip:3%0@203.0.113.10", 400),
    ],
)
def test_a_request_that_names_nobody_is_refused(uri: str, status: int) -> None:
    with pytest.raises(BadMessage) as caught:
        parties(invite(uri))
    assert caught.value.status == status


@pytest.mark.parametrize("field", ["<sip:200@>;tag=a", "<nonsense>;tag=a", '"Alice" ;tag=a'])
def test_a_malformed_from_or_to_is_refused(field: str) -> None:
    for request in (invite(from_=field), invite(to=field)):
        with pytest.raises(BadMessage) as caught:
            parties(request)
        assert caught.value.status == 400


# --- as the other side sees them ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "written"),
    [
        ("alice", "alice"),
        ("+49(69)1-2.3", "+49(69)1-2.3"),
        ("-_.!~*'()&=+$,?/", "-_.!~*'()&=+$,?/"),
        ("a;b:c@d", "a%3Bb%3Ac%40d"),
        ('a"b<c>d e%', "a%22b%3Cc%3Ed%20e%25"),
        ("zü", "z%C3%BC"),
        ("#[]\\^`{|}", "%23%5B%5D%5C%5E%60%7B%7C%7D"),
    ],
)
def test_a_user_is_escaped_but_where_the_grammar_lets_it_stand(user: str, written: str) -> None:
    assert escaped(user) == written


@given(USERS)
def test_a_user_comes_back_as_it_was_but_for_what_cannot_be_printed(user: str) -> None:
    shown = "".join(each for each in user if each.isprintable())[:128]
    uri = Uri.parse(f"sip:{escaped(user)}@192.0.2.1:5060;x=y")
    assert (uri.host, uri.port, uri.params) == ("192.0.2.1", 5060, (("x", "y"),))
    assert user_of(uri) == shown


def test_an_address_of_ours_for_a_user() -> None:
    assert at("a b", "203.0.113.10:5060") == "<sip:a%20b@203.0.113.10:5060>"


@pytest.mark.parametrize(
    ("endpoint", "uri"),
    [
        ("sip:10.20.0.11", "sip:300@10.20.0.11"),
        ("sip:10.20.0.11:5080", "sip:300@10.20.0.11:5080"),
        ("sip:10.20.0.11;transport=tcp", "sip:300@10.20.0.11;transport=tcp"),
        ("sip:10.20.0.11:5080;transport=tcp", "sip:300@10.20.0.11:5080;transport=tcp"),
        ("sip:[2001:db8::11]:5080", "sip:300@[2001:db8::11]:5080"),
        ("sip:[2001:db8::11]", "sip:300@[2001:db8::11]"),
    ],
)
def test_the_request_goes_to_the_called_user_at_the_target(endpoint: str, uri: str) -> None:
    assert request_uri("300", target(endpoint)) == uri
    Uri.parse(uri)


def test_the_host_of_a_target_stands_in_brackets_where_it_must() -> None:
    assert uri_host(target("sip:[2001:db8::11]")) == "[2001:db8::11]"
    assert uri_host(target("sip:10.20.0.11:5080")) == "10.20.0.11"


@pytest.mark.parametrize(
    ("who", "from_"),
    [
        (ALICE, '"Alice" <sip:200@example.org>;tag=t'),
        (replace(ALICE, caller_display=""), "<sip:200@example.org>;tag=t"),
        (replace(ALICE, caller=""), '"Alice" <sip:example.org>;tag=t'),
        (replace(ALICE, anonymous=True), '"Alice" <sip:200@anonymous.invalid>;tag=t'),
        (replace(ALICE, caller="", anonymous=True), '"Alice" <sip:anonymous.invalid>;tag=t'),
    ],
)
def test_the_caller_stands_in_from_at_the_domain_of_that_side(who: Parties, from_: str) -> None:
    assert from_field(who, "example.org", "t") == from_


def test_the_called_user_stands_in_to_at_the_domain_of_that_side() -> None:
    assert to_field(ALICE, "example.org") == '"Carol" <sip:300@example.org>'
    other = replace(ALICE, to_user="a;b", called_display="")
    assert to_field(other, "example.org") == "<sip:a%3Bb@example.org>"


@given(NAMES)
def test_no_name_can_break_out_of_from_or_to(names: tuple[str, str]) -> None:
    user, display = names
    who = Parties(user, display, user, user, display, anonymous=False)
    for field, params in (
        (from_field(who, "example.org", "t"), (("tag", "t"),)),
        (to_field(who, "example.org"), ()),
    ):
        read = NameAddr.parse(field)
        uri = Uri.parse(read.uri)
        assert (read.display, read.params) == (display, params)
        assert (user_of(uri), uri.host, uri.params, uri.headers) == (user, "example.org", (), "")


@given(NAMES)
def test_a_caller_crosses_two_borders_as_it_crosses_one(names: tuple[str, str]) -> None:
    user, display = names
    once = parties(
        invite(
            f"sip:{escaped(user)}@203.0.113.10",
            from_field(replace(ALICE, caller=user, caller_display=display), "example.org", "t"),
        )
    )
    assert (once.called, once.caller, once.caller_display) == (user, user, display)
