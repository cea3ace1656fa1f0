"""Two phones wired back to back, without a border: both roles of each exchange."""

import pytest

from sbc.actions import Transmit
from sbc.demo.phone import Phone, PhoneCall
from sbc.tokens import Tokens

CALLER = ("192.168.77.23", 5060)
DESK = ("127.0.0.1", 5080)


class Line:
    """Both phones, and what is on its way between them."""

    def __init__(self, media_ports: tuple[int, ...] = (6000, 6002)) -> None:
        self.caller = Phone("traveller", CALLER, "Traveller/1", Tokens(b"a"))
        self.desk = Phone("desk", DESK, "Desk/1", Tokens(b"b"))
        self.desk.media_ports = media_ports
        self.now = 0.0

    def carry(self, sent: list[Transmit], *, to_desk: bool) -> None:
        """Deliver, and the answers to it, until nobody says anything."""
        while sent:
            phone, source = (self.desk, CALLER) if to_desk else (self.caller, DESK)
            sent = [each for one in sent for each in phone.receive(one.data, source, self.now)]
            to_desk = not to_desk

    def call(self) -> PhoneCall:
        call, sent = self.caller.place("desk", DESK, 4000, self.now)
        self.carry(sent, to_desk=True)
        return call

    def quiet(self) -> None:
        """Let all transactions end."""
        for phone in (self.caller, self.desk):
            while (deadline := phone.next_deadline()) is not None:
                phone.handle_timeout(deadline)


def test_a_call_comes_up_on_both_phones() -> None:
    line = Line()
    call = line.call()
    (answered,) = line.desk.calls.values()
    assert (call.state, answered.state) == ("up", "up")
    assert call.far_media == ("127.0.0.1", 6000)
    assert answered.far_media == ("192.168.77.23", 4000)


def test_whoever_hangs_up_both_have_ended() -> None:
    line = Line()
    call = line.call()
    (answered,) = line.desk.calls.values()
    line.carry(line.caller.hang_up(call, 1.0), to_desk=True)
    assert (call.state, answered.state) == ("ended", "ended")


def test_the_desk_can_hang_up_too() -> None:
    line = Line()
    call = line.call()
    (answered,) = line.desk.calls.values()
    line.carry(line.desk.hang_up(answered, 1.0), to_desk=False)
    assert (call.state, answered.state) == ("ended", "ended")


def test_a_second_call_gets_other_media_ports_and_a_third_is_busy() -> None:
    line = Line()
    calls = [line.call() for _ in range(3)]
    assert [call.far_media for call in calls[:2]] == [("127.0.0.1", 6000), ("127.0.0.1", 6002)]
    assert calls[2].state == "refused 486"


def test_hanging_up_twice_says_nothing_more() -> None:
    line = Line()
    call = line.call()
    line.caller.hang_up(call, 1.0)
    assert line.caller.hang_up(call, 1.0) == []


def test_it_forgets_its_transactions() -> None:
    line = Line()
    line.call()
    line.quiet()
    assert line.caller.next_deadline() is None
    assert line.desk.next_deadline() is None


@pytest.mark.parametrize("data", [b"", b"nonsense", b"INVITE sip:x SIP/2.0\r\n\r\n", bytes(100)])
def test_garbage_is_ignored(data: bytes) -> None:
    line = Line()
    assert line.desk.receive(data, CALLER, 0.0) == []


def test_a_bye_for_a_call_it_does_not_know_gets_481() -> None:
    line = Line()
    call = line.call()
    line.desk.calls.clear()
    (sent,) = line.caller.hang_up(call, 1.0)
    (answer,) = line.desk.receive(sent.data, CALLER, 1.0)
    assert answer.data.startswith(b"SIP/2.0 481 ")
