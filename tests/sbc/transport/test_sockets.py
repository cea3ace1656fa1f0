import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from config.model import Interface
from config.problems import Finding
from sbc.transport.sockets import Bound, CannotListen, bind_all, outgoing
from tests.support.marks import mark_of_next, reading_marks


def interface(bind: str, *sip: tuple[str, int]) -> Interface:
    return Interface.model_validate(
        {
            "zone": "outside",
            "bind": bind,
            "sip": [{"transport": transport, "port": port} for transport, port in sip],
            "media": {"ports": "20000-20999"},
        }
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_sip_that_leaves_has_the_mark_of_its_interface(host: str) -> None:
    """(M8)"""
    port = free_port()
    marked = interface(host, ("udp", port), ("tcp", port)).model_copy(update={"dscp": 24})
    with bound(wan=marked) as (udp, tcp), reading_marks(host) as peer:
        udp.socket.sendto(b"SIP", peer.getsockname()[:2])
        assert mark_of_next(peer) == 24
        with socket.create_connection((host, port)):
            accepted, _ = tcp.socket.accept()
            with accepted:
                assert mark_of(accepted) == 24, "connections have it from the listener"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_of_ours_is_marked_before_it_begins(host: str) -> None:
    """(M8)"""
    with outgoing(host, 24) as made:
        assert mark_of(made) == 24
        assert made.getsockname()[0] == host
        assert not made.getblocking()
    with pytest.raises(OSError, match="assign requested address"):
        outgoing("192.0.2.1", 24)


def mark_of(one: socket.socket) -> int:
    if one.family == socket.AF_INET6:
        return one.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) >> 2
    return one.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) >> 2


@contextmanager
def bound(**interfaces: Interface) -> Iterator[list[Bound]]:
    opened = bind_all(interfaces)
    try:
        yield opened
    finally:
        for one in opened:
            one.socket.close()


@contextmanager
def taken(kind: socket.SocketKind) -> Iterator[int]:
    """A port that somebody else has."""
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        yield other.getsockname()[1]


def free_port() -> int:
    with taken(socket.SOCK_STREAM) as port:
        return port


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_listener_of_every_interface_is_bound(host: str) -> None:
    port = free_port()
    with bound(wan=interface(host, ("udp", port), ("tcp", port))) as opened:
        assert [(one.interface, one.transport) for one in opened] == [
            ("wan", "udp"),
            ("wan", "tcp"),
        ]
        assert {one.socket.getsockname()[:2] for one in opened} == {(host, port)}
        with socket.create_connection((host, port)):
            pass


def test_bursts_wait_in_the_kernel() -> None:
    with bound(wan=interface("127.0.0.1", ("udp", free_port()))) as [one]:
        assert one.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 400_000


@pytest.mark.parametrize(
    ("transport", "kind"), [("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM)]
)
def test_a_taken_port_is_named_with_its_place(transport: str, kind: socket.SocketKind) -> None:
    with taken(kind) as port, pytest.raises(CannotListen) as caught:
        bind_all({"wan": interface("127.0.0.1", (transport, port))})
    assert caught.value.findings == [
        Finding(
            ("interfaces", "wan", "sip", 0),
            f"cannot bind 127.0.0.1 port {port}/{transport}: the port is taken",
        )
    ]


def test_an_address_that_this_host_lacks_is_named_with_its_place() -> None:
    with pytest.raises(CannotListen) as caught:
        bind_all({"wan": interface("192.0.2.1", ("udp", 5060))})
    assert caught.value.findings == [
        Finding(
            ("interfaces", "wan", "sip", 0),
            "cannot bind 192.0.2.1 port 5060/udp: this host has no such address",
        )
    ]


def test_all_problems_are_told_at_once_and_nothing_stays_bound() -> None:
    port = free_port()
    with pytest.raises(CannotListen) as caught:
        bind_all(
            {
                "wan": interface("192.0.2.1", ("udp", 5060), ("tcp", 5060)),
                "lan": interface("127.0.0.1", ("tcp", port), ("tcp", port)),
            }
        )
    assert [finding.loc for finding in caught.value.findings] == [
        ("interfaces", "wan", "sip", 0),
        ("interfaces", "wan", "sip", 1),
        ("interfaces", "lan", "sip", 1),
    ]
    assert str(port) in str(caught.value)
    with bound(lan=interface("127.0.0.1", ("tcp", port))):
        pass


def test_an_ipv6_listener_leaves_ipv4_alone() -> None:
    port = free_port()
    with bound(
        six=interface("::", ("udp", port)), four=interface("0.0.0.0", ("udp", port))
    ) as both:
        assert len(both) == 2
