from ipaddress import ip_address, ip_network

import pytest

from config.addresses import parse_address, parse_network
from config.problems import Misread


@pytest.mark.parametrize("written", ["192.0.2.1", "2001:db8::1", "::", "0.0.0.0"])
def test_an_address_is_read(written: str) -> None:
    assert parse_address(written) == ip_address(written)


def test_what_is_read_already_stays() -> None:
    address, network = ip_address("192.0.2.1"), ip_network("192.0.2.0/24")
    assert (parse_address(address), parse_network(network)) == (address, network)


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (5, "`5` is not an IP address", "write it like 192.0.2.1 or 2001:db8::1"),
        ("192.0.2", "`192.0.2` is not an IP address", "write it like 192.0.2.1 or 2001:db8::1"),
        ("192.0.2.01", "`192.0.2.01` is not an IP address", "write it like"),
        ("192.0.2.1/24", "`192.0.2.1/24` is not an IP address", "one address is wanted"),
        ("2001:db8::/32", "`2001:db8::/32` is not an IP address", "one address is wanted"),
        ("[::1]", "`[::1]` is not an IP address", "write ::1, without brackets"),
        ("a.example", "`a.example` is not an IP address", "names are not looked up"),
        ("fe80::1%eth0", "`fe80::1%eth0` has a zone index", "use an address without `%`"),
        ("::ffff:192.0.2.1", "`::ffff:192.0.2.1` is an IPv4 address", "write 192.0.2.1"),
    ],
)
def test_what_is_no_address_is_refused_with_a_hint(
    written: object, message: str, hint: str
) -> None:
    with pytest.raises(Misread) as refused:
        parse_address(written)
    assert str(refused.value) == message
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.1", "192.0.2.1/32"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:DB8:0::1", "2001:db8::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_is_read(written: str, network: str) -> None:
    assert parse_network(written) == ip_network(network)


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (5, "`5` is not an IP network", "write it like 192.0.2.0/24"),
        ("10.0.0.300/8", "`10.0.0.300/8` is not an IP network", "write it like"),
        ("10.0.0.0/33", "`10.0.0.0/33` is not an IP network", "write it like"),
        ("10.0.0.0/255.0.0.0", "`10.0.0.0/255.0.0.0` is not an IP network", "write it like"),
        ("192.0.2.1/24", "`192.0.2.1/24` has bits", "write 192.0.2.0/24 or 192.0.2.1/32"),
        ("2001:db8::1/32", "`2001:db8::1/32` has bits", "write 2001:db8::/32 or 2001:db8::1/128"),
        ("fe80::1%0/128", "`fe80::1%0/128` is not an IP network", "write it like"),
        ("::ffff:10.0.0.0/104", "`::ffff:10.0.0.0/104` covers IPv4", "write the IPv4 network"),
    ],
)
def test_what_is_no_network_is_refused_with_a_hint(
    written: object, message: str, hint: str
) -> None:
    with pytest.raises(Misread) as refused:
        parse_network(written)
    assert str(refused.value).startswith(message)
    assert refused.value.hint.startswith(hint)
