"""RFC 3261 §7, §8.2.6, §18.3: messages from bytes and to bytes."""

import pytest
import sipmessage

from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers
from sbc.sip.limits import Limits
from sbc.sip.message import Request, Response, build_request, build_response, parse
from sbc.sip.via import Via

BODY = b"v=0\r\n\xff\x00"
HEAD = (
    b"INVITE sip:bob@biloxi.example.com SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds\r\n"
    b"v: SIP/2.0/TCP\r\n proxy.example.com\r\n"
    b"Max-Forwards: 70\r\n"
    b'To: "B\xc3\xb6b" <sip:bob@biloxi.example.com>\r\n'
    b"From: Alice <sip:alice@atlanta.example.com>;tag=1928301774\r\n"
    b"Call-ID: a84b4c76e66710@pc33.atlanta.example.com\r\n"
    b"CSeq: 314159 INVITE\r\n"
    b"Timestamp: 54\r\n"
    b"X-Latin: \xe9\xff\r\n"
    b"Content-Length: 7\r\n"
    b"\r\n"
)
FIELDS = [
    ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport"),
    ("Max-Forwards", "70"),
    ("From", '"Alice" <sip:alice@example.com>;tag=1'),
    ("To", "<sip:bob@example.com>"),
    ("Call-ID", "abc"),
    ("CSeq", "1 INVITE"),
    ("Contact", "<sip:192.0.2.1:5060>"),
]


def request() -> Request:
    message = parse(HEAD + BODY)
    assert isinstance(message, Request)
    return message


def refusal(data: bytes, limits: Limits | None = None, *, datagram: bool = True) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        parse(data, limits or Limits(), datagram=datagram)
    return caught.value


# From bytes


def test_a_request_is_read_and_goes_out_the_same() -> None:
    message = request()
    assert (message.method, message.uri) == ("INVITE", "sip:bob@biloxi.example.com")
    assert message.body == BODY
    assert message.headers.cseq.number == 314159
    assert message.encode() == HEAD + BODY
    assert repr(message) == "<Request INVITE>"


def test_a_response_is_read_and_goes_out_the_same() -> None:
    data = b"SIP/2.0 183 Session  Progress \xd0\xbd\r\nVia: SIP/2.0/UDP h\r\nl: 0\r\n\r\n"
    message = parse(data)
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (183, "Session  Progress \u043d")
    assert message.encode() == data
    assert repr(message) == "<Response 183>"


@pytest.mark.parametrize("start", [b"SIP/2.0 200 ", b"SIP/2.0 200", b"sip/2.0 200 "])
def test_a_reason_may_be_empty(start: bytes) -> None:
    message = parse(start + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
    assert isinstance(message, Response)
    assert (message.status, message.reason) == (200, "")


def test_line_ends_before_a_message_are_skipped() -> None:
    message = parse(b"\r\n\r\n" + HEAD + BODY)
    assert message.encode() == HEAD + BODY


def test_a_message_may_have_no_headers_at_all() -> None:
    data = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n"
    message = parse(data)
    assert message.headers.names() == []
    assert message.encode() == data


def test_the_version_has_no_case() -> None:
    message = parse(b"OPTIONS sip:a@b sip/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n")
    assert message.encode() == b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n"


def test_an_edit_touches_only_its_own_line() -> None:
    message = request()
    message.headers.set("max-forwards", "69")
    assert message.encode() == HEAD.replace(b"Max-Forwards: 70", b"Max-Forwards: 69") + BODY


@pytest.mark.parametrize(
    "start",
    [
        b"INVITE  sip:a@b SIP/2.0",
        b"INVITE sip:a@b  SIP/2.0",
        b"INVITE sip:a@b SIP/2.0 ",
        b"INVITE sip:a@b; lr SIP/2.0",
        b"INVITE sip:a@b",
        b"INVITE sip:a@b HTTP/1.1",
        b"INVITE sip:a@b \xc5\xbfip/2.0",
        b"IN@VITE sip:a@b SIP/2.0",
        b"INVITE",
    ],
)
def test_a_malformed_request_line_is_refused_but_can_be_answered(start: bytes) -> None:
    bad = refusal(start + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
    assert bad.status == 400
    assert bad.request is not None
    assert bad.request.headers.via.host == "h"


@pytest.mark.parametrize(
    "start",
    [b"SIP/2.0 20 OK", b"SIP/2.0 4294967301 OK", b"SIP/2.0 abc OK", b"SIP/2.0 \xb2\xb3\xb9 X"],
)
def test_a_malformed_status_line_is_refused(start: bytes) -> None:
    bad = refusal(start + b"\r\nVia: SIP/2.0/UDP h\r\n\r\n")
    assert (bad.status, bad.request) == (400, None)


@pytest.mark.parametrize("start", [b"INVITE sip:a@b SIP/7.0", b"SIP/7.0 200 OK"])
def test_another_version_is_505(start: bytes) -> None:
    assert refusal(start + b"\r\nVia: SIP/7.0/UDP h\r\n\r\n").status == 505


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        HEAD[:-2],
        HEAD.replace(b"Timestamp: 54\r\n", b"Timestamp: 54\n"),
        HEAD.replace(b"Timestamp: 54", b"Timestamp: 54\rEvil: 1"),
        HEAD.replace(b"Timestamp: 54", b"Timestamp: \x0054"),
        HEAD.replace(b"Timestamp: 54", b"Timestamp 54"),
        HEAD.replace(b"biloxi.example.com SIP", b"biloxi\nSIP"),
        b"SIP/2.0 200 O\rK\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        b"SIP/2.0 200 O\0K\r\nVia: SIP/2.0/UDP h\r\n\r\n",
    ],
)
def test_what_cannot_be_told_apart_is_refused_without_an_answer(data: bytes) -> None:
    bad = refusal(data)
    assert (bad.status, bad.request) == (400, None)


# Bodies


def test_a_datagram_ends_where_content_length_says() -> None:
    message = parse(HEAD + BODY + b"BYE sip:x SIP/2.0\r\n")
    assert message.body == BODY


def test_a_datagram_without_content_length_is_all_body() -> None:
    message = parse(HEAD.replace(b"Content-Length: 7\r\n", b"") + BODY)
    assert message.body == BODY


def test_a_stream_without_content_length_may_only_have_no_body() -> None:
    head = HEAD.replace(b"Content-Length: 7\r\n", b"")
    assert parse(head, datagram=False).body == b""
    bad = refusal(head + BODY, datagram=False)
    assert (bad.status, bad.reason) == (400, "Missing Content-Length")


@pytest.mark.parametrize(
    "line",
    [
        b"l: 8",
        b"l: -7",
        b"l: 7, 7",
        b"l: seven",
        b"l:",
        b"l: 7\r\nContent-Length: 7",
        b"l: " + b"9" * 90,
    ],
)
def test_a_wrong_length_is_refused_but_can_be_answered(line: bytes) -> None:
    bad = refusal(HEAD.replace(b"Content-Length: 7", line) + BODY)
    assert bad.status == 400
    assert bad.request is not None
    assert bad.request.headers.call_id.startswith("a84b")


def test_sizes_have_their_own_statuses() -> None:
    data = HEAD + BODY
    assert refusal(data, Limits(bytes=len(data) - 1)).status == 513
    assert refusal(data, Limits(body=6)).status == 413
    assert refusal(data, Limits(headers=10)).status == 400
    assert refusal(data, Limits(header_bytes=50)).status == 400
    exact = Limits(bytes=len(data), headers=11, header_bytes=59, body=7)
    assert parse(data, exact).encode() == data


def test_a_too_large_request_can_be_answered() -> None:
    bad = refusal(HEAD + BODY, Limits(bytes=100))
    assert bad.request is not None
    assert build_response(bad.request, bad.status).headers.vias == bad.request.headers.vias


# Building


def test_a_request_is_built_with_just_its_fields() -> None:
    built = build_request("INVITE", "sip:bob@example.com", FIELDS, BODY, "application/sdp")
    head = built.encode().removesuffix(BODY).decode()
    assert head.split("\r\n")[0] == "INVITE sip:bob@example.com SIP/2.0"
    assert head.endswith("Content-Type: application/sdp\r\nContent-Length: 7\r\n\r\n")
    assert [name for name, _ in built.headers.items()][:7] == [name for name, _ in FIELDS]
    assert built.headers.from_.display == "Alice"


def test_what_is_built_can_be_read_again() -> None:
    built = build_request("INVITE", "sip:bob@example.com", FIELDS, BODY, "application/sdp")
    again = parse(built.encode(), datagram=False)
    assert isinstance(again, Request)
    assert again.headers.items() == built.headers.items()
    assert again.body == BODY


@pytest.mark.parametrize("text", ["x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil: 1", "x\0"])
def test_nothing_that_we_write_can_smuggle_a_line(text: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        build_request("INVITE", f"sip:{text}", FIELDS)
    with pytest.raises(ValueError, match="line end"):
        build_request("INVITE", "sip:a@b", [("Subject", text)])
    with pytest.raises(ValueError, match="line end"):
        build_request("INVITE", "sip:a@b", [(text, "a")])
    with pytest.raises(ValueError, match="line end"):
        build_request("INVITE", "sip:a@b", FIELDS, b"", text)
    with pytest.raises(ValueError, match="line end"):
        build_response(request(), 200, text)
    with pytest.raises(ValueError, match="line end"):
        build_response(request(), 200, None, [("Server", text)])
    with pytest.raises(ValueError, match="line end"):
        build_response(request(), 200, to_tag=text)


@pytest.mark.parametrize(
    ("method", "uri"), [("INVITE", "sip:a b"), ("IN VITE", "sip:a@b"), ("", "sip:a")]
)
def test_a_request_line_of_ours_must_be_one(method: str, uri: str) -> None:
    with pytest.raises(ValueError, match="request line"):
        build_request(method, uri, FIELDS)


def test_a_response_copies_what_the_rfc_says() -> None:
    built = build_response(request(), 180, None, [("Contact", "<sip:b@192.0.2.1>")], to_tag="99")
    lines = built.encode().split(b"\r\n")
    assert lines[0] == b"SIP/2.0 180 Ringing"
    assert lines[1:3] == [
        b"Via: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds",
        b"Via: SIP/2.0/TCP proxy.example.com",
    ]
    assert lines[3] == b"From: Alice <sip:alice@atlanta.example.com>;tag=1928301774"
    assert lines[4] == b'To: "B\xc3\xb6b" <sip:bob@biloxi.example.com>;tag=99'
    assert lines[5:] == [
        b"Call-ID: a84b4c76e66710@pc33.atlanta.example.com",
        b"CSeq: 314159 INVITE",
        b"Contact: <sip:b@192.0.2.1>",
        b"Content-Length: 0",
        b"",
        b"",
    ]


def test_only_a_100_copies_the_timestamp() -> None:
    assert build_response(request(), 100).headers.get("timestamp") == "54"
    assert build_response(request(), 200).headers.get("timestamp") is None


def test_a_tag_that_is_there_stays() -> None:
    asked = request()
    asked.headers.set("to", "<sip:bob@biloxi.example.com>;tag=old")
    assert build_response(asked, 200, to_tag="new").headers.to.tag == "old"


@pytest.mark.parametrize("to", ['"broken <sip:a@b>', None])
def test_even_a_broken_request_is_answered(to: str | None) -> None:
    asked = request()
    if to is None:
        asked.headers.remove("to")
    else:
        asked.headers.set("to", to)
    built = build_response(asked, 400, "Bad To", to_tag="new")
    assert built.headers.get("to") == to
    assert built.headers.via == asked.headers.via


def test_a_response_may_have_a_body() -> None:
    built = build_response(request(), 200, None, (), BODY, content_type="application/sdp")
    assert built.headers.content_type == "application/sdp"
    assert built.headers.content_length == 7
    assert built.encode().endswith(b"\r\n\r\n" + BODY)


def test_a_quoted_nul_goes_back_to_its_sender_unharmed() -> None:
    asked = parse(HEAD.replace(b"B\xc3\xb6b", b"B\\\0b") + BODY)
    assert isinstance(asked, Request)
    assert b'To: "B\\\0b" <sip:bob' in build_response(asked, 200).encode()


def test_a_message_made_by_hand_is_written() -> None:
    made = Response(200, "OK", Headers([("Via", "SIP/2.0/UDP h")]), b"x")
    assert made.encode() == b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\nx"


# An independent reader


def test_another_parser_reads_our_requests_the_same_way() -> None:
    built = build_request("INVITE", "sip:bob@example.com;lr", FIELDS, b"v=0\r\n", "application/sdp")
    read = sipmessage.Message.parse(built.encode())
    assert isinstance(read, sipmessage.Request)
    assert (read.method, str(read.uri)) == ("INVITE", "sip:bob@example.com;lr")
    assert [str(via) for via in read.via] == [str(via) for via in built.headers.vias]
    assert str(read.from_address) == str(built.headers.from_)
    assert str(read.to_address.uri) == built.headers.to.uri
    assert [str(each.uri) for each in read.contact] == [each.uri for each in built.headers.contacts]
    assert (read.cseq.sequence, read.cseq.method) == (1, "INVITE")
    assert (read.call_id, read.max_forwards) == (built.headers.call_id, 70)
    assert (read.content_length, str(read.content_type)) == (5, "application/sdp")
    assert read.body == b"v=0\r\n"


def test_another_parser_reads_our_responses_the_same_way() -> None:
    asked = build_request("INVITE", "sip:bob@example.com", FIELDS)
    fields = [("Contact", '"Bob" <sip:bob@192.0.2.4:5060;transport=tcp>;q=0.5')]
    built = build_response(asked, 200, None, fields, b"v=0\r\n", to_tag="77", content_type="a/b")
    read = sipmessage.Message.parse(built.encode())
    assert isinstance(read, sipmessage.Response)
    assert (read.code, read.phrase) == (200, "OK")
    assert read.to_address.parameters["tag"] == built.headers.to.tag == "77"
    assert str(read.contact[0]) == str(built.headers.contacts[0])
    assert [str(via) for via in read.via] == [str(via) for via in built.headers.vias]
    assert read.body == b"v=0\r\n"


def test_we_read_what_another_library_writes() -> None:
    written = sipmessage.Request("OPTIONS", sipmessage.URI.parse("sip:a@example.com:5080"))
    written.via = [sipmessage.Via.parse("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1")]
    written.from_address = sipmessage.Address.parse('"A" <sip:a@example.com>;tag=1')
    written.to_address = sipmessage.Address.parse("sip:b@example.com")
    written.call_id = "abc"
    written.cseq = sipmessage.CSeq(sequence=4, method="OPTIONS")
    written.body = b"hello"
    read = parse(bytes(written))
    assert isinstance(read, Request)
    assert (read.method, read.uri, read.body) == ("OPTIONS", "sip:a@example.com:5080", b"hello")
    assert read.headers.via == Via("UDP", "192.0.2.1", 5060, (("branch", "z9hG4bK1"),))
    assert (read.headers.from_.display, read.headers.from_.tag) == ("A", "1")
    assert str(read.headers.cseq) == "4 OPTIONS"
    assert read.encode() == bytes(written)
