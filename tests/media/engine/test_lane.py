"""By which socket a packet leaves; whole flows are tested in test_flow.py, over every engine."""

from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from media.engine.lane import Port, writer


def test_nothing_can_be_written_where_there_is_no_way() -> None:
    with socket(AF_INET, SOCK_DGRAM) as udp:
        port = Port(("i", 20000), udp, 8192)
        for write in (writer(None, ("127.0.0.1", 9)), writer(port, None)):
            with pytest.raises(OSError, match="no way"):
                write(b"x")


def test_without_a_connected_socket_a_packet_leaves_by_that_of_the_port() -> None:
    with socket(AF_INET, SOCK_DGRAM) as udp, socket(AF_INET, SOCK_DGRAM) as peer:
        for each in (udp, peer):
            each.bind(("127.0.0.1", 0))
        peer.settimeout(2)
        writer(Port(("i", 20000), udp, 8192), peer.getsockname())(b"x")
        assert peer.recvfrom(9) == (b"x", udp.getsockname())
