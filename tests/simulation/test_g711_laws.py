"""C5: of all transcoding, A-law to µ-law alone, and only where nothing else is left (G.711)."""

import pytest

from media.control import CodecClock
from media.dtmf.g711 import CONVERTED
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import calling, hang_up, inviting
from tests.support.messages import ANSWER, OFFER, invite
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan

U_OFFER = OFFER.replace("RTP/AVP 8 0 101", "RTP/AVP 0 101")


def laws(carrier: str, pbx: str) -> str:
    policies = (
        f"codec_policies: {{ one: {{ allow: [{carrier}, telephone-event] }}, "
        f"two: {{ allow: [{pbx}, telephone-event] }} }}\n"
    )
    text = TWO_ZONES.replace("trunks:\n", f"{policies}trunks:\n")
    text = text.replace("carrier: {", "carrier: { codec_policy: one,", 1)
    return text.replace("pbx: {", "pbx: { codec_policy: two,", 1)


def test_a_call_between_two_laws_is_converted_by_the_relay() -> None:
    border = Border(laws("pcmu", "pcma"))
    request, callee = inviting(border, body=U_OFFER)
    assert " RTP/AVP 8 101\r\n" in request.body.decode()
    callee.answers(request, 200, body=ANSWER)
    answer = border.response(CALLER, 200)
    assert " RTP/AVP 0 101\r\n" in answer.body.decode()
    (stream,) = border.programs()[-1].streams
    assert (stream.a.numbers, stream.a.laws) == (((0, 8),), (0,))
    assert (stream.b.numbers, stream.b.laws) == (((8, 0),), (8,))
    caller = calling(border, answer)
    caller.ack()
    callee.got("ACK")
    callee.ask("INVITE", body=ANSWER)  # the other way round
    again = caller.got("INVITE")
    assert " RTP/AVP 0 101\r\n" in again.body.decode()
    caller.answers(again, 200, body=U_OFFER)
    assert " RTP/AVP 8 101\r\n" in callee.heard(200).body.decode()
    (stream,) = border.programs()[-1].streams
    assert (stream.a.laws, stream.b.laws) == ((0,), (8,))
    callee.ack()
    caller.got("ACK")
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize("pbx", ["pcmu", "pcmu, pcma", "pcma, pcmu"])
def test_a_common_codec_is_never_converted(pbx: str) -> None:
    border = Border(laws("pcmu", pbx))
    request, callee = inviting(border, body=U_OFFER)
    callee.answers(request, 200, body=ANSWER.replace("RTP/AVP 8", "RTP/AVP 0"))
    border.response(CALLER, 200)
    (stream,) = border.programs()[-1].streams
    assert (stream.a.laws, stream.b.laws) == ((), ())


def test_no_other_codec_is_converted() -> None:
    border = Border(laws("pcmu", "g722"))
    border.receive(invite(body=U_OFFER), CALLER)
    border.response(CALLER, 488)
    assert border.heard(CALLEE) == []


def test_each_octet_becomes_that_of_the_other_law() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    pcmu, pcma = CodecClock(0, "PCMU", 8000), CodecClock(8, "PCMA", 8000)
    alice = side_plan(ALICE, codecs=(pcmu,), numbers=((0, 8),), laws=(0,))
    bob = side_plan(BOB, codecs=(pcma,), numbers=((8, 0),), laws=(8,))
    world.program(alice, bob)
    every = bytes(range(256))
    for _ in range(2):  # by way of the core, and by a flow
        (there,) = world.arrive(("wan", ports.a), rtp(1, 160, payload=every), ALICE)
        (back,) = world.arrive(("lan", ports.b), rtp(1, 160, 8, payload=every), BOB)
        assert (there.data[1], there.data[12:]) == (8, every.translate(CONVERTED["PCMU", "PCMA"]))
        assert (back.data[1], back.data[12:]) == (0, every.translate(CONVERTED["PCMA", "PCMU"]))
