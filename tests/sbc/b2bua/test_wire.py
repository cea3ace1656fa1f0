from sbc.actions import Flow, Note, Transmit
from sbc.b2bua.wire import Wire
from sbc.routing.listeners import Listeners
from sbc.sip.via import Via
from sbc.tokens import Tokens
from sbc.transaction.layer import TransactionLayer
from tests.support.configs import config

TCP = Flow("lan", "tcp", ("10.20.0.11", 5060))


def wire() -> Wire:
    return Wire(TransactionLayer(), Listeners(config()), Tokens(b"x"), "SBC")


def test_a_via_names_our_listener_and_is_never_the_same() -> None:
    ours = wire()
    vias = [Via.parse(ours.via(TCP)) for _ in range(100)]
    assert {(via.transport, via.host, via.port) for via in vias} == {("TCP", "10.20.0.5", 5060)}
    assert len({via.branch for via in vias}) == 100
    assert all((via.branch or "").startswith("z9hG4bK") for via in vias)
    assert all(via.asks_rport for via in vias)


def test_what_is_sent_and_noted_keeps_its_order() -> None:
    ours = wire()
    ours.transmit(b"first", TCP)
    ours.note("something", {"zone": "inside"}, call="c1")
    ours.transmit(b"second", TCP)
    assert ours.actions == [
        Transmit(b"first", TCP),
        Note("something", (("zone", "inside"),), (("call", "c1"),)),
        Transmit(b"second", TCP),
    ]


def test_a_timer_is_set_from_now() -> None:
    ours = wire()
    ours.now = 5.0
    ours.timer("later", 2.5)
    assert ours.timers.next() == 7.5
