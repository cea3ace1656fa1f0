"""RFC 3261 §7.3 and §20: fields are kept as they came, understood on demand, changed alone."""

from collections.abc import Callable
from operator import attrgetter

import pytest

from sbc.sip.address import NameAddr
from sbc.sip.cseq import CSeq
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.limits import Limits
from sbc.sip.via import Via

ODD = "\r\n".join(
    [
        "v:  SIP/2.0/UDP a;branch=z9hG4bK1 ,SIP/2.0/TCP b;branch=z9hG4bK2",
        "TO :",
        ' "Bob\\""  <sip:bob@b> ;',
        "   tag = 7",
        "f: sip:alice@a;tag=6",
        "X-Raw: \udcff\udc00 ;;,,",
        "VIA: SIP/2.0/UDP c;branch=z9hG4bK3",
        "i: one@two",
        "CSEQ: 0009",
        "  INVITE",
        "m: <sip:a@b>, <sip:c,d@e>;q=0.1",
        "Contact: sip:f@g",
    ]
)


def odd() -> Headers:
    return Headers.parse(ODD)


def one(line: str) -> Headers:
    return Headers.parse(line)


# Reading


def test_untouched_fields_go_out_as_they_came() -> None:
    headers = odd()
    assert headers.vias
    assert headers.contacts
    assert headers.text == ODD


def test_values_are_found_by_the_long_name() -> None:
    headers = odd()
    assert headers.get("call-id") == "one@two"
    assert headers.get("to") == '"Bob\\""  <sip:bob@b> ; tag = 7'
    assert headers.get("subject") is None
    assert (headers.has("contact"), headers.has("subject")) == (True, False)


def test_all_gives_each_field_and_elements_each_item() -> None:
    headers = odd()
    assert len(headers.all("via")) == 2
    assert [item.split()[1][0] for item in headers.elements("via")] == ["a", "b", "c"]
    assert headers.elements("contact") == ["<sip:a@b>", "<sip:c,d@e>;q=0.1", "sip:f@g"]
    assert headers.elements("subject") == []


def test_an_empty_list_field_has_no_elements() -> None:
    assert one("Supported:").elements("supported") == []


def test_names_and_items_keep_the_order() -> None:
    headers = odd()
    assert headers.names()[:5] == ["via", "to", "from", "x-raw", "via"]
    assert headers.items()[1] == ("TO", '"Bob\\""  <sip:bob@b> ; tag = 7')
    assert headers.lines("to") == ['TO :\r\n "Bob\\""  <sip:bob@b> ;\r\n   tag = 7']


def test_an_empty_header_part_is_empty() -> None:
    headers = Headers.parse("")
    assert (headers.names(), headers.items(), headers.text) == ([], [], "")
    assert headers.get("via") is None


# Typed values


def test_typed_values_are_read_through_folding_and_compact_forms() -> None:
    headers = odd()
    assert headers.via == Via("UDP", "a", None, (("branch", "z9hG4bK1"),))
    assert [via.host for via in headers.vias] == ["a", "b", "c"]
    assert headers.to == NameAddr('Bob"', "sip:bob@b", (("tag", "7"),))
    assert headers.from_.tag == "6"
    assert headers.call_id == "one@two"
    assert headers.cseq == CSeq(9, "INVITE")
    assert [contact.uri for contact in headers.contacts] == ["sip:a@b", "sip:c,d@e", "sip:f@g"]


def test_a_typed_value_is_parsed_once() -> None:
    headers = odd()
    assert headers.via is headers.via
    assert headers.via is headers.vias[0]
    assert headers.to is headers.to
    assert headers.cseq is headers.cseq
    assert headers.from_ is headers.from_
    assert headers.call_id is headers.call_id
    assert headers.contacts[0] is headers.contacts[0]


def test_a_list_that_was_handed_out_can_be_changed_without_harm() -> None:
    headers = odd()
    headers.vias.clear()
    headers.contacts.clear()
    assert (len(headers.vias), len(headers.contacts)) == (3, 3)


def test_numbers_and_token_lists_are_read() -> None:
    headers = Headers(
        [
            ("Max-Forwards", "0068"),
            ("Content-Length", "0"),
            ("Expires", "3600"),
            ("RSeq", "17"),
            ("RAck", "17 1 INVITE"),
            ("Content-Type", "Application/SDP ; charset=x"),
            ("Require", "100rel, Timer"),
            ("Supported", "Path,"),
            ("Supported", "replaces"),
            ("Allow", "INVITE, ACK"),
            ("Route", "<sip:a;lr>, <sip:b;lr>"),
            ("Record-Route", "<sip:c;lr>"),
        ]
    )
    assert (headers.max_forwards, headers.content_length, headers.expires) == (68, 0, 3600)
    assert (headers.rseq, headers.rack) == (17, (17, 1, "INVITE"))
    assert headers.content_type == "application/sdp"
    assert (headers.require, headers.supported) == (["100rel", "timer"], ["path", "replaces"])
    assert headers.allow == ["INVITE", "ACK"]
    assert (headers.route, headers.record_route) == (["<sip:a;lr>", "<sip:b;lr>"], ["<sip:c;lr>"])


def test_an_absent_optional_value_is_none_or_empty() -> None:
    headers = Headers()
    assert (headers.max_forwards, headers.content_length, headers.expires) == (None, None, None)
    assert (headers.rseq, headers.rack, headers.content_type) == (None, None, None)
    assert (headers.require, headers.supported, headers.allow) == ([], [], [])
    assert (headers.vias, headers.contacts) == ([], [])
    assert (headers.route, headers.record_route) == ([], [])


@pytest.mark.parametrize("name", ["call_id", "cseq", "from_", "to", "via"])
def test_an_absent_mandatory_value_is_the_peers_fault(name: str) -> None:
    with pytest.raises(BadMessage, match="Missing"):
        attrgetter(name)(Headers())


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Call-ID: a b", lambda each: each.call_id),
        ("Call-ID:", lambda each: each.call_id),
        ("CSeq: x INVITE", lambda each: each.cseq),
        ("From: <sip:a", lambda each: each.from_),
        ('To: "a <sip:a@b>', lambda each: each.to),
        ("Via: SIP/2.0", lambda each: each.via),
        ("Via: SIP/2.0/UDP h;;", lambda each: each.via),
        ("Via:", lambda each: each.via),
        ("Via: SIP/2.0/UDP h,", lambda each: each.vias),
        ("Contact: <sip:a@b>,", lambda each: each.contacts),
        ("Max-Forwards: 256", lambda each: each.max_forwards),
        ("Expires: 4294967296", lambda each: each.expires),
        ("RSeq: x", lambda each: each.rseq),
        ("RAck: 1 INVITE", lambda each: each.rack),
        ("Content-Length: -1", lambda each: each.content_length),
        ("Route: " + ",".join(["<sip:a>"] * 41), lambda each: each.route),
        ("Record-Route: " + ",".join(["<sip:a>"] * 41), lambda each: each.record_route),
        ("Contact: " + ",".join(["sip:a"] * 101), lambda each: each.contacts),
        ("Via: " + ",".join(["SIP/2.0/UDP h"] * 101), lambda each: each.vias),
    ],
)
def test_a_malformed_value_is_refused_when_it_is_asked_for(
    line: str, read: Callable[[Headers], object]
) -> None:
    headers = one(line)
    for _ in range(2):
        with pytest.raises(BadMessage) as caught:
            read(headers)
        assert caught.value.status == 400
    assert headers.text == line


def test_a_fault_names_its_header() -> None:
    with pytest.raises(BadMessage, match="Bad To: Unbalanced quote"):
        _ = one('To: "a <sip:a@b>').to
    with pytest.raises(BadMessage, match="Bad Via: Bad port"):
        _ = one("Via: SIP/2.0/UDP h:x").via


# Changing


def lines_without(headers: Headers, *names: str) -> list[str]:
    return [
        line
        for name in dict.fromkeys(headers.names())
        if name not in names
        for line in headers.lines(name)
    ]


def test_set_replaces_in_place_and_drops_repeats() -> None:
    headers = odd()
    before = lines_without(headers, "via")
    headers.set("via", "SIP/2.0/UDP z")
    assert headers.all("via") == ["SIP/2.0/UDP z"]
    assert headers.names()[0] == "via"
    assert lines_without(headers, "via") == before


def test_set_appends_what_was_not_there() -> None:
    headers = odd()
    headers.set("subject", "hello")
    assert headers.text == f"{ODD}\r\nSubject: hello"


def test_add_goes_to_the_end() -> None:
    headers = odd()
    headers.add("x-new", "1")
    assert headers.text == f"{ODD}\r\nx-new: 1"


def test_add_first_goes_before_its_own_kind_or_before_all() -> None:
    headers = odd()
    headers.add_first("contact", "<sip:new@a>")
    headers.add_first("record-route", "<sip:r;lr>")
    assert headers.names()[:2] == ["record-route", "via"]
    assert headers.elements("contact")[0] == "<sip:new@a>"
    assert headers.text.startswith("Record-Route: <sip:r;lr>\r\nv:  SIP")


def test_remove_takes_every_line_of_the_field() -> None:
    headers = odd()
    before = lines_without(headers, "via")
    headers.remove("via")
    headers.remove("subject")
    assert not headers.has("via")
    assert lines_without(headers) == before


def test_all_can_be_removed() -> None:
    headers = one("Via: x")
    headers.remove("via")
    assert (headers.text, headers.names()) == ("", [])
    headers.add("to", "sip:a@b")
    assert headers.to.uri == "sip:a@b"


def test_the_top_via_changes_alone() -> None:
    headers = odd()
    before = lines_without(headers, "via")
    headers.replace_top_via(headers.via.with_source("192.0.2.1", 5060))
    assert headers.all("via") == [
        "SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.1, SIP/2.0/TCP b;branch=z9hG4bK2",
        "SIP/2.0/UDP c;branch=z9hG4bK3",
    ]
    assert headers.via.received == "192.0.2.1"
    assert lines_without(headers, "via") == before


def test_an_edit_drops_what_was_known_of_that_field_only() -> None:
    headers = odd()
    to, vias = headers.to, headers.vias
    headers.set("via", "SIP/2.0/UDP z")
    assert headers.to is to
    assert headers.vias != vias
    headers.set("to", "<sip:new@b>")
    assert headers.to.uri == "sip:new@b"


def test_an_edit_may_use_any_spelling_of_the_name() -> None:
    headers = odd()
    headers.set("I", "new")
    assert headers.call_id == "new"


@pytest.mark.parametrize("value", ["a\r\nVia: evil", "a\nb", "a\rb", "a\0"])
def test_a_value_cannot_smuggle_a_line(value: str) -> None:
    headers = odd()
    for change in (headers.set, headers.add, headers.add_first):
        with pytest.raises(ValueError, match="line end"):
            change("subject", value)
    with pytest.raises(ValueError, match="line end"):
        Headers([("Subject", value)])
    assert headers.text == ODD


def test_a_name_must_be_a_name() -> None:
    with pytest.raises(ValueError, match="bad header name"):
        odd().add("bad name", "x")


# Building


def test_built_fields_are_written_in_order() -> None:
    headers = Headers([("Via", "SIP/2.0/UDP a"), ("X-A", "")])
    assert headers.text == "Via: SIP/2.0/UDP a\r\nX-A: "
    assert (headers.via.host, headers.get("x-a")) == ("a", "")


def test_built_fields_can_be_changed() -> None:
    headers = Headers([("Via", "SIP/2.0/UDP a"), ("To", "sip:a@b")])
    headers.add("call-id", "x")
    assert headers.text == "Via: SIP/2.0/UDP a\r\nTo: sip:a@b\r\nCall-ID: x"


# Limits


def test_lines_are_limited_in_number_and_length() -> None:
    limits = Limits(headers=8, header_bytes=100)
    Headers.parse("\r\n".join(["A: " + "b" * 97] * 8), limits)
    with pytest.raises(BadMessage, match="Too many header lines"):
        Headers.parse("\r\n".join(["A: b"] * 9), limits)
    with pytest.raises(BadMessage, match="too long"):
        Headers.parse("A: " + "b" * 98, limits)
    with pytest.raises(BadMessage, match="too long"):
        Headers.parse("A: b\r\n " + "b" * 98, limits)
