"""Random and broken RTCP: refused in one way only, and what crosses is sound and tells nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from media.far_end import FarEndReports
from media.rtcp import BadRtcp, Bye, SourceDescription, hide, parse
from tests.support import rtcp_packets as write

NAME = b"anonymous"

SSRC = st.integers(0, 2**32 - 1)
SECRET = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=40).map(str.encode)
"""Long enough, and of letters alone, so that no field of numbers holds it by chance."""
WORDS = st.integers(0, 12).flatmap(lambda count: st.just(bytes(4 * count)))
BLOCK = st.builds(write.report_block, SSRC, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1))
BLOCKS = st.lists(BLOCK, max_size=4)
ITEM = st.tuples(st.integers(1, 255), SECRET)
CHUNKS = st.lists(
    st.builds(lambda ssrc, items: write.chunk(ssrc, *items), SSRC, st.lists(ITEM, max_size=3)),
    max_size=4,
)

PACKET = st.one_of(
    st.builds(lambda ssrc, blocks: write.sender_report(ssrc, *blocks), SSRC, BLOCKS),
    st.builds(lambda ssrc, blocks: write.receiver_report(ssrc, *blocks), SSRC, BLOCKS),
    st.builds(lambda chunks: write.description(*chunks), CHUNKS),
    st.builds(
        lambda ssrcs, reason: write.bye(*ssrcs, reason=reason), st.lists(SSRC, max_size=3), SECRET
    ),
    st.builds(write.application, SSRC, st.just(b"name"), SECRET.map(lambda text: text[:8])),
    st.builds(write.feedback, st.sampled_from((205, 206)), st.integers(0, 31), SSRC, SSRC, WORDS),
    st.builds(lambda ssrc, about: write.extended(ssrc, write.voip_metrics(about)), SSRC, SSRC),
    st.builds(write.rtcp, st.integers(192, 223), st.integers(0, 31), WORDS),
)
COMPOUND = st.lists(PACKET, min_size=1, max_size=6).map(b"".join)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A compound with some octets changed, and perhaps cut or continued."""
    data = bytearray(draw(COMPOUND))
    for _ in range(draw(st.integers(0, 6))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) + draw(st.binary(max_size=8))


def runs(text: bytes) -> set[bytes]:
    """Every piece of six octets."""
    return {text[start : start + 6] for start in range(len(text) - 5)}


@settings(max_examples=600)
@given(st.binary(max_size=200) | broken() | COMPOUND)
def test_whatever_comes_is_read_or_refused_and_what_crosses_can_be_read(data: bytes) -> None:
    try:
        packets = parse(data)
    except BadRtcp:
        assert hide(data, NAME) is None
        return
    reports = FarEndReports()
    reports.sent(packets, 1.0)
    reports.received(packets, 2.0)
    reports.far_end(8000)
    hidden = hide(data, NAME)
    if hidden is not None:
        assert len(hidden) % 4 == 0
        assert parse(hidden)
        assert hide(hidden, NAME) == hidden  # a second border changes nothing


@given(COMPOUND)
def test_no_text_of_a_description_or_a_bye_crosses(data: bytes) -> None:
    try:
        packets = parse(data)
    except BadRtcp:
        return  # a random body under a known type
    hidden = hide(data, NAME) or b""
    for packet in packets:
        match packet:
            case SourceDescription(chunks):
                texts = [text for chunk in chunks for _, text in chunk.items]
            case Bye(_, reason):
                texts = [reason]
            case _:
                texts = []
        assert not any(piece in hidden for text in texts for piece in runs(text))


@given(st.lists(SSRC, min_size=1, max_size=8), st.binary(min_size=1, max_size=30))
def test_every_source_keeps_its_description_under_any_name(ssrcs: list[int], name: bytes) -> None:
    data = write.description(*(write.chunk(ssrc, (1, b"someone@here")) for ssrc in ssrcs))
    hidden = hide(data, name)
    assert hidden is not None
    (found,) = parse(hidden)
    assert isinstance(found, SourceDescription)
    assert [(chunk.ssrc, chunk.items) for chunk in found.chunks] == [
        (ssrc, ((1, name),)) for ssrc in ssrcs
    ]
