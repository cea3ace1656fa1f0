"""C6: legs with different payload types for one codec; a number that comes to mean another one."""

from tests.support.border import CALLER, Border
from tests.support.ends import calling, hang_up, inviting
from tests.support.messages import ANSWER, OFFER

HEAD = OFFER[: OFFER.index("m=audio")]
OPUS_96 = (
    f"{HEAD}m=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\n"
    "a=rtpmap:101 telephone-event/48000\r\n"
)
OPUS_111 = (
    ANSWER[: ANSWER.index("m=audio")]
    + "m=audio 6000 RTP/AVP 111 101\r\na=rtpmap:111 opus/48000/2\r\n"
    + "a=fmtp:111 useinbandfec=1\r\na=rtpmap:101 telephone-event/48000\r\n"
)


def numbers(border: Border) -> tuple[object, object]:
    (stream,) = border.programs()[-1].streams
    return stream.a.numbers, stream.b.numbers


def test_the_caller_is_answered_in_its_own_numbers_and_the_relay_translates() -> None:
    border = Border()
    request, callee = inviting(border, body=OPUS_96)
    assert "a=rtpmap:96 opus/48000/2" in request.body.decode()
    callee.answers(request, 200, body=OPUS_111)
    answer = border.response(CALLER, 200)
    assert " RTP/AVP 96 101\r\n" in answer.body.decode()
    assert "a=fmtp:96 useinbandfec=1" in answer.body.decode()
    assert "111" not in answer.body.decode()
    assert numbers(border) == (((96, 111),), ((111, 96),))
    caller = calling(border, answer)
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


def test_the_same_numbers_cost_nothing() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    border.response(CALLER, 200)
    assert numbers(border) == ((), ())


def test_a_number_may_come_to_mean_another_codec() -> None:
    border = Border()
    request, callee = inviting(border, body=OPUS_96)
    callee.answers(request, 200, body=OPUS_111)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    ilbc = OPUS_96.replace("opus/48000/2", "iLBC/8000").replace("event/48000", "event/8000")
    caller.ask("INVITE", body=ilbc.replace("RTP/AVP 96", "RTP/AVP 111").replace(":96 ", ":111 "))
    again = callee.got("INVITE")
    assert "a=rtpmap:111 iLBC/8000" in again.body.decode()
    said = OPUS_111.replace("opus/48000/2", "iLBC/8000").replace("event/48000", "event/8000")
    callee.answers(again, 200, body=said.replace("a=fmtp:111 useinbandfec=1\r\n", ""))
    assert "a=rtpmap:111 iLBC/8000" in caller.heard(200).body.decode()
    assert numbers(border) == ((), ())
