from ipaddress import ip_address

import pytest

from config.endpoint import Target, parse_endpoint
from config.problems import Misread


@pytest.mark.parametrize(
    ("uri", "transport", "address", "port"),
    [
        ("sip:192.0.2.1", "udp", "192.0.2.1", 5060),
        ("SIP:192.0.2.1:5080", "udp", "192.0.2.1", 5080),
        ("sip:192.0.2.1;transport=tcp", "tcp", "192.0.2.1", 5060),
        ("sip:192.0.2.1:5070;Transport=UDP", "udp", "192.0.2.1", 5070),
        ("sip:[2001:db8::1]", "udp", "2001:db8::1", 5060),
        ("sip:[2001:db8::1]:5061;transport=tcp", "tcp", "2001:db8::1", 5061),
        ("sip:192.0.2.1;transport=tls", "tls", "192.0.2.1", 5061),
        ("sips:192.0.2.1", "tls", "192.0.2.1", 5061),
        ("sips:192.0.2.1:5071;transport=tcp", "tls", "192.0.2.1", 5071),
    ],
)
def test_an_endpoint_is_a_socket_address(uri: str, transport: str, address: str, port: int) -> None:
    target = parse_endpoint(uri)
    assert isinstance(target, Target)
    assert (target.transport, target.address, target.port) == (transport, ip_address(address), port)


@pytest.mark.parametrize(
    ("uri", "message", "hint"),
    [
        ("192.0.2.1", "`192.0.2.1` is not a SIP URI", "write it like"),
        ("", "`` is not a SIP URI", "write it like"),
        ("tel:+4969123", "`tel:+4969123` is not a SIP URI", "write it like"),
        ("sips:192.0.2.1;transport=udp", "`sips` goes over TLS, not over UDP", "write transport"),
        ("sip:192.0.2.1;transport=wss", "the transport `wss` is not offered", "transports: udp"),
        ("sip:bob@192.0.2.1", "an endpoint has no user part", "the number called"),
        ("sip:@192.0.2.1", "an endpoint has no user part", "the number called"),
        ("sip:192.0.2.1?a=b", "headers in an endpoint are not sent", "remove"),
        (
            "sip:sip..example.com",
            "the host of the URI: `sip..example.com` is not an IP",
            "write an",
        ),
        ("sip:-a.example", "the host of the URI: `-a.example` is not an IP", "write an"),
        ("sip:", "the host of the URI: `` is not an IP address", "write it like"),
        ("sip:192.0.2.300", "the host of the URI: `192.0.2.300` is not an IP", "write it like"),
        ("sip:[192.0.2.1]", "`192.0.2.1` has its brackets wrong", "brackets: IPv6 only"),
        ("sip:2001:db8::1", "the host of the URI: `2001` is not an IP address", "write it like"),
        ("sip:0.0.0.0", "`0.0.0.0` is not the address of one host", ""),
        ("sip:224.0.0.1", "`224.0.0.1` is not the address of one host", ""),
        ("sip:192.0.2.1:", "`` is not a port: they are 1 to 65535", ""),
        ("sip:192.0.2.1:0", "`0` is not a port: they are 1 to 65535", ""),
        ("sip:192.0.2.1:70000", "`70000` is not a port: they are 1 to 65535", ""),
        ("sip:192.0.2.1:５０", "`５０` is not a port: they are 1 to 65535", ""),
        (
            "sip:192.0.2.1;transport=tpc",
            "the transport `tpc` is not offered",
            "did you mean `tcp`?",
        ),
        ("sip:192.0.2.1;transport", "the transport `` is not offered", "transports: udp, tcp, tls"),
        ("sip:192.0.2.1;tranport=tcp", "the URI parameter `tranport=tcp` has no", "did you mean"),
        ("sip:192.0.2.1;lr", "the URI parameter `lr` has no effect here", "remove it"),
        ("sip:192.0.2.1 ", "the host of the URI: `192.0.2.1 ` is not", "write it like"),
    ],
)
def test_what_is_no_endpoint_is_refused_with_a_hint(uri: str, message: str, hint: str) -> None:
    with pytest.raises(Misread) as refused:
        parse_endpoint(uri)
    assert str(refused.value).startswith(message)
    assert refused.value.hint.startswith(hint)


@pytest.mark.parametrize("host", ["sip.example.com", "pbx", "a-b.example", "1.2.3.example"])
def test_a_host_may_be_a_name_that_is_looked_up(host: str) -> None:
    """(S15)"""
    target = parse_endpoint(f"sip:{host}")
    assert (target.transport, target.address, target.port) == ("udp", None, 5060)
    assert parse_endpoint(f"sips:{host}:5071").port == 5071
