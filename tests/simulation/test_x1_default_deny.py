"""X1, Z1: who is unknown gets nothing, and a zone reaches only what is its own."""

import pytest

from sbc.actions import Flow
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import hang_up, ringing, up
from tests.support.messages import invite

STRANGER = Flow("wan", "udp", ("198.51.100.66", 5060))
REJECTING = TWO_ZONES.replace("trust: untrusted", "trust: untrusted, unknown_action: reject")
METHODS = ["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "ACK", "SUBSCRIBE"]


def asks(method: str) -> bytes:
    return invite().replace(b"INVITE", method.encode())


def nothing_is_held(border: Border) -> bool:
    return not any(border.core.left_over().values()) and border.core.next_deadline() is None


@pytest.mark.parametrize("method", METHODS)
def test_a_stranger_is_met_with_silence(method: str) -> None:
    border = Border()
    border.receive(asks(method), STRANGER)
    assert (border.sent, border.commands, border.records, border.started) == ([], [], [], [])
    assert nothing_is_held(border)
    (note,) = border.noted("unknown_source")
    assert dict(note.labels) == {"zone": "outside", "action": "drop"}


@pytest.mark.parametrize("method", METHODS)
def test_a_zone_may_answer_a_stranger_once_with_403_and_keep_nothing(method: str) -> None:
    border = Border(REJECTING)
    border.receive(asks(method), STRANGER)
    assert border.heard(STRANGER) == ([] if method == "ACK" else ["403"])
    assert border.commands == []
    assert nothing_is_held(border)


def test_the_403_goes_back_to_the_source_whatever_the_via_says() -> None:
    border = Border(REJECTING)
    border.receive(asks("OPTIONS"), STRANGER)
    ((flow, data),) = border.sent
    assert flow == STRANGER
    assert b";received=198.51.100.66;rport=5060" in data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"garbage",
        b"OPTIONS sip:a SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"\xff" * 9000,
    ],
)
@pytest.mark.parametrize("text", [TWO_ZONES, REJECTING])
def test_garbage_of_a_stranger_is_met_with_silence(text: str, data: bytes) -> None:
    border = Border(text)
    border.receive(data, STRANGER)
    assert border.sent == []
    assert nothing_is_held(border)


def test_a_response_of_a_stranger_is_dropped() -> None:
    border = Border(REJECTING)
    _, callee, _ = ringing(border)
    forged = b"SIP/2.0 200 OK\r\n" + border.sent[-1][1].partition(b"\r\n")[2]
    before = len(border.sent)
    border.receive(forged, STRANGER)
    assert len(border.sent) == before
    assert callee.inbox() == []


def test_a_known_source_is_unknown_in_the_other_zone() -> None:
    border = Border()
    border.receive(invite(), Flow("lan", "udp", CALLER.remote))
    border.receive(invite(), Flow("wan", "udp", CALLEE.remote))
    assert border.sent == []
    assert len(border.noted("unknown_source")) == 2


def test_a_zone_without_a_route_reaches_nobody() -> None:
    border = Border(
        TWO_ZONES.replace("  - { name: in, from: { trunk: carrier }, to: [pbx] }\n", "")
    )
    border.receive(invite(), CALLER)
    border.response(CALLER, 403)
    assert border.heard(CALLEE) == []
    assert border.commands == []
    assert dict(border.noted("invite_refused")[0].labels)["status"] == "403"
    assert border.over()


@pytest.mark.parametrize("method", ["BYE", "INVITE", "INFO", "UPDATE", "REFER"])
def test_a_dialog_is_not_found_from_the_other_zone(method: str) -> None:
    """Even with all three names of it, which nobody there should know (Z1)."""
    border = Border()
    caller, callee = up(border)
    other = CALLEE
    caller.ask(method, flow=other)
    assert border.heard(other) == ["481"]
    assert caller.inbox() == []
    callee.ask(method, flow=CALLER)
    assert border.heard(CALLER) == ["481"]
    callee.ask("ACK", cseq=1, flow=CALLER)
    hang_up(caller, callee)
    assert border.over()


def test_a_dialog_is_not_found_with_one_name_wrong() -> None:
    border = Border()
    caller, callee = up(border)
    for name in ("call_id", "local", "remote"):
        right = getattr(caller, name)
        setattr(caller, name, f"{right}x")
        caller.ask("BYE")
        assert caller.inbox() == ["481"]
        setattr(caller, name, right)
    hang_up(caller, callee)
    assert border.over()
