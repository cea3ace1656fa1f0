import pytest

from media.control import Program
from media.ng.keys import normalised
from media.ng.plans import program
from media.ng.settings import Settings
from media.ng.talk import Talk
from media.ng.wishes import wishes_of
from media.sdp.describe import describe
from media.sdp.session import parse
from tests.support.ng import CALLED, CALLER, end, sdp


def talk(a: str | None = None, b: str | None = None, *flags: str) -> Talk:
    one = Talk("s", "c", {"a": end(), "b": end()}, 0.0, 0.0)
    for each, body in ((one.a, a), (one.b, b)):
        if body is not None:
            session = parse(body.encode())
            each.hears(session, describe(session))
    one.ports = {0: {"a": 30000, "b": 30002}}
    one.answered = b is not None
    one.wishes = wishes_of(normalised({"flags": list(flags)}))
    return one


def planned(one: Talk, settings: Settings | None = None, settled: bool = True) -> Program:
    return program(one, settings or Settings(), settled=settled)


def test_an_end_that_has_said_nothing_lets_nothing_through() -> None:
    plan = planned(talk(sdp(CALLER)), settled=False).streams[0]
    assert (plan.b.sends, plan.b.receives, plan.b.rtp, plan.b.strict) == (False, False, None, True)
    assert (plan.a.sends, plan.a.rtp, plan.a.rtcp) == (True, CALLER, ("192.0.2.10", 4001))
    assert not plan.closed


@pytest.mark.parametrize(
    ("mode", "latching"),
    [
        ("off", "signalled"),
        ("immediate", "first-packet"),
        ("delayed", "delayed"),
        ("heuristic", "heuristic"),
    ],
)
def test_each_mode_of_learning_is_a_latch(mode: str, latching: str) -> None:
    one = talk(sdp(CALLER), sdp(CALLED))
    one.learning = mode
    plan = planned(one).streams[0]
    assert (plan.a.latching, plan.b.latching, plan.a.window) == (latching, latching, 3.0)
    assert plan.a.signalling_ip is None


def test_flags_say_who_else_may_send() -> None:
    plan = planned(talk(sdp(CALLER), sdp(CALLED), "strict-source", "media-handover")).streams[0]
    assert (plan.a.strict, plan.a.handover, plan.b.strict) == (True, True, True)
    plain = planned(talk(sdp(CALLER), sdp(CALLED))).streams[0]
    assert (plain.a.strict, plain.a.handover, plain.a.asymmetric) == (False, False, False)
    always = planned(talk(sdp(CALLER), sdp(CALLED)), Settings(strict_source=True))
    assert always.streams[0].a.strict


def test_an_end_may_be_elsewhere_than_it_says() -> None:
    one = talk(sdp(CALLER), sdp(CALLED))
    one.a.address = "198.51.100.1"
    plan = planned(one).streams[0]
    assert (plan.a.rtp, plan.a.rtcp) == (("198.51.100.1", 4000), ("198.51.100.1", 4001))


def test_a_stream_that_is_refused_is_closed_once_it_is_settled() -> None:
    one = talk(sdp(CALLER), sdp((CALLED[0], 0)))
    assert planned(one).streams[0].closed
    assert not planned(one, settled=False).streams[0].closed


def test_a_blocked_end_sends_nothing_and_is_sent_to() -> None:
    one = talk(sdp(CALLER), sdp(CALLED))
    one.a.blocked = True
    plan = planned(one).streams[0]
    assert (plan.a.sends, plan.a.receives, plan.b.sends) == (False, True, True)


def test_fax_is_no_rtp() -> None:
    fax = sdp(CALLER).replace("m=audio 4000 RTP/AVP 8 101", "m=image 4000 udptl t38")
    assert planned(talk(fax)).streams[0].opaque
    assert not planned(talk(sdp(CALLER))).streams[0].opaque
