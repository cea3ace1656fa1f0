"""Who may be a peer (RFC 8656 §21.1.6), in every spelling (I5)."""

from ipaddress import ip_network

import pytest

from stun_turn.peers import PeerRules, canonical

PRIVATE = [
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.251", "192.0.2.1", "198.18.0.1",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "fe80::1%eth0",
    "::ffff:10.0.0.1", "::FFFF:0a00:0001", "::10.0.0.1", "64:ff9b::10.0.0.1", "2002:0a00:0001::",
    "2001:0000:4136:e378:8000:63bf:f5ff:fffe", "::ffff:10.0.0.1%lo", "::ffff:0:10.0.0.1",
    "64:ff9b:1::808:808", "fec0::1", "3fff::1", "5f00::1", "2002:7f00:0001::1", "2002:a9fe:a9fe::",
    "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "0000:0000:0000:0000:0000:ffff:7f00:0001",
]  # fmt: skip


@pytest.mark.parametrize("ip", PRIVATE)
def test_what_is_not_public_is_denied(ip: str) -> None:
    assert not PeerRules().may(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_what_is_public_is_allowed(ip: str) -> None:
    assert PeerRules().may(ip)


def test_an_operator_allows_and_denies_networks() -> None:
    rules = PeerRules(allowed=[ip_network("10.1.0.0/16")], denied=[ip_network("8.8.8.0/24")])
    assert rules.may("10.1.2.3")
    assert rules.may("::ffff:10.1.2.3")
    assert not rules.may("10.2.2.3")
    assert not rules.may("8.8.8.8")


def test_our_own_addresses_are_denied_even_inside_what_is_allowed() -> None:
    rules = PeerRules(allowed=[ip_network("0.0.0.0/0")], own=["203.0.113.1", "2001:DB8::1"])
    assert not rules.may("203.0.113.1")
    assert not rules.may("::ffff:203.0.113.1")
    assert not rules.may("2001:db8:0::1")
    assert rules.may("203.0.113.2")
    assert not rules.may("224.0.0.1")
    assert not rules.may("0.0.0.0")


def test_every_address_has_one_spelling() -> None:
    assert canonical("::FFFF:1.2.3.4") == "1.2.3.4"
    assert canonical("2001:DB8:0:0::1") == "2001:db8::1"
    assert canonical("::1") == "::1"
