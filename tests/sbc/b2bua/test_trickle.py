"""Late candidates in INFO: they end at the border, and the relay checks them (RFC 8840, I2)."""

from stun_turn.message import Class, parse
from tests.support.border import Border
from tests.support.ends import up
from tests.support.ice_call import ALICE, BOB, OWN_PWD, IceCall, ice_lines, zones

KIND = "application/trickle-ice-sdpfrag"
LATE = ("10.20.0.99", 7000)


def fragment(ufrag: str = "Peer") -> str:
    candidate = f"a=candidate:9 1 udp 1694498815 {LATE[0]} {LATE[1]} typ host"
    return f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{OWN_PWD}\r\n{candidate}\r\n"


def offered_ice() -> IceCall:
    """We have offered, so we send checks; Bob can be reached at neither place yet."""
    return IceCall(zones("none", "offer"), [], [*ice_lines(BOB), "a=ice-options:trickle"])


def checked(call: IceCall) -> set[tuple[str, int]]:
    return {each.to for each in call.wait(0.3) if parse(each.data).kind is Class.REQUEST}


def test_a_late_candidate_is_checked_and_the_other_side_hears_nothing_of_it() -> None:
    call = offered_ice()
    assert checked(call) == {BOB}

    call.bob.end.ask("INFO", "Info-Package: trickle-ice", body=fragment(), kind=KIND)
    call.bob.end.heard(200)

    assert LATE in checked(call)
    assert call.alice.end.inbox() == []


def test_one_of_another_generation_changes_nothing() -> None:
    call = offered_ice()
    checked(call)

    call.bob.end.ask("INFO", body=fragment("Gone"), kind=KIND)
    call.bob.end.heard(200)

    assert LATE not in checked(call)


def test_a_broken_fragment_is_refused_and_the_call_goes_on() -> None:
    call = offered_ice()

    call.bob.end.ask("INFO", body="a=candidate:nonsense\r\n", kind=KIND)

    call.bob.end.heard(400)
    assert call.alice.end.inbox() == []


def test_a_side_without_ice_may_send_none() -> None:
    border = Border()
    caller, callee = up(border)

    caller.ask("INFO", body=fragment(), kind=KIND)

    caller.heard(415)
    assert callee.inbox() == []


def test_a_side_with_ice_is_told_that_they_may_come_later() -> None:
    call = IceCall(zones("accept", "none"), ice_lines(ALICE), [])
    texts = call.border.texts(call.alice.end.flow)

    assert "Recv-Info: trickle-ice\r\n" in texts
    assert "a=ice-options:trickle ice2\r\n" in texts
    assert "Recv-Info" not in call.border.texts(call.bob.end.flow)
