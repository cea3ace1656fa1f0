"""NG over UDP: one datagram a message, answered from the address that was asked."""

from contextlib import suppress
from select import EPOLLIN
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_PKTINFO,
    IPV6_RECVPKTINFO,
    SO_RCVBUF,
    SOCK_DGRAM,
    SOL_SOCKET,
    socket,
)
from struct import pack

from media.control import Address
from media.door import Loop
from media.ng.service import LARGEST_REPLY, Service

_LARGEST = 65_536
_AT_ONCE = 16
"""Messages in one turn of the loop: packets must not wait for very many commands."""
_QUEUE = 4 << 20
_IP_PKTINFO = 8
_ROOM = 64
"""Bytes of ancillary data: one packet information."""


class UdpDoor:
    def __init__(self, at: Address, loop: Loop, service: Service) -> None:
        """Raises OSError when the address cannot be had."""
        self._loop = loop
        self._service = service
        self._socket = _listening(at)
        loop.watch(self._socket.fileno(), EPOLLIN, self._ready)

    @property
    def port(self) -> int:
        number: int = self._socket.getsockname()[1]
        return number

    def close(self) -> None:
        self._loop.unwatch(self._socket.fileno())
        self._socket.close()

    def _ready(self, _: int, now: float) -> None:
        for _ in range(_AT_ONCE):
            try:
                data, ancillary, _flags, client = self._socket.recvmsg(_LARGEST, _ROOM)
            except OSError:
                return
            reply = self._service.datagram(data, client, client[0], now, LARGEST_REPLY)
            if reply is not None:
                with suppress(OSError):  # who asked is gone, or the queue is full: it asks again
                    self._socket.sendmsg([reply], _from(ancillary), 0, client)


_Ancillary = list[tuple[int, int, bytes]]


def _from(ancillary: _Ancillary) -> _Ancillary:
    """The address that the message came to, as the source of the reply."""
    for level, kind, data in ancillary:
        if (level, kind) == (IPPROTO_IP, _IP_PKTINFO):
            return [(level, kind, pack("=i4s4s", 0, data[8:12], bytes(4)))]
        if (level, kind) == (IPPROTO_IPV6, IPV6_PKTINFO):
            return [(level, kind, data[:16] + data[16:20])]
    return []


def _listening(at: Address) -> socket:
    family = AF_INET6 if ":" in at[0] else AF_INET
    udp = socket(family, SOCK_DGRAM)
    try:
        udp.setblocking(False)
        udp.setsockopt(SOL_SOCKET, SO_RCVBUF, _QUEUE)
        if family == AF_INET6:
            udp.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        else:
            udp.setsockopt(IPPROTO_IP, _IP_PKTINFO, 1)
        udp.bind(at)
    except OSError:
        udp.close()
        raise
    return udp
