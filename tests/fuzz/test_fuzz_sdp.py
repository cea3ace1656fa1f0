"""Random and broken descriptions: refused in one way only; what crosses is sound, tells nothing."""

import json
import re
from contextlib import suppress
from ipaddress import ip_address

from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import CodecPolicy
from media.sdp.anchor import Origin, anchored, answered, describe, wanted_streams
from media.sdp.json_view import to_json
from media.sdp.session import BadSdp, Session, parse
from tests.support.descriptions import SAMPLES, sdp

OURS = Origin(7, 3, "192.0.2.1")
PORTS = {index: 30000 + 2 * index for index in range(64)}

HOSTS = ("10.9.8.7", "2001:db8::99", "::ffff:10.9.8.7", "pbx.internal", "alice@pbx")
HOST = st.sampled_from(HOSTS)
WORD = st.text("abcXYZ0189;=/-_.:, \t", max_size=12)
JUNK = st.text(max_size=12).filter(lambda text: not set(text) & {"\r", "\n", "\0"})
VALUE = st.lists(HOST | WORD | JUNK, max_size=4).map("".join)
NUMBER = st.sampled_from(["0", "8", "13", "96", "97", "101"])
NAME = st.sampled_from(
    ["rtpmap", "fmtp", "ptime", "rtcp", "rtcp-fb", "framesize", "content", "candidate", "ssrc", "x"]
)
ENCODING = st.sampled_from(
    ["opus/48000/2", "PCMU/8000", "telephone-event/8000", "red/8000", "rtx/90000", "H264/90000"]
)
LINE = st.one_of(
    st.builds("a=fmtp:{} x=1;{}{}".format, NUMBER, HOST, WORD),
    st.builds("a={}:{}".format, NAME, VALUE),
    st.builds("a={}:{} {}".format, NAME, NUMBER, VALUE),
    st.builds("a=rtpmap:{} {}".format, NUMBER, ENCODING),
    st.builds("a=fmtp:{} apt={};{}".format, NUMBER, NUMBER, VALUE),
    st.builds("{}={}".format, st.sampled_from("abcikprstuyz"), VALUE),
    st.builds("c=IN IP4 {}".format, st.sampled_from(["10.9.8.6", "0.0.0.0", "239.1.1.1"])),
    st.builds("b={}:{}".format, st.sampled_from(["AS", "TIAS", "RS", "X-Y"]), NUMBER),
    st.sampled_from(["a=sendonly", "a=inactive", "a=rtcp-mux", "c=IN IP6 2001:db8::98"]),
)
M_LINE = st.builds(
    "m={} {} {} {}".format,
    st.sampled_from(["audio", "audio", "video", "application"]),
    st.sampled_from(["4000", "4000", "4000/2", "65535", "0"]),
    st.sampled_from(["RTP/AVP", "RTP/AVP", "RTP/AVPF", "UDP/TLS/RTP/SAVPF", "udptl", "X/Y"]),
    st.lists(NUMBER, min_size=1, max_size=6).map(" ".join),
)
SECTION = st.builds(
    lambda line, rest: [line, *rest], M_LINE, st.lists(LINE, min_size=2, max_size=10)
)
MADE = st.builds(
    lambda head, sections: sdp(*head, *(line for section in sections for line in section)),
    st.lists(LINE, max_size=3),
    st.lists(SECTION, max_size=4),
)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A real description with some lines lost, doubled or moved, and some octets changed."""
    lines = draw(st.sampled_from(sorted(SAMPLES.values()))).splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        place, other = draw(st.integers(2, len(lines) - 1)), draw(st.integers(2, len(lines) - 1))
        how = draw(st.sampled_from(["lose", "double", "move", "insert"]))
        line = lines.pop(place) if how != "double" else lines[place]
        if how == "insert":
            line = draw(LINE | M_LINE).encode("utf-8", "surrogatepass") + b"\r\n"
        if how != "lose":
            lines.insert(other, line)
    body = bytearray(b"".join(lines))
    for _ in range(draw(st.integers(0, 3))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body[: draw(st.none() | st.integers(0, len(body)))])


BODY = MADE | MADE | broken() | st.binary(max_size=80)
POLICY = st.builds(
    CodecPolicy,
    allow=st.sampled_from([(), ("opus", "red", "telephone-event"), ("vp8", "rtx", "pcmu")]),
    order=st.sampled_from([(), ("pcma", "PCMU")]),
)


def read(body: bytes) -> Session | None:
    with suppress(BadSdp):
        return parse(body)
    return None


def hosts_in(session: Session) -> set[str]:
    """Every address in it, found without the package's own means; and the names we put in."""
    text = session.encode().decode()
    found = {host for host in HOSTS if host in text}
    for run in re.findall(r"[0-9A-Fa-f:.]{3,}", text):
        with suppress(ValueError):
            found.add(str(ip_address(run.strip("."))))
    return found | set(re.findall(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", text))


@settings(max_examples=300)
@given(BODY)
def test_whatever_comes_is_refused_or_kept_to_the_byte(body: bytes) -> None:
    session = read(body)
    if session is not None:
        assert session.encode() == body
        assert len(describe(session)) == len(session.media)
        assert json.loads(json.dumps(to_json(session)).encode())["version"] == 0


@settings(max_examples=300)
@given(BODY, POLICY)
def test_what_is_anchored_is_sound_and_names_no_host_but_ours(
    body: bytes, policy: CodecPolicy
) -> None:
    session = read(body)
    if session is None:
        return
    ours = anchored(session, OURS, PORTS, policy)
    assert [line.kind for line in ours.media] == [line.kind for line in session.media]
    assert hosts_in(ours) == {OURS.address}
    wanted = [index for index, _ in wanted_streams(session, policy)]
    assert wanted == [index for index, line in enumerate(ours.media) if not line.refused]
    again = parse(ours.encode())
    assert describe(again) == describe(ours)
    assert anchored(again, OURS, PORTS, policy).encode() == ours.encode()


@settings(max_examples=300)
@given(st.sampled_from(sorted(SAMPLES.values())) | BODY, BODY, POLICY)
def test_an_answer_is_refused_or_fits_the_offer(
    asked: bytes, given_back: bytes, policy: CodecPolicy
) -> None:
    offer, answer = read(asked), read(given_back)
    if offer is None or answer is None:
        return
    sent = anchored(offer, OURS, PORTS)
    for reply in (answer, offer):  # the offer itself has at least the right lines
        with suppress(BadSdp):
            ours = answered(sent, reply, OURS, PORTS, policy)
            assert hosts_in(ours) == {OURS.address}
            for there, here in zip(sent.media, ours.media, strict=True):
                assert (here.kind, here.protocol) == (there.kind, there.protocol)
                assert here.refused or not there.refused
                assert here.sends <= there.receives
                assert here.receives <= there.sends
                assert here.refused or {c.key for c in here.codecs} <= {c.key for c in there.codecs}
