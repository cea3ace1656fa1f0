"""Several streams on one port of one side, each with a port of its own on the other (RFC 9143)."""

from media.control import (
    Address,
    CodecClock,
    Open,
    Opened,
    Program,
    SidePlan,
    StreamPlan,
    StreamRequest,
)
from media.engine.flow import Local
from media.ice.check import Role, request
from tests.support.ice import OTHER, PEER, PEER_VIEW, lite_plan
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtcp_packets import feedback, receiver_report, report_block, sender_report
from tests.support.rtp_streams import rtp
from tests.support.side_plans import PCMU, side_plan

VP8 = CodecClock(96, "VP8", 90_000)
BOBS_VIDEO = (BOB[0], BOB[1] + 2)
AUDIO_SSRC, VIDEO_SSRC, BOBS_SSRC, BOBS_VIDEO_SSRC = 1, 2, 3, 4


class Bundled:
    """Alice has sound and pictures on one port, Bob on two."""

    def __init__(self) -> None:
        self.world = world = RelayWorld()
        streams = tuple(StreamRequest(at, kind, "wan", "lan") for at, kind in KINDS)
        reply = world.ask(Open("c1", streams))
        assert isinstance(reply, Opened)
        audio, video = reply.streams
        self.port: Local = ("wan", audio.a)
        self.unused: Local = ("wan", video.a)
        self.audio: Local = ("lan", audio.b)
        self.video: Local = ("lan", video.b)
        self.program()
        self.check(PEER)

    def program(self, *, bundle: int | None = 0) -> None:
        alices: dict[str, object] = {"ice": lite_plan(), "mux": True}
        video: dict[str, object] = {"mux": True, "bundle": 0} if bundle == 0 else alices
        self.agree(
            StreamPlan(0, side_plan(ALICE, **alices), side_plan(BOB)),
            StreamPlan(
                1,
                side_plan(None, codecs=(VP8,), sends=True, receives=True, **video),
                side_plan(BOBS_VIDEO, codecs=(VP8,)),
            ),
        )

    def agree(self, *plans: StreamPlan) -> None:
        self.world.ask(Program("c1", plans, supervise=True, initial=30.0, subsequent=60.0))

    def check(self, source: Address, number: int = 1) -> None:
        data = request(
            PEER_VIEW, number.to_bytes(12, "big"), Role.CONTROLLING, 9, 2**31 - 1, nominates=True
        )
        self.world.arrive(self.port, data, source)

    def goes(
        self, local: Local, data: bytes, source: tuple[str, int]
    ) -> list[tuple[Local, object]]:
        return [(each.local, each.to) for each in self.world.arrive(local, data, source)]


KINDS = ((0, "audio"), (1, "video"))
SOUND = rtp(1, 160, 0, AUDIO_SSRC)
PICTURE = rtp(1, 160, 96, VIDEO_SSRC)


def test_what_comes_to_the_one_port_is_told_apart_by_payload_type() -> None:
    call = Bundled()

    for _ in range(3):  # the first by way of the core, and all others too
        assert call.goes(call.port, SOUND, PEER) == [(call.audio, BOB)]
        assert call.goes(call.port, PICTURE, PEER) == [(call.video, BOBS_VIDEO)]
    report = call.world.report()
    assert [stream.a.total.packets for stream in report.streams] == [3, 3]
    assert [stream.a.ssrc for stream in report.streams] == [AUDIO_SSRC, VIDEO_SSRC]


def test_both_streams_of_the_other_side_leave_from_that_port() -> None:
    call = Bundled()

    assert call.goes(call.audio, rtp(1, 1, 0, BOBS_SSRC), BOB) == [(call.port, PEER)]
    assert call.goes(call.video, rtp(1, 1, 96, BOBS_VIDEO_SSRC), BOBS_VIDEO) == [(call.port, PEER)]


def test_the_port_that_nobody_was_told_of_takes_nothing() -> None:
    call = Bundled()
    call.goes(call.port, SOUND, PEER)

    assert call.goes(call.unused, PICTURE, PEER) == []
    assert call.world.relay.drops == {"bundled": 1}


def test_who_has_passed_no_check_is_heard_by_none_of_them() -> None:
    call = Bundled()

    assert call.goes(call.port, PICTURE, OTHER) == []


def test_a_new_nomination_moves_all_of_them() -> None:
    call = Bundled()
    call.goes(call.video, rtp(1, 1, 96, BOBS_VIDEO_SSRC), BOBS_VIDEO)
    call.check(OTHER, 2)

    assert call.goes(call.audio, rtp(1, 1, 0, BOBS_SSRC), BOB) == [(call.port, OTHER)]
    assert call.goes(call.video, rtp(2, 2, 96, BOBS_VIDEO_SSRC), BOBS_VIDEO) == [(call.port, OTHER)]


def test_reports_go_to_the_stream_that_they_tell_of() -> None:
    call = Bundled()
    call.goes(call.port, SOUND, PEER)
    call.goes(call.port, PICTURE, PEER)
    call.goes(call.video, rtp(1, 1, 96, BOBS_VIDEO_SSRC), BOBS_VIDEO)
    video_rtcp = ((call.video[0], call.video[1] + 1), (BOB[0], BOBS_VIDEO[1] + 1))
    audio_rtcp = ((call.audio[0], call.audio[1] + 1), (BOB[0], BOB[1] + 1))

    assert call.goes(call.port, sender_report(VIDEO_SSRC), PEER) == [video_rtcp]
    assert call.goes(call.port, sender_report(AUDIO_SSRC), PEER) == [audio_rtcp]
    about_it = receiver_report(99, report_block(BOBS_VIDEO_SSRC))
    picture_loss = feedback(206, 1, 99, BOBS_VIDEO_SSRC, b"")
    assert call.goes(call.port, about_it, PEER) == [video_rtcp]
    assert call.goes(call.port, picture_loss, PEER) == [video_rtcp]
    assert call.goes(call.port, sender_report(77), PEER) == [audio_rtcp]


def test_reports_of_the_other_side_leave_from_the_one_port() -> None:
    call = Bundled()
    source = (BOB[0], BOBS_VIDEO[1] + 1)

    sent = call.goes((call.video[0], call.video[1] + 1), sender_report(BOBS_VIDEO_SSRC), source)

    assert sent == [(call.port, PEER)]


def test_a_stream_that_leaves_the_bundle_has_its_own_port_again() -> None:
    call = Bundled()
    call.program(bundle=None)

    data = request(PEER_VIEW, bytes(12), Role.CONTROLLING, 9, 2**31 - 1, nominates=True)
    call.world.arrive(call.unused, data, OTHER)

    assert call.goes(call.unused, PICTURE, OTHER) == [(call.video, BOBS_VIDEO)]


def test_a_bundle_with_a_stream_that_is_not_there_or_comes_later_is_none() -> None:
    call = Bundled()
    plan: SidePlan = side_plan(ALICE, codecs=(PCMU,), bundle=1)

    call.agree(StreamPlan(0, plan, side_plan(BOB)))

    assert call.goes(call.port, SOUND, PEER) == [(call.audio, BOB)]
