"""The media of one call: RFC 3264 and RFC 6337 across two legs, and what the relay is told."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import CodecPolicy, Latching, MediaProfile
from media.control import (
    CodecClock,
    Opened,
    Side,
    SidePlan,
    StreamPlan,
    StreamPorts,
    StreamRequest,
)
from media.sdp.anchor import BadAnswer
from media.sdp.session import Session, parse
from sbc.b2bua.facing import OTHER
from sbc.b2bua.media import MediaPlan, NotAcceptable
from sbc.b2bua.media_side import MediaSide
from sbc.tokens import Tokens
from tests.support.descriptions import sdp

AUDIO = "m=audio 4000 RTP/AVP 8 0"
VIDEO = "m=video 4002 RTP/AVP 34"
NO_VIDEO = "m=video 0 RTP/AVP 34"
UNKNOWN = "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 speex/16000"
A_IP, B_IP = "192.0.2.1", "10.20.0.11"
PORTS = {0: (30000, 40000), 1: (30002, 40002)}
"""Of ours, by m-line: towards the caller, towards the called side."""


def offered(*lines: str, ip: str = A_IP) -> Session:
    return parse(sdp(*lines, ip=ip))


def said(*lines: str, ip: str = B_IP) -> Session:
    """An answer, by default of the called side."""
    return parse(sdp(*(line.replace("400", "600") for line in lines), ip=ip))


def side(interface: str, shown: str, peer: str, **changes: object) -> MediaSide:
    facts: dict[str, object] = {
        "codecs": CodecPolicy(),
        "latching": Latching(mode="none"),
        "profile": MediaProfile(),
        "signalling_ip": peer,
    }
    return MediaSide(interface, shown, **{**facts, **changes})  # type: ignore[arg-type]


def planned(
    a: Mapping[str, object] | None = None, b: Mapping[str, object] | None = None
) -> MediaPlan:
    return MediaPlan(
        "call",
        side("wan", "203.0.113.10", A_IP, **(a or {})),
        side("lan", "10.20.0.5", B_IP, **(b or {})),
        (11, 22),
        Tokens(b"media").octets,
    )


def open_ports(plan: MediaPlan, *indices: int) -> None:
    plan.opened(Opened("call", tuple(StreamPorts(at, *PORTS[at]) for at in indices)))


def talking(*lines: str, answer: tuple[str, ...] = ()) -> MediaPlan:
    """After one offer of the caller and its answer."""
    plan = planned()
    open_ports(plan, *range(len(lines)))
    plan.offer(offered(*lines), "a")
    plan.answer(said(*(answer or lines)), "b", "branch")
    return plan


def version(session: Session) -> tuple[int, int]:
    return session.origin.session_id, session.origin.version


def live(plan: MediaPlan, *, answered: bool = True) -> dict[int, bool]:
    """Each stream of the program: is it wanted, or closed?"""
    return {each.index: not each.closed for each in plan.program(answered=answered).streams}


def epochs(plan: MediaPlan) -> tuple[int, int]:
    stream = plan.program(answered=False).streams[0]
    return stream.a.epoch, stream.b.epoch


# --- ports ----------------------------------------------------------------------------------------


def test_each_line_that_can_be_had_needs_ports_on_both_interfaces() -> None:
    assert planned().lacking(offered(AUDIO, NO_VIDEO, UNKNOWN, VIDEO), "a", None) == (
        StreamRequest(0, "audio", "wan", "lan"),
        StreamRequest(2, "audio", "wan", "lan"),
        StreamRequest(3, "video", "wan", "lan"),
    )


def test_an_offer_of_the_called_side_needs_the_same_ports() -> None:
    lacking = planned().lacking(offered(AUDIO, ip=B_IP), "b", "branch")
    assert lacking == (StreamRequest(0, "audio", "wan", "lan"),)


def test_a_line_that_has_ports_needs_no_others() -> None:
    plan = planned()
    open_ports(plan, 0)
    assert plan.lacking(offered(AUDIO), "a", None) == ()
    assert plan.lacking(offered(AUDIO, VIDEO), "a", None) == (
        StreamRequest(1, "video", "wan", "lan"),
    )


@pytest.mark.parametrize("by", ["a", "b"])
def test_an_offer_with_nothing_that_both_sides_may_use_is_not_acceptable(by: Side) -> None:
    plan = planned(
        a={"codecs": CodecPolicy(allow=("PCMA",))}, b={"codecs": CodecPolicy(allow=("G722",))}
    )
    with pytest.raises(NotAcceptable):
        plan.lacking(offered(AUDIO), by, None)


def test_what_one_side_alone_may_use_cannot_be_had() -> None:
    plan = planned(b={"codecs": CodecPolicy(allow=("PCMA",))})
    assert [each.index for each in plan.lacking(offered(VIDEO, AUDIO), "a", None)] == [1]


def test_an_offer_that_refuses_all_of_its_lines_is_fine_and_needs_nothing() -> None:
    assert planned().lacking(offered(NO_VIDEO), "a", None) == ()


def test_an_m_line_may_be_refused_but_never_taken_away() -> None:
    plan = talking(AUDIO, VIDEO)
    assert plan.lacking(offered(AUDIO, NO_VIDEO), "a", "branch") == ()
    for by in ("a", "b"):
        with pytest.raises(NotAcceptable):
            plan.lacking(offered(AUDIO), by, "branch")


def test_another_branch_may_have_fewer_lines() -> None:
    assert talking(AUDIO, VIDEO).lacking(offered(AUDIO, ip=B_IP), "b", "other") == ()


def test_the_session_is_open_from_the_first_ports_until_it_is_forgotten() -> None:
    plan = planned()
    opened = [plan.open]
    open_ports(plan, 0)
    opened.append(plan.open)
    plan.forget()
    opened.append(plan.open)
    assert opened == [False, True, False]
    assert [each.index for each in plan.lacking(offered(AUDIO), "a", None)] == [0]
    assert plan.program(answered=True).streams == ()


# --- offer and answer -----------------------------------------------------------------------------


def test_an_offer_goes_on_as_our_own() -> None:
    plan = planned()
    open_ports(plan, 0)
    assert plan.offer(offered(AUDIO, VIDEO), "a").encode().decode() == (
        "v=0\r\no=- 22 0 IN IP4 10.20.0.5\r\ns=-\r\nc=IN IP4 10.20.0.5\r\nt=0 0\r\n"
        "m=audio 40000 RTP/AVP 8 0\r\na=sendrecv\r\n"
        "m=video 0 RTP/AVP 34\r\n"  # it has no ports
    )


def test_an_answer_comes_back_as_our_own() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO), "a")
    ours = plan.answer(said("m=audio 6000 RTP/AVP 0\r\na=sendonly"), "b", "branch")
    assert ours.encode().decode() == (
        "v=0\r\no=- 11 0 IN IP4 203.0.113.10\r\ns=-\r\nc=IN IP4 203.0.113.10\r\nt=0 0\r\n"
        "m=audio 30000 RTP/AVP 0\r\na=sendonly\r\n"
    )


def test_an_offer_of_the_called_side_goes_to_the_caller_and_its_answer_back() -> None:
    plan = planned()
    open_ports(plan, 0)
    ours = plan.offer(offered(AUDIO, ip=B_IP), "b", "branch")
    assert (ours.connection_ip, ours.media[0].port, version(ours)) == (
        "203.0.113.10",
        30000,
        (11, 0),
    )
    back = plan.answer(said(AUDIO, ip=A_IP), "a", "branch")
    assert (back.connection_ip, back.media[0].port, version(back)) == ("10.20.0.5", 40000, (22, 0))


def test_the_codecs_of_both_sides_hold_in_either_direction() -> None:
    plan = planned(b={"codecs": CodecPolicy(allow=("PCMU",))})
    open_ports(plan, 0)
    assert plan.offer(offered(AUDIO), "a").media[0].formats == ("0",)
    assert plan.answer(said(AUDIO), "b", "branch").media[0].formats == ("0",)
    assert plan.offer(offered(AUDIO, ip=B_IP), "b", "branch").media[0].formats == ("0",)


def test_the_order_of_the_side_that_gets_an_offer_is_what_it_gets() -> None:
    plan = planned(
        a={"codecs": CodecPolicy(order=("PCMA",))}, b={"codecs": CodecPolicy(order=("PCMU",))}
    )
    open_ports(plan, 0)
    assert plan.offer(offered(AUDIO), "a").media[0].formats == ("0", "8")
    assert plan.offer(offered(AUDIO, ip=B_IP), "b", "branch").media[0].formats == ("8", "0")


def test_the_version_rises_with_each_change_and_on_that_leg_alone() -> None:
    plan = talking(AUDIO)
    same = plan.offer(offered(AUDIO), "a", "branch")
    held = plan.offer(offered(f"{AUDIO}\r\na=sendonly"), "a", "branch")
    answer = plan.answer(said(f"{AUDIO}\r\na=recvonly"), "b", "branch")
    again = plan.offer(offered(f"{AUDIO}\r\na=sendonly"), "a", "branch")
    assert [version(each) for each in (same, held, again)] == [(22, 0), (22, 1), (22, 1)]
    assert version(answer) == (11, 1)


def test_an_answer_that_goes_no_further_takes_no_version() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO), "a")
    plan.answer(said(AUDIO), "b", "branch")
    plan.offer(offered(AUDIO), "a", "branch")
    plan.learn(said(f"{AUDIO}\r\na=inactive"), "b", "branch")
    plan.learn(said(f"{AUDIO}\r\na=inactive"), "b", "branch")
    assert epochs(plan) == (3, 3)
    assert version(plan.offer(offered(AUDIO, ip=B_IP), "b", "branch")) == (11, 0)


@pytest.mark.parametrize("by", ["a", "b"])
def test_an_answer_without_an_offer_fits_none(by: Side) -> None:
    with pytest.raises(BadAnswer):
        planned().answer(said(AUDIO), by, "branch")


def test_an_offer_is_not_answered_by_the_side_that_made_it() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO), "a")
    with pytest.raises(BadAnswer):
        plan.answer(said(AUDIO), "a", "branch")


def test_a_bad_answer_changes_nothing() -> None:
    plan = talking(AUDIO)
    before = plan.program(answered=False)
    for bad in (said(AUDIO, VIDEO), said(VIDEO), said(UNKNOWN)):
        with pytest.raises(BadAnswer):
            plan.answer(bad, "b", "branch")
    assert plan.program(answered=False) == before
    assert plan.resume("branch") is not None


def test_it_is_described_when_an_offer_has_found_its_answer() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO), "a")
    assert not plan.described
    plan.answer(said(AUDIO), "b", "branch")
    assert plan.described


# --- branches -------------------------------------------------------------------------------------


def forked() -> MediaPlan:
    """One offer of the caller; two branches have answered it."""
    plan = talking(AUDIO)
    plan.answer(said("m=audio 7000 RTP/AVP 0"), "b", "other", again=True)
    return plan


def b_port(plan: MediaPlan) -> int:
    rtp = plan.program(answered=False).streams[0].b.rtp
    assert rtp is not None
    return rtp[1]


def test_the_branch_that_spoke_last_has_the_media() -> None:
    plan = talking(AUDIO)
    assert b_port(plan) == 6000
    plan.answer(said("m=audio 7000 RTP/AVP 0"), "b", "other")
    assert b_port(plan) == 7000


def test_a_branch_that_is_resumed_has_the_call_with_what_it_said_before() -> None:
    plan = forked()
    ours = plan.resume("branch")
    assert ours is not None
    assert ours.media[0].formats == ("8", "0")
    assert b_port(plan) == 6000
    assert epochs(plan) == (3, 3)


def test_one_that_never_answered_has_nothing_to_resume_and_moves_nothing() -> None:
    plan = forked()
    assert plan.resume("third") is None
    assert (b_port(plan), epochs(plan)) == (7000, (2, 2))


def test_every_branch_may_answer_the_offer_of_the_invite_whatever_the_others_did() -> None:
    plan = forked()
    plan.offer(offered(f"{AUDIO}\r\na=sendonly"), "a", "branch")  # UPDATE in one early dialog
    ours = plan.answer(said(AUDIO), "b", "third")
    assert ours.media[0].direction == "sendrecv"
    ours = plan.answer(said(f"{AUDIO}\r\na=recvonly"), "b", "branch")
    assert ours.media[0].direction == "recvonly"


def test_when_one_has_the_call_the_others_are_forgotten() -> None:
    plan = forked()
    plan.settle("branch")
    assert plan.resume("other") is None
    assert plan.resume("branch") is not None


# --- latches --------------------------------------------------------------------------------------


def test_each_new_description_lets_both_latches_move() -> None:
    plan = talking(AUDIO)
    assert epochs(plan) == (1, 1)
    plan.offer(offered(AUDIO), "a", "branch")
    assert epochs(plan) == (1, 1)
    plan.answer(said(AUDIO), "b", "branch")
    assert epochs(plan) == (2, 2)


def test_the_same_answer_again_in_the_2xx_moves_no_latch() -> None:
    plan = talking(AUDIO)
    plan.answer(said(AUDIO), "b", "branch", again=True)
    assert plan.resume("branch") is not None
    assert epochs(plan) == (1, 1)


def test_another_answer_in_the_2xx_moves_them_all_the_same() -> None:
    plan = talking(AUDIO)
    plan.answer(said("m=audio 7000 RTP/AVP 8"), "b", "branch", again=True)
    assert epochs(plan) == (2, 2)


# --- what the relay shall do ----------------------------------------------------------------------


def test_a_program_tells_the_relay_what_both_ends_described() -> None:
    plan = planned(
        a={
            "latching": Latching.model_validate({"mode": "ranked", "window": "1.5s"}),
            "profile": MediaProfile.model_validate({"rtp_timeout": {"initial": "9s"}}),
        },
        b={
            "latching": Latching(mode="subnet", prefix=28),
            "profile": MediaProfile.model_validate({"rtp_timeout": {"subsequent": "7s"}}),
        },
    )
    open_ports(plan, 0)
    plan.offer(offered(f"{AUDIO}\r\na=sendonly\r\na=rtcp:4100"), "a")
    plan.answer(said("m=audio 6000 RTP/AVP 0"), "b", "branch")
    program = plan.program(answered=True)
    assert program.streams == (
        StreamPlan(
            0,
            a=SidePlan(
                rtp=(A_IP, 4000),
                rtcp=(A_IP, 4100),
                sends=True,
                receives=False,
                latching="ranked",
                window=1.5,
                prefix=24,
                signalling_ip=A_IP,
                codecs=(CodecClock(8, "PCMA", 8000), CodecClock(0, "PCMU", 8000)),
                epoch=1,
            ),
            b=SidePlan(
                rtp=(B_IP, 6000),
                rtcp=(B_IP, 6001),
                sends=True,
                receives=True,
                latching="subnet",
                window=3.0,
                prefix=28,
                signalling_ip=B_IP,
                codecs=(CodecClock(0, "PCMU", 8000), CodecClock(8, "PCMA", 8000)),
                epoch=1,
            ),
        ),
    )
    assert (program.session, program.supervise) == ("call", True)
    assert (program.initial, program.subsequent) == (9, 7)
    assert not plan.program(answered=False).supervise


def test_an_address_of_ipv6_has_the_prefix_for_it() -> None:
    plan = planned(a={"latching": Latching(mode="subnet", prefix=24, prefix6=48)})
    open_ports(plan, 0)
    six = sdp(AUDIO).replace(b"IN IP4 10.0.0.7", b"IN IP6 2001:db8::7")
    plan.offer(parse(six), "a")
    plan.answer(said(AUDIO), "b", "branch")
    (stream,) = plan.program(answered=True).streams
    assert (stream.a.prefix, stream.b.prefix) == (48, 24)


def test_a_stream_held_by_an_unspecified_address_has_no_place_to_send_to() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO, ip="0.0.0.0"), "a")
    plan.answer(said(AUDIO), "b", "branch")
    (stream,) = plan.program(answered=True).streams
    assert (stream.a.rtp, stream.a.rtcp, stream.a.prefix) == (None, None, 24)


def test_nothing_is_programmed_before_an_answer() -> None:
    plan = planned()
    open_ports(plan, 0)
    plan.offer(offered(AUDIO), "a")
    assert live(plan) == {}


def test_a_line_that_an_open_offer_adds_is_not_there_yet() -> None:
    plan = talking(AUDIO)
    open_ports(plan, 1)
    plan.offer(offered(AUDIO, VIDEO), "a", "branch")
    assert live(plan) == {0: True}
    plan.answer(said(AUDIO, VIDEO), "b", "branch")
    assert live(plan) == {0: True, 1: True}


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ((AUDIO, VIDEO), (AUDIO, NO_VIDEO)),  # the answerer will not have it
        ((AUDIO, NO_VIDEO), (AUDIO, NO_VIDEO)),  # the offerer ends it
        ((AUDIO, VIDEO), (AUDIO, "m=video 4002 RTP/AVP 31")),  # a codec that was not offered
    ],
)
def test_a_line_that_is_refused_gives_its_ports_back_once(
    offer: tuple[str, ...], answer: tuple[str, ...]
) -> None:
    plan = talking(AUDIO, VIDEO)
    assert live(plan) == {0: True, 1: True}
    plan.offer(offered(*offer), "a", "branch")
    assert plan.answer(said(*answer), "b", "branch").media[1].refused
    program = plan.program(answered=True)
    (_, closed) = program.streams
    assert (closed.index, closed.closed) == (1, True)
    assert (closed.a.rtp, closed.a.rtcp, closed.a.sends, closed.a.receives) == (
        None,
        None,
        False,
        False,
    )
    assert (closed.a.codecs, closed.b.codecs) == ((), ())
    assert (closed.a.latching, closed.b.signalling_ip) == ("none", B_IP)
    assert live(plan) == {0: True}
    lacking = plan.lacking(offered(AUDIO, VIDEO), "a", "branch")
    assert [each.index for each in lacking] == [1]


def test_before_the_answer_another_branch_may_still_want_them() -> None:
    plan = talking(AUDIO, VIDEO, answer=(AUDIO, NO_VIDEO))
    assert live(plan, answered=False) == {0: True}
    plan.answer(said(AUDIO, VIDEO), "b", "other")
    assert live(plan, answered=True) == {0: True, 1: True}


def test_streams_are_told_in_the_order_of_their_lines() -> None:
    plan = planned()
    open_ports(plan, 1)
    open_ports(plan, 0)
    plan.offer(offered(AUDIO, VIDEO), "a")
    plan.answer(said(AUDIO, VIDEO), "b", "branch")
    assert [each.index for each in plan.program(answered=True).streams] == [0, 1]


# --- whatever happens -----------------------------------------------------------------------------

STEPS = st.tuples(
    st.sampled_from(["offer", "answer", "again", "learn", "resume", "settle", "program"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["one", "two"]),
    st.lists(st.sampled_from([AUDIO, VIDEO, NO_VIDEO, UNKNOWN]), min_size=1, max_size=2),
)


@given(st.lists(STEPS, max_size=20))
def test_no_address_crosses_and_no_epoch_or_version_falls(
    steps: list[tuple[str, Side, str, list[str]]],
) -> None:
    plan = planned()
    open_ports(plan, 0, 1)
    plan.offer(offered(AUDIO, VIDEO), "a")
    versions: dict[Side, int] = {"a": 0, "b": 0}
    last = (0, 0)
    for deed, by, branch, lines in steps:
        description = offered(*lines, ip=A_IP if by == "a" else B_IP)
        sent = None
        try:
            if deed == "offer":
                plan.lacking(description, by, branch)
                sent = plan.offer(description, by, branch)
            elif deed in {"answer", "again"}:
                sent = plan.answer(description, by, branch, again=deed == "again")
            elif deed == "learn":
                plan.learn(description, by, branch)
            elif deed == "resume":
                plan.resume(branch)
            elif deed == "settle":
                plan.settle(branch)
        except (BadAnswer, NotAcceptable):
            continue
        if sent is not None:
            text = sent.encode().decode()
            assert A_IP not in text
            assert B_IP not in text
            assert sent.origin.version >= versions[OTHER[by]]
            versions[OTHER[by]] = sent.origin.version
            assert {line.port for line in sent.media} <= {0, 30000, 30002, 40000, 40002}
        for stream in plan.program(answered=deed == "program").streams:
            now = (stream.a.epoch, stream.b.epoch)
            assert now >= last
            last = now
            assert stream.a.rtp is None or stream.a.rtp[0] in {A_IP, B_IP}
