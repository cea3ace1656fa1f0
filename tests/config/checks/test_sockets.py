import pytest

from config.checks.sockets import advertised, binds, listeners
from config.loader import ConfigError, loads
from tests.config.samples import model, told
from tests.support.configs import TWO_ZONES

WAN = ("interfaces", "wan", "bind")
LISTEN = ("monitoring", "prometheus", "listen")


def test_the_smallest_file_clashes_nowhere() -> None:
    assert [*binds(model()), *advertised(model()), *listeners(model())] == []


@pytest.mark.parametrize("wildcard", ["0.0.0.0", "::"])
def test_a_wildcard_bind_is_refused(wildcard: str) -> None:
    (finding,) = binds(model({WAN: wildcard}))
    assert (finding.loc, finding.severity) == (WAN, "error")
    assert finding.message == "a wildcard takes the messages of every zone"


@pytest.mark.parametrize("many", ["224.0.0.1", "ff02::1", "255.255.255.255"])
def test_an_address_of_many_hosts_is_no_bind(many: str) -> None:
    assert told(list(binds(model({WAN: many})))) == [
        (WAN, f"{many} is not the address of one host")
    ]


def test_metrics_on_every_address_are_worth_a_warning() -> None:
    (finding,) = binds(model({LISTEN: "0.0.0.0:9100"}))
    assert (finding.loc, finding.severity) == (LISTEN, "warning")
    assert list(binds(model({LISTEN: "127.0.0.1:9100"}))) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("0.0.0.0", "is not the address of one host"),
        ("224.0.0.1", "is not the address of one host"),
        ("2001:db8::1", "peers of an IPv4 interface are told an IPv6 address"),
    ],
)
def test_an_advertised_address_must_be_one_that_peers_can_use(address: str, said: str) -> None:
    loc = ("interfaces", "wan", "advertise")
    (finding,) = advertised(model({loc: address}))
    assert finding.loc == loc
    assert finding.message.endswith(said)
    assert list(advertised(model({loc: "198.51.100.1"}))) == []


def test_two_listeners_of_one_interface_on_the_same_socket() -> None:
    loc = ("interfaces", "wan", "sip", 1)
    config = model({loc: {"transport": "udp"}})
    assert told(list(listeners(config))) == [
        (loc, "udp port 5060 of 203.0.113.10 is taken by interfaces.wan.sip[0]")
    ]


def test_two_interfaces_on_the_same_socket() -> None:
    config = model({("interfaces", "lan", "bind"): "203.0.113.10"})
    assert [finding.loc for finding in listeners(config)] == [("interfaces", "lan", "sip", 0)]


def test_another_transport_or_port_is_another_socket() -> None:
    config = model(
        {
            ("interfaces", "wan", "sip", 1): {"transport": "tcp"},
            ("interfaces", "wan", "sip", 2): {"transport": "udp", "port": 5070},
        }
    )
    assert list(listeners(config)) == []


@pytest.mark.parametrize("host", ["203.0.113.10", "0.0.0.0"])
def test_metrics_on_the_socket_of_a_listener(host: str) -> None:
    changes = {("interfaces", "wan", "sip", 1): {"transport": "tcp"}, LISTEN: f"{host}:5060"}
    assert told(list(listeners(model(changes)))) == [
        (LISTEN, f"tcp port 5060 of {host} is taken by interfaces.wan.sip[1]")
    ]


def test_metrics_beside_the_listeners_disturb_nobody() -> None:
    assert list(listeners(model({LISTEN: "203.0.113.10:5060"}))) == []
    assert list(listeners(model({LISTEN: "203.0.113.10:9100"}))) == []


def test_an_interface_has_one_listener_of_a_transport() -> None:
    text = TWO_ZONES.replace(
        "{ transport: tcp, port: 5060 }], media: { ports: 20000-20999 }",
        "{ transport: udp, port: 5062 }], media: { ports: 20000-20999 }",
    )
    with pytest.raises(ConfigError) as caught:
        loads(text)
    (problem,) = caught.value.problems
    assert problem.message == "wan has two udp listeners"
    assert problem.path == "interfaces.wan.sip[1]"
