from sbc.actions import Flow
from sbc.routing.listeners import Listeners
from tests.support.configs import TWO_ZONES, config

SIX = (
    TWO_ZONES.replace("bind: 203.0.113.10", "bind: 10.0.0.4, advertise: 203.0.113.10")
    .replace("bind: 10.20.0.5", 'bind: "2001:db8::5"')
    .replace("sip:10.20.0.11", "sip:[2001:db8::11]")
    .replace("10.20.0.11/32", "2001:db8::11/128")
)


def test_peers_are_told_the_advertised_address() -> None:
    listener = Listeners(config(SIX)).of(Flow("wan", "udp", ("192.0.2.1", 5060)))
    assert listener.sent_by == "203.0.113.10:5060"
    assert listener.contact("abc") == "<sip:abc@203.0.113.10:5060>"


def test_an_ipv6_address_stands_in_brackets() -> None:
    listener = Listeners(config(SIX)).of(Flow("lan", "tcp", ("2001:db8::11", 5060)))
    assert listener.contact("abc") == "<sip:abc@[2001:db8::5]:5060;transport=tcp>"


def test_a_zone_is_left_by_a_listener_of_the_right_family_and_transport() -> None:
    listeners = Listeners(config(SIX))
    found = listeners.in_zone("inside", "tcp", ipv6=True)
    assert found is not None
    assert found.interface == "lan"
    assert listeners.in_zone("inside", "tcp", ipv6=False) is None
    assert listeners.in_zone("nowhere", "udp", ipv6=False) is None


def test_a_contact_is_short_whatever_lies_behind_it() -> None:
    listener = Listeners(config(SIX)).of(Flow("lan", "tcp", ("2001:db8::11", 5060)))
    assert len(listener.contact("0123456789abcdef")) <= 100
