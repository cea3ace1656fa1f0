"""What the sink says of a phase."""

from base64 import b64encode

import pytest

from media.sdp.sdes import SUITES
from stun_turn.message import Class, Value, build
from stun_turn.registry import Attribute, Method
from tools.bench.rtp import PROFILES, End, Heard, ciphers, data_at
from tools.bench.streams import Carried


def heard(sent: int, received: int, dropped: int = 0) -> Heard:
    return Heard("steady", 2.0, sent, received, dropped, streams=1)


def test_what_did_not_come_is_lost() -> None:
    assert heard(200, 150).lost == 0.25


def test_a_phase_without_packets_has_lost_none() -> None:
    assert heard(0, 0).lost == 0.0


def test_what_our_own_queue_dropped_was_delivered_all_the_same() -> None:
    assert heard(200, 150, 30).delivered == 180


def test_the_cost_of_a_packet_is_that_of_one_which_came() -> None:
    assert Carried(heard(200, 100), cpu=0.001).microseconds == 10
    assert Carried(heard(200, 0), cpu=0.001).microseconds == float("inf")


def test_a_load_of_one_is_a_core_all_the_time() -> None:
    assert Carried(heard(1, 1), cpu=2.0).load == 1.0


@pytest.mark.parametrize("suite", PROFILES)
def test_ends_with_keys_understand_each_other(suite: str) -> None:
    one, other = (b64encode(bytes([first]) * SUITES[suite].size).decode() for first in (1, 2))
    near = ciphers(End(("127.0.0.1", 1), ("127.0.0.1", 2), suite=suite, key=one, hears=other))
    far = ciphers(End(("127.0.0.1", 2), ("127.0.0.1", 1), suite=suite, key=other, hears=one))
    assert near is not None
    assert far is not None
    packet = b"\x80" + bytes(171)
    assert far[1].unprotect(near[0].protect(packet)) == packet
    assert ciphers(End(("127.0.0.1", 1), ("127.0.0.1", 2))) is None


def test_data_are_found_in_an_indication_whichever_attribute_comes_first() -> None:
    whence: Value = (Attribute.XOR_PEER_ADDRESS, bytes(8))
    data: Value = (Attribute.DATA, b"packet..")
    for values in ([whence, data], [data, whence]):
        indication = build(Method.DATA, Class.INDICATION, bytes(12), values)
        assert indication[data_at(indication) :].startswith(b"packet..")
