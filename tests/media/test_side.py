from media.control import CodecClock
from media.latch import rtcp_terms, rtp_terms
from media.side import SideState
from tests.support.ice import choose
from tests.support.rtp_streams import rtp
from tests.support.side_plans import PCMU, side_plan

PEER = ("192.0.2.7", 4000)


def side() -> SideState:
    return SideState("a", ("wan", 20000), b"neutral", choose())


def agree(side: SideState, now: float = 0.0, **changes: object) -> None:
    plan = side_plan(PEER, **changes)
    side.agree(plan, rtp_terms(plan), rtcp_terms(plan), now)


def test_rtcp_is_at_the_next_port() -> None:
    assert side().rtcp_local == ("wan", 20001)


def test_a_source_that_is_rejected_often_is_named_once() -> None:
    target = side()
    for _ in range(3):
        target.reject(PEER)
    assert (target.rejected, target.rejected_sources) == (3, ("192.0.2.7:4000",))


def test_a_plan_tells_the_clocks_of_the_payload_types() -> None:
    target = side()
    agree(target)
    for number in range(3):
        target.reception.packet(rtp(number, number * 160), 172, number * 0.02)
    assert target.reception.heard_codec() == ("PCMU", 8000)
    agree(target, codecs=(PCMU, CodecClock(9, "G722", 8000)))
    assert target.codecs == ((0, "PCMU", 8000), (9, "G722", 8000))


def test_a_new_description_breaks_the_measurement_of_gaps() -> None:
    target = side()
    agree(target, epoch=1)
    target.reception.packet(rtp(1, 160), 172, 1.0)
    target.reception.packet(rtp(2, 320), 172, 1.02)
    agree(target, epoch=2)
    target.reception.packet(rtp(3, 480), 172, 31.02)
    assert target.reception.total(32.0).longest_gap_ms < 30


def test_the_same_description_again_does_not() -> None:
    target = side()
    agree(target, epoch=1)
    target.reception.packet(rtp(1, 160), 172, 1.0)
    agree(target, epoch=1)
    target.reception.packet(rtp(2, 320), 172, 2.0)
    assert target.reception.total(32.0).longest_gap_ms == 1000


def test_rtcp_is_only_minded_once_there_is_some() -> None:
    target = side()
    assert target.reports is None
    assert target.far_end_reports() is target.far_end_reports() is target.reports
