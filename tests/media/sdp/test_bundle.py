"""Several m-lines on one port (RFC 9143), as a peer offers them and as we answer (I1)."""

from media.sdp.bundle import NONE, Bundle, accepted, written
from media.sdp.session import Session, parse
from tests.support.descriptions import sdp

AUDIO = ("m=audio 4000 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=rtcp-mux")
VIDEO = ("m=video 4000 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", "a=rtcp-mux")
GROUP = "a=group:BUNDLE 0 v1"


def offer(*lines: str, head: tuple[str, ...] = (GROUP,)) -> Session:
    body = sdp(*lines).replace(b"t=0 0\r\n", "\r\n".join(("t=0 0", *head, "")).encode())
    return parse(body)


def both(*more: str) -> Session:
    return offer(*AUDIO, "a=mid:0", *VIDEO, "a=mid:v1", *more)


def ours(audio: int = 20000, video: int = 20002, *more: str) -> Session:
    candidate = "a=candidate:1 1 udp 1 192.0.2.5 {} typ host"
    lines = [
        AUDIO[0].replace("4000", str(audio)),
        *AUDIO[1:],
        candidate.format(audio),
        VIDEO[0].replace("4000", str(video)),
        *VIDEO[1:],
        "a=rtcp:20003",
        candidate.format(video),
        *more,
    ]
    return parse(sdp(*lines))


def test_a_bundle_is_taken_and_all_of_it_is_at_the_port_of_its_first_line() -> None:
    bundle = accepted(both(), ours())
    answer = written(ours(), bundle)

    assert bundle == Bundle(((0, "0"), (1, "v1")), (0, 1))
    assert [line.port for line in answer.media] == [20000, 20000]
    assert answer.lines[-1] == GROUP
    assert [line.attribute("mid") for line in answer.media] == ["0", "v1"]
    assert answer.media[0].attribute("candidate") is not None
    assert answer.media[1].attribute("candidate") is None
    assert answer.media[1].attribute("rtcp") is None
    assert (bundle.carrier(0), bundle.carrier(1), bundle.carrier(2)) == (None, 0, None)


def test_one_line_alone_is_a_bundle_too() -> None:
    made = offer(*AUDIO, "a=mid:0", head=("a=group:BUNDLE 0",))
    answered = parse(sdp(*AUDIO))

    assert written(answered, accepted(made, answered)).lines[-1] == "a=group:BUNDLE 0"


def test_a_description_without_mids_is_not_touched() -> None:
    made = offer(*AUDIO, *VIDEO, head=())

    assert accepted(made, ours()) == NONE
    assert written(answer := ours(), NONE) is answer


def test_mids_without_a_group_are_answered_as_such() -> None:
    made = offer(*AUDIO, "a=mid:0", *VIDEO, "a=mid:v1", head=())
    answer = written(ours(), accepted(made, ours()))

    assert not any(line.startswith("a=group") for line in answer.lines)
    assert [line.port for line in answer.media] == [20000, 20002]
    assert [line.attribute("mid") for line in answer.media] == ["0", "v1"]


def test_a_line_that_is_refused_stays_out_of_the_group() -> None:
    bundle = accepted(both(), ours(video=0))
    answer = written(ours(video=0), bundle)

    assert bundle.members == (0,)
    assert answer.lines[-1] == "a=group:BUNDLE 0"
    assert [line.port for line in answer.media] == [20000, 0]


def test_lines_with_the_same_payload_types_or_without_mux_keep_ports_of_their_own() -> None:
    alike = parse(both().encode().replace(b" 96\r\n", b" 111\r\n").replace(b":96 ", b":111 "))
    no_mux = parse(ours().encode().replace(b"a=rtcp-mux\r\n", b""))
    with_keys = ours(20000, 20002, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x")

    assert accepted(alike, ours()).members == (0,)
    assert accepted(both(), no_mux).members == ()
    assert accepted(both(), with_keys).members == (0,)


def test_what_is_for_a_bundle_only_shares_its_port_or_is_refused() -> None:
    only = parse(both("a=bundle-only").encode().replace(b"m=video 4000", b"m=video 0"))
    assert not only.media[1].refused
    assert only.media[1].rtp is None
    assert only.media[1].receives

    assert accepted(only, ours()).members == (0, 1)
    alone = parse(only.encode().replace(b"BUNDLE 0 v1", b"BUNDLE 0"))
    bundle = accepted(alone, ours())
    assert bundle.alone == (1,)
    assert [line.port for line in written(ours(), bundle).media] == [20000, 0]


def test_in_a_later_description_only_what_is_still_there_is_bundled() -> None:
    bundle = accepted(both(), ours())
    one_line = parse(sdp(*AUDIO))

    assert bundle.within(ours(video=0)).members == (0,)
    assert bundle.within(ours(audio=0)).members == (1,)
    assert bundle.within(one_line) == Bundle(((0, "0"),), (0,))
    assert NONE.within(one_line) is NONE


def test_names_that_are_no_tokens_are_not_repeated() -> None:
    made = offer(*AUDIO, "a=mid:a b", head=("a=group:BUNDLE a b",))

    assert accepted(made, parse(sdp(*AUDIO))) == NONE
