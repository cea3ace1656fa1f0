"""(Q10)"""

from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket

from media.overrun import dropped


def test_what_a_full_socket_did_not_take_is_counted() -> None:
    with socket(AF_INET, SOCK_DGRAM) as ours, socket(AF_INET, SOCK_DGRAM) as theirs:
        ours.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
        ours.bind(("127.0.0.1", 0))
        assert dropped(ours) == 0
        for _ in range(100):
            theirs.sendto(bytes(160), ours.getsockname())
        ours.setblocking(False)
        taken = 0
        try:
            while ours.recv(200):
                taken += 1
        except BlockingIOError:
            pass
        assert 0 < taken < 100
        assert dropped(ours) == 100 - taken
