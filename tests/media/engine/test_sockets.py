from collections.abc import Iterator
from select import POLLIN, poll
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET, socket

import pytest

from media.engine.sockets import (
    AUDIO_QUEUE,
    OTHER_QUEUE,
    connected,
    listening,
    queue_for,
)
from media.overrun import dropped
from tests.support.marks import mark_of_next, reading_marks

OURS, ALICE, MALLORY = "127.0.0.1", "127.0.0.2", "127.0.0.4"


@pytest.fixture
def listener() -> Iterator[socket]:
    with listening((OURS, 0), AUDIO_QUEUE) as udp:
        yield udp


def peer(ip: str) -> socket:
    udp = socket(AF_INET, SOCK_DGRAM)
    udp.bind((ip, 0))
    return udp


def heard(udp: socket) -> list[bytes]:
    ready, found = poll(), []
    ready.register(udp, POLLIN)
    while ready.poll(20):
        found.append(udp.recv(2048))
    return found


def test_the_kernel_gives_a_source_its_own_socket_and_all_others_the_first(
    listener: socket,
) -> None:
    with peer(ALICE) as alice, peer(MALLORY) as mallory:
        with connected(listener, alice.getsockname(), AUDIO_QUEUE) as lane:
            alice.sendto(b"alice", listener.getsockname())
            mallory.sendto(b"mallory", listener.getsockname())
            assert heard(lane) == [b"alice"]
            assert heard(listener) == [b"mallory"]
        alice.sendto(b"again", listener.getsockname())
        assert heard(listener) == [b"again"]


def test_a_port_is_ours_alone(listener: socket) -> None:
    with peer(ALICE) as alice, socket(AF_INET, SOCK_DGRAM) as foreign:
        foreign.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            foreign.bind(listener.getsockname())
        with connected(listener, alice.getsockname(), AUDIO_QUEUE), pytest.raises(OSError):  # noqa: PT011
            foreign.bind(listener.getsockname())


def test_a_port_of_somebody_else_is_noticed_whatever_options_it_has() -> None:
    with socket(AF_INET, SOCK_DGRAM) as foreign:
        foreign.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        foreign.bind((OURS, 0))
        with pytest.raises(OSError, match="in use"):
            listening(foreign.getsockname(), AUDIO_QUEUE)


def test_where_no_way_leads_no_socket_is_left(listener: socket) -> None:
    with pytest.raises(OSError, match=r"."):
        connected(listener, ("255.255.255.255", 9), AUDIO_QUEUE)
    with pytest.raises(OSError, match=r"."):
        connected(listener, ("::1", 9), AUDIO_QUEUE)


def test_little_audio_waits_and_what_is_too_much_is_counted(listener: socket) -> None:
    with peer(ALICE) as alice:
        for _ in range(100):
            alice.sendto(bytes(172), listener.getsockname())
        waiting = len(heard(listener))
    assert 8 <= waiting <= 25
    assert dropped(listener) == 100 - waiting


def test_a_burst_of_video_may_wait() -> None:
    assert queue_for("audio") == AUDIO_QUEUE
    assert queue_for("video") == OTHER_QUEUE
    with listening((OURS, 0), OTHER_QUEUE) as udp, peer(ALICE) as alice:
        for _ in range(50):
            alice.sendto(bytes(1200), udp.getsockname())
        assert len(heard(udp)) == 50


def test_ipv6_has_its_own_sockets() -> None:
    try:
        listener = listening(("::1", 0), AUDIO_QUEUE)
    except OSError:
        pytest.skip("no IPv6 on this host")
    with listener, socket(AF_INET6, SOCK_DGRAM) as alice:
        alice.bind(("::1", 0))
        with connected(listener, alice.getsockname()[:2], AUDIO_QUEUE) as lane:
            alice.sendto(b"six", listener.getsockname())
            assert heard(lane) == [b"six"]


@pytest.mark.parametrize("ip", [OURS, "::1"])
@pytest.mark.parametrize("dscp", [46, None])
def test_what_leaves_has_its_mark(ip: str, dscp: int | None) -> None:
    """(M8)"""
    with reading_marks(ip) as peer, listening((ip, 0), AUDIO_QUEUE, dscp) as ours:
        to = peer.getsockname()[:2]
        ours.sendto(b"unconnected", to)
        assert mark_of_next(peer) == (dscp or 0)
        with connected(ours, to, AUDIO_QUEUE, dscp) as lane:
            lane.send(b"connected")
            assert mark_of_next(peer) == (dscp or 0)
