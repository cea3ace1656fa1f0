"""Packets under the payload type that their receiver wants (C6; RFC 2198 §3)."""

import pytest

from media.control import CodecClock, Failed, Program, StreamPlan
from media.renumber import Renumber
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan


def test_only_the_payload_type_changes() -> None:
    renumber = Renumber({96: 111})
    for marker in (0, 128):
        packet = bytes([0x80, marker | 96, 1, 2]) + bytes(range(40))
        assert renumber(packet) == bytes([0x80, marker | 111, 1, 2]) + bytes(range(40))


def test_every_other_packet_is_the_very_same() -> None:
    packet = rtp(1, 160)
    assert Renumber({96: 111})(packet) is packet


def test_the_blocks_of_redundant_audio_follow() -> None:
    head = bytes([0x80, 112]) + bytes(10)
    older, primary = bytes([0x80 | 111, 0x01, 0x40, 4]), bytes([111])
    packet = head + older + primary + b"olderprimary"
    renumber = Renumber({111: 96, 112: 97}, frozenset({112}))
    assert renumber(packet) == (
        bytes([0x80, 97]) + bytes(10) + bytes([0x80 | 96, 0x01, 0x40, 4, 96]) + b"olderprimary"
    )


@pytest.mark.parametrize(
    "payload", [b"", b"\x80", b"\xef\xef\xef\xef", b"\xff" * 1000], ids=["none", "1", "4", "all"]
)
def test_redundant_audio_without_an_end_is_left_in_peace(payload: bytes) -> None:
    packet = bytes([0x80, 112]) + bytes(10) + payload
    assert len(Renumber({111: 96}, frozenset({112}))(packet)) == len(packet)


def test_two_of_the_same_tables_are_equal() -> None:
    assert Renumber({96: 111}) == Renumber({96: 111})
    assert len({Renumber({96: 111}), Renumber({96: 111}), Renumber({96: 112})}) == 2


def test_what_each_end_sends_arrives_under_the_number_that_the_other_wants() -> None:
    world = RelayWorld()
    (ports,) = world.open()
    opus = CodecClock(96, "opus", 48000)
    alice = side_plan(ALICE, codecs=(opus,), numbers=((96, 111),))
    bob = side_plan(BOB, codecs=(opus,), numbers=((111, 96),))
    world.program(alice, bob)
    for _ in range(2):  # by way of the core, and by a flow
        (there,) = world.arrive(("wan", ports.a), rtp(1, 960, payload_type=96), ALICE)
        (back,) = world.arrive(("lan", ports.b), rtp(1, 960, payload_type=111), BOB)
        assert (there.data[1], back.data[1]) == (111, 96)
    assert world.engine.flows[("wan", ports.a), ALICE].outbound is not None


def test_what_is_no_payload_type_is_refused() -> None:
    world = RelayWorld()
    world.open()
    plan = StreamPlan(0, side_plan(ALICE, numbers=((96, 200),)), side_plan(BOB))
    reply = world.ask(Program("c1", (plan,), False, initial=30.0, subsequent=60.0))
    assert isinstance(reply, Failed)
    assert reply.reason == "bad_command"
