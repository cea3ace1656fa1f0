"""What one allocation remembers, and for how long (RFC 8656 §9, §12)."""

from stun_turn.actions import Client
from stun_turn.allocation import CHANNEL, CHANNEL_REST, PERMISSION, Allocation
from stun_turn.attributes import IPV4

PEER, OTHER = ("198.51.99.7", 4000), ("198.51.99.7", 4001)


def allocation() -> Allocation:
    client = Client("udp", ("203.0.113.1", 3478), ("192.0.2.1", 1))
    made = Allocation(client, "ann", "ann", bytes(12))
    made.relays[IPV4] = ("203.0.113.1", 50000)
    return made


def test_it_relays_for_the_families_that_it_has() -> None:
    assert allocation().relay_for("198.51.99.7") == ("203.0.113.1", 50000)
    assert allocation().relay_for("2001:db8::7") is None


def test_a_permission_holds_until_it_expires() -> None:
    made = allocation()
    assert made.permit("198.51.99.7", 10.0)
    assert made.is_permitted("198.51.99.7", 10.0 + PERMISSION - 1)
    assert not made.is_permitted("198.51.99.7", 10.0 + PERMISSION)
    assert not made.is_permitted("198.51.99.8", 10.0)


def test_a_binding_holds_rests_and_is_forgotten() -> None:
    made = allocation()
    assert made.may_bind(0x4000, PEER, 0.0)
    made.bind(0x4000, PEER, 0.0)
    found = made.channel_to(PEER, 1.0)
    assert found is not None
    assert (found.number, found.peer) == (0x4000, PEER)
    assert made.channel_to(OTHER, 1.0) is None
    assert not made.may_bind(0x4000, OTHER, 1.0)
    assert not made.may_bind(0x4001, PEER, 1.0)
    assert made.channel(0x4000, CHANNEL) is None
    assert made.may_bind(0x4000, PEER, CHANNEL)
    assert not made.may_bind(0x4000, OTHER, CHANNEL)
    assert made.may_bind(0x4000, OTHER, CHANNEL + CHANNEL_REST)
