"""The DSCP of datagrams as they arrive."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, IPPROTO_IP, IPPROTO_IPV6, SOCK_DGRAM, socket

_IP_RECVTOS, _IPV6_RECVTCLASS = 13, 66


@contextmanager
def reading_marks(ip: str) -> Iterator[socket]:
    six = ":" in ip
    with socket(AF_INET6 if six else AF_INET, SOCK_DGRAM) as udp:
        if six:
            udp.setsockopt(IPPROTO_IPV6, _IPV6_RECVTCLASS, 1)
        else:
            udp.setsockopt(IPPROTO_IP, _IP_RECVTOS, 1)
        udp.bind((ip, 0))
        udp.settimeout(2.0)
        yield udp


def mark_of_next(udp: socket) -> int:
    _, ancillary, _, _ = udp.recvmsg(2048, 256)
    ((_, _, data),) = ancillary
    return data[0] >> 2
