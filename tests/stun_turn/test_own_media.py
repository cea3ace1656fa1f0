"""A client behind TURN speaks with our own media ports, and with nothing else of ours (I5)."""

from dataclasses import replace

import pytest

from stun_turn.actions import Install, Remove, ToClient, ToPeer
from stun_turn.attributes import Address
from stun_turn.own_media import MediaRange, OwnMedia
from stun_turn.settings import Settings
from tests.support.turn import PEER, RELAY, Bench

SHOWN, BIND = "203.0.113.10", "10.0.1.5"
MEDIA: Address = (SHOWN, 20000)
INSIDE: Address = (BIND, 20000)


def bench(shown: str = SHOWN) -> Bench:
    made = Bench()
    settings: Settings = made.settings
    return Bench(replace(settings, media=(MediaRange(shown, BIND, 20000, 20999),)))


def test_what_is_sent_to_a_shown_port_goes_to_where_it_is() -> None:
    client = bench().client()
    relay = client.allocate()
    assert client.permit(MEDIA) == 0
    assert client.send(b"rtp", MEDIA) == [ToPeer(b"rtp", relay, INSIDE)]


def test_what_comes_from_there_is_of_the_shown_port() -> None:
    at = bench()
    client = at.client()
    relay = client.allocate()
    client.permit(MEDIA)
    client.bind(0x4000, MEDIA)
    (back,) = at.from_peer(b"rtp", relay, INSIDE)
    assert back == ToClient(b"\x40\x00\x00\x03rtp", client.at)


def test_a_channel_is_a_flow_to_where_it_is() -> None:
    at = bench()
    client = at.client()
    relay = client.allocate()
    assert client.bind(0x4000, MEDIA) == 0
    assert Install(client.at, 0x4000, relay, INSIDE) in at.seen
    assert Remove(client.at, 0x4000, relay, INSIDE) in at.pass_time(700)


@pytest.mark.parametrize("port", [19999, 21000, 5060, 3478, 22])
def test_no_other_port_of_ours_can_be_reached(port: int) -> None:
    client = bench().client()
    client.allocate()
    client.permit((SHOWN, port))
    assert client.send(b"sip", (SHOWN, port)) == []
    client.permit((BIND, port))
    assert client.send(b"sip", (BIND, port)) == []


def test_nor_by_the_address_where_it_is_bound() -> None:
    client = bench().client()
    client.allocate()
    assert client.permit(INSIDE) == 403


def test_without_such_a_range_nothing_is_reached() -> None:
    client = Bench().client()
    client.allocate()
    client.permit((RELAY, 20000))
    assert client.send(b"rtp", (RELAY, 20000)) == []


def test_where_both_addresses_are_one_it_is_the_same_port() -> None:
    media = OwnMedia([MediaRange(BIND, BIND, 20000, 20999)])
    assert media.bound_at(INSIDE) == media.shown_at(INSIDE) == INSIDE
    assert media.bound_at(PEER) is media.shown_at(PEER) is None
