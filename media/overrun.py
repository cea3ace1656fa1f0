"""What the kernel threw away because a socket of ours was full: socket(7), SO_MEMINFO."""

from socket import SOL_SOCKET, socket
from struct import unpack_from

_SO_MEMINFO, _MEMINFO_SIZE, _MEMINFO_DROPS = 55, 36, 32


def dropped(own: socket) -> int:
    """Datagrams since it was opened; of a listener, connections that found no room."""
    memory = own.getsockopt(SOL_SOCKET, _SO_MEMINFO, _MEMINFO_SIZE)
    count: int = unpack_from("=I", memory, _MEMINFO_DROPS)[0]
    return count
