"""S4, M4: a fork answers in several early dialogs; the caller hears the right one."""

import pytest

from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, called, calling, hang_up, inviting
from tests.support.messages import ANSWER, OFFER


def described(port: int) -> str:
    return ANSWER.replace("m=audio 6000", f"m=audio {port}")


def fork(border: Border, *extra: str, body: str = OFFER) -> tuple[Request, End, End]:
    request, first = inviting(border, *extra, body=body)
    return request, first, called(border, request, tag="carol-tag")


def callee_media(border: Border) -> tuple[str, int] | None:
    """Where the relay was last told to send what the caller says."""
    return border.programs()[-1].streams[0].b.rtp


def reliably(end: End, request: Request, body: str) -> None:
    end.answers(request, 183, "Require: 100rel", "RSeq: 1", body=body)
    end.answers(end.got("PRACK"), 200)


def progress_of(border: Border) -> list[Response]:
    return [m for m in border.take(CALLER) if isinstance(m, Response) and m.status > 100]


@pytest.mark.parametrize("winner", [0, 1])
def test_the_branch_that_answers_has_the_media(winner: int) -> None:
    border = Border()
    request, bob, carol = fork(border)
    bob.answers(request, 183, body=described(6000))
    assert callee_media(border) == ("10.20.0.11", 6000)
    carol.answers(request, 183, body=described(7000))
    assert callee_media(border) == ("10.20.0.11", 7000)
    early = border.programs()[-1]
    tags = [progress.headers.to.tag for progress in progress_of(border)]
    assert len(set(tags)) == 2
    (bob, carol)[winner].answers(request, 200, body=described((6000, 7000)[winner]))
    ok = border.response(CALLER, 200)
    assert ok.headers.to.tag == tags[winner]
    assert callee_media(border) == ("10.20.0.11", (6000, 7000)[winner])
    # A latch may move only where the media moves: to the branch that had not spoken last.
    moved = border.programs()[-1].streams[0].b.epoch - early.streams[0].b.epoch
    assert moved == (1 if winner == 0 else 0)
    caller = calling(border, ok)
    caller.ack()
    hang_up(caller, (bob, carol)[winner])
    assert border.over()


@pytest.mark.parametrize("winner", [0, 1])
def test_an_answer_that_came_in_a_provisional_is_that_of_its_branch(winner: int) -> None:
    border = Border()
    request, *ends = fork(border)
    for end, port in zip(ends, (6000, 7000), strict=True):
        reliably(end, request, described(port))
    border.take(CALLER)
    ends[winner].answers(request, 200)
    ok = border.response(CALLER, 200)
    assert b"m=audio 30000" in ok.body
    assert callee_media(border) == ("10.20.0.11", (6000, 7000)[winner])
    caller = calling(border, ok)
    caller.ack()
    hang_up(caller, ends[winner])
    assert border.over()


def test_a_stream_that_one_branch_refuses_is_there_for_the_other() -> None:
    border = Border()
    video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    request, bob, carol = fork(border, body=f"{OFFER}{video}")
    bob.answers(request, 183, body=f"{ANSWER}m=video 0 RTP/AVP 96\r\n")
    answer = f"{ANSWER}{video.replace('4002', '6002')}"
    carol.answers(request, 200, body=answer)
    ok = border.response(CALLER, 200)
    assert b"m=video 30004" in ok.body
    assert [plan.closed for plan in border.programs()[-1].streams] == [False, False]
    caller = calling(border, ok)
    caller.ack()
    hang_up(caller, carol)
    assert border.over()


def test_a_second_200_gets_ack_and_bye() -> None:
    border = Border()
    request, bob, carol = fork(border)
    bob.answers(request, 200, body=ANSWER)
    bob.got("ACK")
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    carol.answers(request, 200, body=described(7000))
    assert [m.headers.to.tag for m in border.take(CALLEE)] == ["carol-tag"] * 2
    carol.answers(request, 200, body=described(7000))  # our ACK was lost
    assert border.heard(CALLEE) == ["ACK"]
    carol.ask("BYE")  # it crosses ours
    assert border.heard(CALLEE) == ["200"]
    assert callee_media(border) == ("10.20.0.11", 6000)
    hang_up(caller, bob)
    assert border.over()


def test_a_request_in_a_branch_that_lost_finds_nobody() -> None:
    border = Border()
    request, bob, carol = fork(border)
    carol.answers(request, 180)
    losing = calling(border, border.response(CALLER, 180))
    bob.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    losing.ask("INFO")
    losing.heard(481)
    carol.ask("INFO")
    carol.heard(481)
    carol.answers(request, 180)
    assert caller.inbox() == []
    bob.got("ACK")
    hang_up(caller, bob)
    assert border.over()


def test_an_unwanted_200_may_be_asked_for_nothing() -> None:
    border = Border()
    request, bob, carol = fork(border)
    bob.answers(request, 200, body=ANSWER)
    bob.got("ACK")
    carol.answers(request, 200, body=ANSWER)
    carol.got("ACK")
    carol.ask("INFO")
    carol.heard(481)
    carol.answers(carol.got("BYE"), 200)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, bob)
    assert border.over()


def test_a_200_after_the_call_failed_gets_ack_and_bye() -> None:
    border = Border()
    request, bob, carol = fork(border)
    bob.answers(request, 486)
    border.response(CALLER, 486)
    bob.got("ACK")
    carol.answers(request, 200, body=ANSWER, allow="")
    ack, bye = border.take(CALLEE)
    assert isinstance(ack, Request)
    assert isinstance(bye, Request)
    assert (ack.method, bye.method) == ("ACK", "BYE")
    assert (ack.headers.cseq.number, bye.headers.cseq.number) == (1, 2)
    assert bye.headers.to.tag == "carol-tag"
    assert bye.headers.from_.tag == request.headers.from_.tag
    carol.answers(bye, 200)
    assert border.over()
    assert len(border.records) == 1


def test_ringing_without_a_tag_gets_its_dialog_later() -> None:
    border = Border()
    request, bob = inviting(border)
    border.receive(untagged(request), CALLEE)
    ringing = border.response(CALLER, 180)
    border.receive(untagged(request), CALLEE)
    assert border.response(CALLER, 180).headers.to.tag == ringing.headers.to.tag
    bob.answers(request, 183, body=ANSWER)
    assert border.response(CALLER, 183).headers.to.tag == ringing.headers.to.tag
    border.receive(untagged(request), CALLEE)
    assert border.response(CALLER, 180).headers.to.tag == ringing.headers.to.tag
    bob.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, bob)
    assert border.over()


def test_an_untagged_200_is_no_answer() -> None:
    border = Border()
    request, bob = inviting(border)
    border.receive(untagged(request, 200), CALLEE)
    assert border.heard(CALLER) == []
    bob.answers(request, 200, body=ANSWER)
    border.response(CALLER, 200)


def test_a_flood_of_branches_is_cut_off() -> None:
    border = Border()
    request, bob = inviting(border)
    for number in range(40):
        called(border, request, tag=f"fork-{number}").answers(request, 180)
    assert len(border.heard(CALLER)) == 24
    bob.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, bob)
    assert border.over()


def test_a_bye_ends_one_early_dialog_and_leaves_the_others() -> None:
    border = Border()
    request, bob, carol = fork(border)
    bob.answers(request, 180)
    first = calling(border, border.response(CALLER, 180))
    carol.answers(request, 180)
    border.response(CALLER, 180)
    first.ask("BYE")
    first.heard(200)
    bob.answers(bob.got("BYE"), 200)
    carol.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, carol)
    assert border.over()


def test_each_branch_makes_an_offer_of_its_own() -> None:
    border = Border()
    request, *ends = fork(border, "Supported: 100rel", body="")
    callers = []
    for end, port in zip(ends, (6000, 7000), strict=True):
        end.answers(request, 183, "Require: 100rel", "RSeq: 1", body=described(port))
        progress = border.response(CALLER, 183)
        callers.append(calling(border, progress))
        callers[-1].ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE", body=OFFER)
        callers[-1].heard(200)
        prack = end.got("PRACK")
        assert b"m=audio 30002" in prack.body
        end.answers(prack, 200)
        assert callee_media(border) == ("10.20.0.11", port)
    ends[0].answers(request, 200)
    ok = callers[0].heard(200)
    assert ok.body == b""
    assert callee_media(border) == ("10.20.0.11", 6000)
    callers[0].ack()
    hang_up(callers[0], ends[0])
    assert border.over()


def untagged(request: Request, status: int = 180) -> bytes:
    headers = request.headers
    fields = [
        f"Via: {headers.get('via')}",
        f"From: {headers.get('from')}",
        f"To: {headers.get('to')}",
        f"Call-ID: {headers.call_id}",
        f"CSeq: {headers.get('cseq')}",
        "Content-Length: 0",
    ]
    return "\r\n".join([f"SIP/2.0 {status} Whatever", *fields, "", ""]).encode()


def test_the_ports_of_what_only_a_losing_branch_took_are_free_within_a_second() -> None:
    border = Border()
    video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
    request, bob, carol = fork(border, body=f"{OFFER}{video}")
    bob.answers(request, 183, body=f"{ANSWER}{video.replace('4002', '6002')}")
    assert [plan.closed for plan in border.programs()[-1].streams] == [False, False]
    carol.answers(request, 183, body=f"{ANSWER}m=video 0 RTP/AVP 96\r\n")
    answered = border.now
    carol.answers(request, 200, body=f"{ANSWER}m=video 0 RTP/AVP 96\r\n")
    assert [plan.closed for plan in border.programs()[-1].streams] == [False, True]
    assert border.now - answered < 1
    bob.answers(request, 200, body=ANSWER)
    assert [m.headers.to.tag for m in border.take(CALLEE)] == ["carol-tag", "bob-tag", "bob-tag"]
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, carol)
    assert border.over()
