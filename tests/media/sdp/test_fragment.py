"""Candidates that come late, in fragments of a description (RFC 8840 §9)."""

import pytest

from media.sdp.candidate import MOST
from media.sdp.describe import describe
from media.sdp.fragment import Part, added, parse
from media.sdp.session import BadSdp, Session
from media.sdp.session import parse as parse_session
from tests.support.descriptions import sdp

PWD = "0123456789abcdef0123456789"
FIRST = "1 1 udp 2130706431 192.0.2.7 40000 typ host"
LATER = "2 1 udp 1694498815 198.51.100.9 61000 typ srflx"


def fragment(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def said(*mids: str) -> Session:
    lines = []
    for mid in mids:
        lines += ["m=audio 9 RTP/AVP 0", "a=ice-ufrag:Peer", f"a=ice-pwd:{PWD}"]
        lines += [f"a=mid:{mid}", f"a=candidate:{FIRST}"]
    return parse_session(sdp(*lines))


def test_a_fragment_names_its_line_by_mid() -> None:
    body = fragment(
        *("a=ice-ufrag:Peer", f"a=ice-pwd:{PWD}"),
        *("m=audio 9 RTP/AVP 0", "a=mid:1", f"a=candidate:{LATER}", "a=end-of-candidates"),
    )

    assert parse(body) == (Part("Peer", "1", (LATER,)),)


def test_one_without_lines_is_for_the_only_one() -> None:
    body = fragment("a=ice-ufrag:Peer", f"a=candidate:{LATER}")

    assert parse(body) == (Part("Peer", None, (LATER,)),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        fragment(f"a=candidate:{LATER}"),
        b"nonsense\r\n",
        fragment("a=ice-ufrag:Peer", "what is this"),
        fragment("a=ice-ufrag:Peer") + b"a=x\r\n" * 1000,
        b"a=" + bytes(20_000),
    ],
)
def test_what_is_no_fragment_or_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(BadSdp):
        parse(body)


def test_late_candidates_stand_behind_those_of_their_line() -> None:
    session = said("0", "1")
    views = added(describe(session), session, (Part("Peer", "1", (LATER, FIRST)),))

    first, second = (view.transport.ice for view in views)
    assert first is not None
    assert second is not None
    assert (first.candidates, second.candidates) == ((FIRST,), (FIRST, LATER))


def test_those_of_another_generation_or_of_no_line_are_passed_over() -> None:
    session = said("0")
    before = describe(session)

    assert added(before, session, (Part("Gone", "0", (LATER,)),)) == before
    assert added(before, session, (Part("Peer", "7", (LATER,)),)) == before


def test_without_end_they_do_not_grow() -> None:
    session = said("0")
    many = tuple(LATER.replace("61000", str(port)) for port in range(1, 500))
    (view,) = added(describe(session), session, (Part("Peer", None, many),))

    assert view.transport.ice is not None
    assert len(view.transport.ice.candidates) == MOST
