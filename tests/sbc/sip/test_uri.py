"""RFC 3261 §19.1."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.uri import Uri, same_uri


def test_every_part_is_read() -> None:
    uri = Uri.parse("sip:alice:secret@example.com:5070;transport=tcp;lr?Subject=x&Priority=urgent")
    assert uri == Uri(
        scheme="sip",
        user="alice:secret",
        host="example.com",
        port=5070,
        params=(("transport", "tcp"), ("lr", None)),
        headers="Subject=x&Priority=urgent",
    )
    assert (uri.param("transport"), uri.param("lr"), uri.param("maddr")) == ("tcp", "", None)


@pytest.mark.parametrize(
    "text",
    [
        "sip:example.com",
        "sips:alice@example.com",
        "sip:alice@[2001:db8::1]:5060;lr",
        "sip:*98#@my_host",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1@example.com",
        "sip:sips%3Auser%40example.com@example.net",
        "sip:a@b;+g.oma=x?Replaces=1%40b",
        "tel:+1-201-555-0123;phone-context=example.com",
        "urn:service:sos",
        "isbn:2983792873",
        "http://www.example.com/?a@b",
        "sip:" + "a" * 300 + "@example.com",
    ],
)
def test_a_uri_is_written_as_it_was_read(text: str) -> None:
    assert str(Uri.parse(text)) == text


def test_the_scheme_has_no_case() -> None:
    assert Uri.parse("SIP:a@b") == Uri.parse("sip:a@b")


def test_semicolons_before_the_at_sign_belong_to_the_user() -> None:
    uri = Uri.parse("sip:user;par=u%40example.net@example.com")
    assert (uri.user, uri.host, uri.params) == ("user;par=u%40example.net", "example.com", ())


def test_an_opaque_uri_keeps_all_that_follows_its_scheme() -> None:
    uri = Uri.parse("tel:+12015550123;ext=1")
    assert (uri.scheme, uri.user, uri.host) == ("tel", None, "+12015550123;ext=1")


def test_an_escaped_parameter_name_is_found_by_its_meaning() -> None:
    uri = Uri.parse("sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31")
    assert (uri.param("lr"), uri.param("name")) == ("", "v%61lue%25%34%31")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        ":a@b",
        "sip:@b",
        "sip:a@",
        "sip:a b@c",
        "<sip:a@b>",
        "sip:a@b>",
        "1sip:a",
        "sip:a@b c",
        "sip:a@b;;",
        "sip:a@b:",
        "sip:a%zz@b",
        "sip:a%4",
        "sip:a@b@c",
        "sip:2001:db8::1",
        "sip:é@b",
        "sip:a\x00@b",
        "sip:a\r\n@b",
        'sip:"a"@b',
        "sip:a@b;x=1;X=2",
        "\udce9:a",
    ],
)
def test_a_malformed_uri_is_refused(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        Uri.parse(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("tel:+1", "TEL:+1"),
    ],
)
def test_uris_that_the_rfc_calls_equal(a: str, b: str) -> None:
    assert same_uri(Uri.parse(a), Uri.parse(b))
    assert same_uri(Uri.parse(b), Uri.parse(a))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:a@b", "sip:a@b;user=phone"),
        ("sip:b", "sip:a@b"),
    ],
)
def test_uris_that_the_rfc_calls_different(a: str, b: str) -> None:
    assert not same_uri(Uri.parse(a), Uri.parse(b))
