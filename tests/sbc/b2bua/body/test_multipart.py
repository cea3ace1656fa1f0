"""Bodies of several parts (Z6; RFC 2046, RFC 5621): filtered part by part, written anew."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.b2bua.body.multipart import Multipart, Part, disposition, read
from sbc.b2bua.body.values import Translation
from sbc.sip.errors import BadMessage
from tests.support.documents import PIDF, RLMI, filled
from tests.support.hanging import must_not_hang

AS_IS = Translation()
TOKEN = "pbx-7f3a.inside"
ALLOWED = frozenset(
    {"application/pidf+xml", "application/rlmi+xml", "text/plain", "application/x-own"}
)
MIXED = 'multipart/mixed;boundary="b"'


def part(kind: str, body: str, *fields: str) -> bytes:
    return "\r\n".join([f"Content-Type: {kind}", *fields, "", body]).encode()


def joined(*parts: bytes, boundary: str = "b") -> bytes:
    line = f"--{boundary}".encode()
    return b"".join(line + b"\r\n" + each + b"\r\n" for each in parts) + line + b"--\r\n"


def test_parts_of_listed_types_are_rebuilt_and_the_others_stay_behind() -> None:
    body = joined(
        part("application/isup", "\x01\x02"),
        part("text/plain; charset=utf-8", "x", "Content-Disposition: render;y=z", f"X-A: {TOKEN}"),
        part("application/pidf+xml", filled(PIDF, TOKEN), f"Content-ID: <1@{TOKEN}>"),
        part("application/pidf+xml", "no xml"),
        part("text/plain", "aGVsbG8=", "Content-Transfer-Encoding: base64"),
    )  # fmt: skip
    made, sdp = read(body, MIXED, ALLOWED, AS_IS)
    assert sdp is None
    assert made is not None
    assert [each.kind for each in made.parts] == ["text/plain", "application/pidf+xml"]
    data, kind = made.at("203.0.113.10").written()
    assert TOKEN.encode() not in data
    assert b"\0" not in data
    assert b"Content-Disposition: render\r\n" in data
    again, _ = read(data, kind, ALLOWED, AS_IS)
    assert again is not None
    assert [each.kind for each in again.parts] == ["text/plain", "application/pidf+xml"]


def test_a_description_is_handed_out_apart_wherever_it_stands() -> None:
    inner = joined(part("application/sdp", "v=0"), boundary="c")
    body = joined(part("text/plain", "x"), part("multipart/alternative;boundary=c", inner.decode()))
    made, sdp = read(body, MIXED, ALLOWED, AS_IS)
    assert sdp == b"v=0"
    assert made is not None
    data, kind = made.with_first(Part("application/sdp", b"ours")).written()
    assert kind.startswith("multipart/mixed;boundary=")
    assert data.index(b"ours") < data.index(b"x\r\n")


def test_a_list_and_its_instances_still_meet_by_their_names() -> None:
    """RFC 4662 §5: `cid` of an instance is the Content-ID of its part."""
    top = part("application/rlmi+xml", filled(RLMI, TOKEN), f"Content-ID: <top@{TOKEN}>")
    one = part("application/pidf+xml", filled(PIDF, TOKEN), f"Content-ID: <one@{TOKEN}>")
    kind = f'multipart/related;type="application/rlmi+xml";start="<top@{TOKEN}>";boundary="b"'
    made, _ = read(joined(top, one), kind, ALLOWED, AS_IS)
    assert made is not None
    data, said = made.at("203.0.113.10").written()
    text = data.decode()
    ids = re.findall(r"Content-ID: <([^>]+)>", text)
    assert re.findall(r' cid="([^"]+)"', text) == ids
    assert f'start="<{ids[0]}>"' in said
    assert 'type="application/rlmi+xml"' in said
    assert TOKEN not in text + said


def test_whoever_may_not_get_a_part_gets_the_rest() -> None:
    made = Multipart("multipart/mixed", (Part("text/plain", b"x"), Part("application/x-own", b"y")))
    kept = made.filtered({"text/plain"})
    assert kept is not None
    assert [each.kind for each in kept.parts] == ["text/plain"]
    assert made.filtered({"image/png"}) is None
    nested = Multipart("multipart/mixed", (made,))
    assert nested.filtered({"image/png"}) is None


def test_what_we_cannot_rebuild_crosses_byte_by_byte_where_it_is_listed() -> None:
    body = joined(b"Content-Type: application/x-own\r\n\r\n\x00\x01\r\n\xff")
    made, _ = read(body, MIXED, ALLOWED, AS_IS)
    assert made is not None
    data, _ = made.at("203.0.113.10").written()
    assert b"\r\n\r\n\x00\x01\r\n\xff\r\n--" in data


def test_the_boundary_is_none_of_the_parts() -> None:
    made = Multipart("multipart/mixed", (Part("text/plain", b"--sbc-x"),))
    data, kind = made.written()
    boundary = kind.partition('boundary="')[2].partition('"')[0]
    assert data.count(boundary.encode()) == 2


def test_parts_in_parts_end_somewhere() -> None:
    body, kind = b"x", "text/plain"
    for depth in range(10):
        body = joined(part(kind, body.decode()), boundary=f"b{depth}")
        kind = f"multipart/mixed;boundary=b{depth}"
    made, sdp = read(body, kind, ALLOWED, AS_IS)
    assert (made, sdp) == (None, None)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("render", "render"),
        ("Session ; Handling = Optional", "session;handling=optional"),
        ("session;handling=required", "session"),
        ("attachment;filename=pbx.inside", ""),
        ("", ""),
    ],
)
def test_a_disposition_is_a_known_one(text: str, kept: str) -> None:
    assert disposition(text) == kept


@pytest.mark.parametrize(
    "body",
    [b"--b\r\n" * 6000, b"--b" * 10_000, b"\r\n" * 15_000, b"--b\r\n" + b"a:\r\n " * 6000],
    ids=range(4),
)
def test_a_hostile_body_does_not_keep_us_busy(body: bytes) -> None:
    with must_not_hang():
        read(body, MIXED, ALLOWED, AS_IS)


PIECES = st.sampled_from(
    [
        b"--b", b"--b--", b"\r\n", b"\r\n\r\n", b"Content-Type: text/plain", b"--c", b"--c--",
        b"Content-Type: multipart/mixed;boundary=c", b"Content-Type: application/pidf+xml",
        f"Content-ID: <1@{TOKEN}>".encode(), f"X: {TOKEN}".encode(), filled(PIDF, TOKEN).encode(),
        b"Content-Type: application/isup\r\n\r\n" + TOKEN.encode(),
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=9), max_size=14).map(b"".join))
def test_anything_is_read_or_refused_and_only_texts_keep_what_they_say(body: bytes) -> None:
    try:
        made, _ = read(body, MIXED, ALLOWED - {"text/plain"}, AS_IS)
    except BadMessage:
        return
    if made is not None:
        data, kind = made.at("203.0.113.10").written()
        assert TOKEN.encode() not in data
        again, _ = read(data, kind, ALLOWED, AS_IS)
        assert again is not None
