import pytest

from media.ng.command import Refused
from media.ng.interfaces import BadInterface, Interfaces, Place, parse_place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.1", Place("default", "192.0.2.1", "192.0.2.1")),
        ("pub/192.0.2.1", Place("pub", "192.0.2.1", "192.0.2.1")),
        ("pub/10.0.0.1!192.0.2.1", Place("pub", "10.0.0.1", "192.0.2.1")),
        ("pub/2001:DB8::1", Place("pub", "2001:db8::1", "2001:db8::1")),
    ],
)
def test_an_interface_is_name_address_and_what_is_told(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text", ["", "eth0", "pub/", "/192.0.2.1", "192.0.2.1!", "192.0.2.1!2001:db8::1", "1.2.3.999"]
)
def test_what_is_no_interface_is_the_operators_mistake(text: str) -> None:
    with pytest.raises(BadInterface):
        parse_place(text)


def interfaces(*texts: str) -> Interfaces:
    return Interfaces(map(parse_place, texts))


def test_an_unknown_name_is_an_error_and_never_another_zone() -> None:
    known = interfaces("pub/192.0.2.1", "priv/10.0.0.1", "pub/2001:db8::1")
    assert known.known(None) == "pub"
    assert known.known("priv") == "priv"
    with pytest.raises(Refused, match="Unknown interface 'nix'"):
        known.known("nix")
    assert known.place("pub", "IP6").bind == "2001:db8::1"
    with pytest.raises(Refused, match="no IP6 address"):
        known.place("priv", "IP6")


def test_two_addresses_of_one_family_need_two_names() -> None:
    with pytest.raises(BadInterface, match="give each its own name"):
        interfaces("192.0.2.1", "192.0.2.2")
    with pytest.raises(BadInterface):
        interfaces()


def test_names_that_share_an_address_share_out_its_ports() -> None:
    relay = interfaces("a/192.0.2.1", "b/192.0.2.1", "c/192.0.2.9").for_relay((1000, 1099), 1.0)
    assert (relay["a/IP4"].low, relay["a/IP4"].high) == (1000, 1049)
    assert (relay["b/IP4"].low, relay["b/IP4"].high) == (1050, 1099)
    assert (relay["c/IP4"].low, relay["c/IP4"].high) == (1000, 1099)
