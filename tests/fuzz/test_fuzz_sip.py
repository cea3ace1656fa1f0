"""Broken and hostile SIP: refused in one way only, never believed twice, never slow.

No assertion here is about time; a quadratic reader would keep these inputs busy for minutes.
"""

from collections.abc import Callable
from operator import attrgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbc.sip.address import NameAddr
from sbc.sip.cseq import CSeq
from sbc.sip.errors import BadMessage
from sbc.sip.grammar import parse_params, split_items
from sbc.sip.headers import Headers
from sbc.sip.limits import Limits
from sbc.sip.message import Request, build_response, parse
from sbc.sip.stream import Ping, StreamFramer
from sbc.sip.uri import Uri, same_uri
from sbc.sip.validate import check_request, check_response
from sbc.sip.via import Via

TORTURE = sorted((Path(__file__).parents[1] / "rfc" / "torture").glob("*.dat"))
VALID = [path.read_bytes() for path in TORTURE]
LOOSE = Limits(headers=70_000, header_bytes=70_000, body=70_000)

TYPED = [name for name, value in vars(Headers).items() if isinstance(value, property)]
PIECES = [
    *(b"\r\n", b"\n", b"\r", b"\r\n ", b"\0", b" ", b"\t", b'"', b"\\", b"<", b">", b",", b";"),
    *(
        b":",
        b"=",
        b"@",
        b"%",
        b"%00",
        b"?",
        b"/",
        b"[",
        b"]",
        b"*",
        b"-1",
        b"99999999999",
        b'"\\\0"',
    ),
    *(
        b"\xff",
        b"\r\n\r\n",
        b"Via: SIP/2.0/UDP h\r\n",
        b"l: 0\r\n",
        b"SIP/2.0",
        b";tag=",
        b"\xc3\xa9",
    ),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.sampled_from((0, 0, 1, 2, 10)))
        data[at : at + cut] = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    return bytes(data)


HOSTILE = mutated() | mutated() | st.binary(max_size=400) | st.sampled_from(VALID)


def read_all(headers: Headers) -> None:
    """Everything that the layers above ask for; each may refuse, in the one way."""
    for name in TYPED:
        refused_at_most(attrgetter(name), headers)
    for name in ("from", "to", "contact"):
        for text in headers.elements(name)[:20]:
            refused_at_most(read_address, text)
    for text in headers.elements("via")[:20]:
        refused_at_most(read_via, text)


def read_address(text: str) -> None:
    address = NameAddr.parse(text)
    again = NameAddr.parse(str(address))
    assert (again.uri, again.params, again.tag) == (address.uri, address.params, address.tag)
    uri = Uri.parse(address.uri)
    assert Uri.parse(str(uri)) == uri
    assert same_uri(uri, uri)


def read_via(text: str) -> None:
    via = Via.parse(text)
    assert Via.parse(str(via)) == via
    noted = via.with_source("192.0.2.1", 5060, always=True)
    assert (noted.received, noted.rport) == ("192.0.2.1", 5060)
    assert via.branch in {None, noted.branch}


def refused_at_most(read: Callable[..., object], *given: object) -> None:
    try:
        read(*given)
    except BadMessage as bad:
        assert bad.status in {400, 413, 416, 505, 513}  # noqa: PT017


def answer_is_sound(request: Request) -> None:
    """Whatever the request held, its answer has just the fields that we put there."""
    answer = build_response(request, 400, None, [("Server", "x")], to_tag="t")
    names = parse(answer.encode(), LOOSE).headers.names()
    copied = ("via", "from", "to", "call-id", "cseq")
    expected = [name for name in copied for _ in request.headers.lines(name)]
    assert names == [*expected, "server", "content-length"]


def can_be_written_anew(headers: Headers) -> None:
    """What was read goes into a message of ours without being refused there as our own fault."""
    items = headers.items()
    assert Headers(items).items() == items
    refused_at_most(note_source, headers)


def note_source(headers: Headers) -> None:
    headers.replace_top_via(headers.via.with_source("192.0.2.1", 5060))
    assert headers.via.host in headers.text


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        message = parse(data)
    except BadMessage as bad:
        if bad.request is not None:
            read_all(bad.request.headers)
            answer_is_sound(bad.request)
        return
    read_all(message.headers)
    can_be_written_anew(message.headers)
    if isinstance(message, Request):
        refused_at_most(check_request, message)
        answer_is_sound(message)
    else:
        refused_at_most(check_response, message)


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
def test_what_is_read_goes_out_again_and_means_the_same(data: bytes) -> None:
    try:
        message = parse(data)
    except BadMessage:
        return
    written = message.encode()
    again = parse(written)
    assert again.headers.text == message.headers.text
    assert again.body == message.body
    assert written.endswith(message.body)
    assert message.headers.text.encode("utf-8", "surrogateescape") in data


@settings(max_examples=200, deadline=None)
@given(HOSTILE, st.sampled_from(["max-forwards", "via", "x-new", "to"]))
def test_an_edit_leaves_every_other_line_alone(data: bytes, name: str) -> None:
    try:
        headers = parse(data).headers
    except BadMessage:
        return
    others = {each: headers.lines(each) for each in headers.names() if each != name}
    headers.set(name, "70")
    headers.add_first(name, "71")
    assert {each: headers.lines(each) for each in headers.names() if each != name} == others
    assert headers.all(name) == ["71", "70"]
    assert Headers.parse(headers.text, LOOSE).items() == headers.items()


@settings(max_examples=300, deadline=None)
@given(st.lists(HOSTILE, max_size=3).map(b"".join), st.integers(1, 50))
def test_a_stream_is_cut_the_same_in_any_pieces(data: bytes, size: int) -> None:
    whole = framed([data])
    pieces = framed([data[at : at + size] for at in range(0, len(data), size)])
    assert pieces == whole


def framed(pieces: list[bytes]) -> list[bytes]:
    """The messages; pings are left out, since many at once are one."""
    framer, found = StreamFramer(), []
    try:
        for piece in [*pieces, b""]:
            found += [item for item in framer.feed(piece) if not isinstance(item, Ping)]
    except BadMessage:
        return found
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(HOSTILE, max_size=3).map(b"".join))
def test_framing_and_parsing_agree_where_a_message_ends(data: bytes) -> None:
    for item in framed([data]):
        try:
            message = parse(item, datagram=False)
        except BadMessage:
            continue
        assert item.endswith(b"\r\n\r\n" + message.body)
        assert message.headers.content_length == len(message.body)


# Large inputs of the worst kind

UNITS = [
    *('"', '\\"', '"\\', "\\", "<", ">", "<>", ",", ";", ";a", ";a=", "=", "%", "%41", ":", "::"),
    *(
        "[",
        "@",
        "?",
        "&",
        "/",
        " ",
        "\t",
        "\r\n ",
        "\r\n\t,",
        "a",
        "a,",
        "9",
        "0",
        "\0",
        '"\\\0',
        "*",
    ),
    *("é", "\udcff", "(", '"a" <', "<sip:a>,", '"a"<sip:a>;a="b",', "SIP/2.0/UDP h;a,"),
]
FIELDS = ["Via", "From", "Contact", "CSeq", "Call-ID", "Route", "Supported", "Content-Length", "X"]
START = "INVITE sip:b@c SIP/2.0\r\n"
SIZE = 60_000


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_field_of_the_worst_kind_is_read_once(unit: str) -> None:
    value = unit * (SIZE // len(unit))
    for field in FIELDS:
        for lead in ("", '"', "<sip:a@b>;x=", "SIP/2.0/UDP h;x="):
            refused_at_most(read_request, f"{field}: {lead}{value}\r\n")


@pytest.mark.parametrize(
    "line", ["A:\r\n", "Via: SIP/2.0/UDP h\r\n", "Contact: <sip:a@b>\r\n", "l: 0\r\n", ":\r\n"]
)
def test_very_many_fields_are_read_once(line: str) -> None:
    refused_at_most(read_request, line * (SIZE // len(line)))


def test_very_many_names_are_read_once() -> None:
    refused_at_most(read_request, "".join(f"X-{each}: 1\r\n" for each in range(6000)))


def read_request(headers: str) -> None:
    message = parse(octets(f"{START}{headers}\r\n"), LOOSE)
    read_all(message.headers)
    assert isinstance(message, Request)
    answer_is_sound(message)
    check_request(message)


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_value_of_the_worst_kind_is_read_once(unit: str) -> None:
    value = unit * (SIZE // len(unit))
    for read in (Uri.parse, NameAddr.parse, Via.parse, CSeq.parse, parse_params, split_items):
        for lead in ("", "sip:", "sip:a@", "sip:a@b;", '"', "<", ";", ';a="', "SIP/2.0/UDP "):
            refused_at_most(read, lead + value)


@pytest.mark.parametrize("start", ["INVITE ", "INVITE sip:", "SIP/2.0 200 ", "SIP/2.0 ", ""])
def test_a_long_start_line_of_the_worst_kind_is_read_once(start: str) -> None:
    for unit in UNITS:
        refused_at_most(read_start, start + unit * (SIZE // len(unit)))


def read_start(start: str) -> None:
    message = parse(octets(f"{start} SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n"), LOOSE)
    if isinstance(message, Request):
        check_request(message)


@pytest.mark.parametrize("unit", ["\r\n", "\r", "\n", "a", "a\r\n", "l: 0\r\n", "\r\n "])
def test_a_stream_of_the_worst_kind_is_read_once(unit: str) -> None:
    data = octets(START + unit * (SIZE // len(unit)))
    assert framed([data]) == framed([data[at : at + 1] for at in range(len(data))])
