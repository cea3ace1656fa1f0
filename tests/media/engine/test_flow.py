"""What every engine makes of the same flow table."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.engine.flow import Chain, Counts
from tests.support.engine_rigs import ReferenceRig, Rig, VirtualRig
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp

RIGS: list[Callable[[], Rig]] = [VirtualRig, ReferenceRig]
PACKET = rtp(1, 160, payload=b"sound")
STUN = b"\x00\x01\x00\x00" + bytes(16)


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = request.param()
    yield rig
    rig.close()


def test_without_a_flow_everything_goes_up_with_its_source(rig: Rig) -> None:
    rig.say("alice", "a", PACKET)
    rig.say("mallory", "b", STUN)
    assert rig.ups == [("a", PACKET, "alice"), ("b", STUN, "mallory")]


def test_a_flow_carries_rtp_unchanged_and_measures_it(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.say("alice", "a", PACKET)
    assert rig.heard("bob") == [("b", PACKET)]
    assert rig.ups == []
    assert rig.counts("a") == {
        "packets": 1,
        "octets": len(PACKET),
        "forwarded": 1,
        "held": 0,
        "unsent": 0,
    }


def test_two_flows_carry_both_directions(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("b", "bob", "a", "alice")
    rig.say("alice", "a", PACKET)
    rig.say("bob", "b", rtp(2, 320))
    assert rig.heard("bob") == [("b", PACKET)]
    assert rig.heard("alice") == [("a", rtp(2, 320))]
    assert rig.ups == []


def test_others_on_the_port_of_a_flow_go_up(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.say("mallory", "a", PACKET)
    assert rig.ups == [("a", PACKET, "mallory")]
    assert rig.heard("bob") == []
    assert rig.counts("a")["packets"] == 0


@pytest.mark.parametrize(
    "data",
    [
        STUN,
        b"",
        b"\x80",
        b"\x80\x00" + bytes(9),
        b"\x90\x00" + bytes(12),
        b"\xa0\x00" + bytes(12),
        receiver_report(1),
        b"\x16\xfe\xfd" + bytes(10),
        b"\xc0\x00" + bytes(12),
    ],
)
def test_what_is_not_rtp_goes_up_even_from_the_source_of_a_flow(rig: Rig, data: bytes) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.say("alice", "a", data)
    assert rig.ups == [("a", data, "alice")]
    assert rig.heard("bob") == []


@pytest.mark.parametrize("first", [b"\x81", b"\x90", b"\xa0"])
def test_rtp_with_all_that_its_header_may_hold_is_carried(rig: Rig, first: bytes) -> None:
    packet = first + rtp(1, 160, payload=bytes(20) + b"\x04")[1:]
    rig.install("a", "alice", "b", "bob")
    rig.say("alice", "a", packet)
    assert rig.heard("bob") == [("b", packet)]


def test_rtcp_always_goes_up(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.say("alice", "a+1", receiver_report(1))
    assert rig.ups == [("a+1", receiver_report(1), "alice")]


def test_a_held_flow_counts_and_forwards_nothing(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob", forward=False)
    rig.say("alice", "a", PACKET)
    assert rig.heard("bob") == []
    assert rig.counts("a")["held"] == rig.counts("a")["packets"] == 1


def test_a_flow_without_a_destination_counts_what_it_could_not_send(rig: Rig) -> None:
    rig.install("a", "alice", "b", None)
    rig.say("alice", "a", PACKET)
    assert rig.counts("a")["unsent"] == rig.counts("a")["packets"] == 1


def test_a_flow_is_replaced_by_the_next_one_of_its_source(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("a", "alice", "b", "mallory")
    rig.say("alice", "a", PACKET)
    rig.install("a", "alice", "b", "bob", forward=False)
    rig.say("alice", "a", PACKET)
    assert rig.heard("mallory") == [("b", PACKET)]
    assert rig.heard("bob") == []
    assert (rig.counts("a")["forwarded"], rig.counts("a")["held"]) == (1, 1)


def test_two_sources_may_have_flows_on_one_port(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("a", "mallory", "b", "bob", forward=False)
    rig.say("mallory", "a", PACKET)
    rig.say("alice", "a", PACKET)
    assert rig.heard("bob") == [("b", PACKET)]
    assert rig.ups == []


def test_without_its_flow_a_source_goes_up_again(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("b", "bob", "a", "alice")
    rig.remove("a", "alice")
    rig.say("alice", "a", PACKET)
    assert rig.ups == [("a", PACKET, "alice")]
    rig.say("bob", "b", PACKET)
    assert rig.heard("alice") == [("a", PACKET)]


def test_the_core_sends_from_both_ports_of_a_pair(rig: Rig) -> None:
    counts = Counts()
    rig.install("b", "bob", "a", "alice")
    rig.send(PACKET, "b", "bob", counts)
    rig.send(PACKET, "b", "mallory", counts)
    rig.send(receiver_report(1), "b+1", "bob")
    assert rig.heard("bob") == [("b", PACKET), ("b+1", receiver_report(1))]
    assert rig.heard("mallory") == [("b", PACKET)]
    assert counts.forwarded == 2


def test_a_port_that_was_given_back_hears_nothing(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.engine.unbind(rig.local("a"))
    rig.say("alice", "a", PACKET, lost=True)
    rig.say("mallory", "a+1", PACKET, lost=True)
    assert rig.ups == []
    assert rig.counts("a")["packets"] == 0


def test_a_port_may_be_taken_and_given_back_again_and_again(rig: Rig) -> None:
    for _ in range(3):
        rig.install("a", "alice", "b", "bob")
        rig.engine.unbind(rig.local("a"))
        assert rig.engine.bind(rig.local("a"), "video")
    rig.say("alice", "a", PACKET)
    assert rig.ups == [("a", PACKET, "alice")]


# --- the engines compared -------------------------------------------------------------------------

PEERS = st.sampled_from(["alice", "bob", "mallory"])
WAYS = st.sampled_from([("a", "b"), ("b", "a")])
STEPS = st.one_of(
    st.tuples(st.just("install"), WAYS, PEERS, PEERS | st.none(), st.booleans()),
    st.tuples(st.just("remove"), WAYS, PEERS),
    st.tuples(
        st.just("say"),
        st.sampled_from(["a", "a+1", "b", "b+1"]),
        PEERS,
        st.sampled_from([PACKET, rtp(2, 320), STUN, receiver_report(1), b"\xa0" + bytes(20)]),
    ),
)


def history(rig: Rig, steps: list[tuple[object, ...]]) -> list[object]:
    """Everything that can be seen of an engine while it is worked."""
    installed: set[tuple[str, str]] = set()
    seen: list[object] = []
    for step in steps:
        match step:
            case "install", (str(local), str(egress)), str(source), to, bool(forward):
                assert to is None or isinstance(to, str)
                rig.install(local, source, egress, to, forward=forward)
                installed.add((local, source))
            case "remove", (str(local), _), str(source) if (local, source) in installed:
                rig.remove(local, source)
                installed.remove((local, source))
            case "say", str(local), str(peer), bytes(data):
                rig.say(peer, local, data)
            case _:
                pass
    for peer in ("alice", "bob", "mallory"):
        seen.append(rig.heard(peer))
    seen.append(rig.ups)
    seen += [rig.counts(local) for local in sorted({local for local, _ in installed})]
    return seen


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25))
def test_whatever_is_asked_of_them_all_engines_do_the_same(steps: list[tuple[object, ...]]) -> None:
    histories = []
    for make in RIGS:
        rig = make()
        try:
            histories.append(history(rig, steps))
        finally:
            rig.close()
    assert histories[0] == histories[1]


# --- flows that make other packets of them --------------------------------------------------------


def louder(data: bytes) -> bytes:
    return data.replace(b"sound", b"SOUND")


def longer(data: bytes) -> bytes:
    return data + b"tag"


def test_a_transforming_flow_records_what_came_out_of_inbound_and_sends_what_outbound_made(
    rig: Rig,
) -> None:
    rig.install("a", "alice", "b", "bob", inbound=lambda data: data[:-3], outbound=louder)
    rig.say("alice", "a", PACKET + b"tag")
    assert rig.heard("bob") == [("b", rtp(1, 160, payload=b"SOUND"))]
    assert rig.counts("a")["octets"] == len(PACKET)
    assert rig.counts("a")["forwarded"] == 1


def test_what_inbound_turns_down_is_neither_recorded_nor_sent_nor_handed_up(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob", inbound=lambda data: None)
    rig.say("alice", "a", PACKET, lost=True)
    rig.settle()
    assert rig.heard("bob") == []
    assert rig.ups == []
    assert rig.counts("a")["packets"] == rig.counts("a")["forwarded"] == 0


def test_what_outbound_turns_down_is_recorded_and_not_sent(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob", outbound=lambda data: None)
    rig.say("alice", "a", PACKET, lost=True)
    rig.settle()
    assert rig.heard("bob") == []
    assert rig.counts("a")["packets"] == 1
    assert rig.counts("a")["forwarded"] == rig.counts("a")["unsent"] == 0


def test_a_held_flow_makes_no_packets(rig: Rig) -> None:
    made: list[bytes] = []
    rig.install("a", "alice", "b", "bob", forward=False, outbound=made.append)
    rig.say("alice", "a", PACKET, lost=True)
    rig.settle()
    assert made == []
    assert rig.counts("a")["held"] == 1


@pytest.mark.parametrize("data", [STUN, b"", receiver_report(1), b"\x16\xfe\xfd" + bytes(10)])
def test_what_does_not_look_like_rtp_goes_up_untouched(rig: Rig, data: bytes) -> None:
    rig.install("a", "alice", "b", "bob", inbound=longer)
    rig.say("alice", "a", data)
    assert rig.ups == [("a", data, "alice")]


def test_padding_is_not_looked_at_before_it_is_deciphered(rig: Rig) -> None:
    """Of SRTP its count is ciphered: here it says 255 (RFC 3711 §3.1)."""
    padded = b"\xa0" + PACKET[1:] + b"\xff"
    rig.install("a", "alice", "b", "bob", inbound=lambda data: PACKET)
    rig.say("alice", "a", padded)
    assert rig.heard("bob") == [("b", PACKET)]


def test_a_flow_may_begin_and_end_to_transform(rig: Rig) -> None:
    rig.install("a", "alice", "b", "bob")
    rig.install("a", "alice", "b", "bob", outbound=louder)
    rig.say("alice", "a", PACKET)
    rig.install("a", "alice", "b", "bob")
    rig.say("alice", "a", PACKET)
    assert rig.heard("bob") == [("b", louder(PACKET)), ("b", PACKET)]


def test_two_transforms_make_one_and_the_same_two_the_same() -> None:
    chain = Chain(louder, longer)
    assert chain(PACKET) == longer(louder(PACKET))
    assert Chain(lambda _: None, longer)(PACKET) is None
    assert chain == Chain(louder, longer) != Chain(longer, louder)
