"""UDP sockets of the reference engine: who hears what on one port.

The kernel gives a datagram to the socket that is connected to its source, if there is one, else to
the unconnected socket of the port.
"""

from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPV6_V6ONLY,
    SO_RCVBUF,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOL_SOCKET,
    socket,
)

from config.dscp import socket_option
from media.control import Address

AUDIO_QUEUE = 8192
"""SO_RCVBUF: some 19 packets of 20 ms. What had to wait longer is better lost than played late."""
OTHER_QUEUE = 131_072
"""A video frame comes as a burst of packets."""


def queue_for(kind: str) -> int:
    return AUDIO_QUEUE if kind == "audio" else OTHER_QUEUE


def listening(at: Address, queue: int, dscp: int | None = None) -> socket:
    """Hears everybody. Fails with OSError when the port is anybody's, of whatever process."""
    udp = _new(at[0], queue, dscp)
    try:
        udp.bind(at)
    except OSError:
        udp.close()
        raise
    return udp


def connected(listener: socket, peer: Address, queue: int, dscp: int | None = None) -> socket:
    """Takes what comes from `peer` to the port of `listener`.

    Between its bind and its connect it has taken packets of others as well.
    """
    at = listener.getsockname()[:2]
    udp = _new(at[0], queue, dscp)
    udp.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    # The port may be shared only while we do it ourselves.
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    try:
        udp.bind(at)
        udp.connect(peer)
    except OSError:
        udp.close()
        raise
    finally:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 0)
    return udp


def _new(ip: str, queue: int, dscp: int | None) -> socket:
    family = AF_INET6 if ":" in ip else AF_INET
    udp = socket(family, SOCK_DGRAM | SOCK_NONBLOCK)
    udp.setsockopt(SOL_SOCKET, SO_RCVBUF, queue)
    if family == AF_INET6:
        udp.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
    if dscp is not None:
        udp.setsockopt(*socket_option(6 if family == AF_INET6 else 4, dscp))
    return udp
