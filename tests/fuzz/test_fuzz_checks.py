"""Random, broken, forged and replayed STUN on a media port: nobody without the password gets a byte
or a right, no answer is larger than its question, and nothing raises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from media.control import IcePlan
from media.ice.agent import MOST_KNOWN, Agent
from media.ice.check import Credentials, Role
from media.ice.checklist import MOST_PAIRS
from stun_turn.message import Class, build
from stun_turn.registry import Attribute, Method
from tests.support.ice import (
    FORGER,
    OURS,
    PEER,
    PEERS,
    Peer,
    candidate,
    choose,
    full_plan,
    lite_plan,
)

KINDS = st.sampled_from([each.value for each in Attribute]) | st.integers(0, 0xFFFF)
ATTRIBUTES = st.lists(st.tuples(KINDS, st.binary(max_size=24)), max_size=6)
PLANS = st.sampled_from([lite_plan(), full_plan(candidate(PEER)), full_plan(controlling=False)])


def message(key: bytes | None) -> st.SearchStrategy[bytes]:
    return st.builds(
        build,
        st.sampled_from(Method),
        st.sampled_from(Class),
        st.binary(min_size=12, max_size=12),
        ATTRIBUTES,
        key=st.just(key),
        fingerprint=st.booleans(),
    )


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A true check with some octets changed, and perhaps cut or continued."""
    nominates = draw(st.booleans())
    data = bytearray(Peer(Agent(lite_plan(), choose(), 0.0)).request(nominates=nominates))
    for _ in range(draw(st.integers(1, 6))):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) + draw(st.binary(max_size=8))


@settings(max_examples=500)
@given(
    PLANS, st.lists(st.binary(max_size=100) | message(None) | message(b"x") | broken(), max_size=8)
)
def test_who_does_not_know_the_password_gets_nothing(plan: IcePlan, datagrams: list[bytes]) -> None:
    agent = Agent(plan, choose(), 0.0)
    for data in datagrams:
        outcome = agent.receive(data, 1, FORGER, 0.0)

        assert outcome.outgoing == ()
    assert not agent.permits(1, FORGER)
    assert agent.selected(1) is None


@settings(max_examples=300)
@given(PLANS, st.lists(message(OURS[1].encode()) | message(PEERS[1].encode()), max_size=8))
def test_who_knows_it_gets_no_more_than_it_has_sent(plan: IcePlan, datagrams: list[bytes]) -> None:
    agent = Agent(plan, choose(), 0.0)
    for data in datagrams:
        outcome = agent.receive(data, 1, PEER, 0.0)

        assert sum(len(each.data) for each in outcome.outgoing) <= len(data)


@settings(max_examples=200)
@given(
    PLANS,
    st.lists(
        st.tuples(
            st.integers(1, 60),
            st.sampled_from(Role),
            st.booleans(),
            st.integers(0, 2**64 - 1),
            st.integers(0, 126),
        ),
        max_size=100,
    ),
)
def test_a_peer_that_checks_at_random_costs_a_bounded_amount(
    plan: IcePlan, checks: list[tuple[int, Role, bool, int, int]]
) -> None:
    agent = Agent(plan, choose(), 0.0)
    true = Credentials(*PEERS, *OURS)
    ports = {port for port, *_ in checks}
    for number, (port, role, nominates, tie_breaker, preference) in enumerate(checks):
        peer = Peer(agent, (PEER[0], port))
        data = peer.request(role, nominates, true, tie_breaker, preference)
        agent.receive(data, 1, peer.address, 0.1 * number)
        assert len(agent.tick(0.1 * number)) <= MOST_PAIRS + 2

    assert sum(agent.permits(1, (PEER[0], port)) for port in ports) <= MOST_KNOWN
