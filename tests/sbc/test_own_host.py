"""(Q10)"""

import asyncio
import time
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from typing import Any

from sbc.own_host import OwnHost
from sbc.transport.sockets import Bound


def listening() -> Bound:
    ours = socket(AF_INET, SOCK_DGRAM)
    ours.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)
    ours.bind(("127.0.0.1", 0))
    return Bound("wan", "udp", ours)


def test_what_overran_a_socket_of_ours_is_told_by_its_port() -> None:
    async def run() -> tuple[int, Any, Any]:
        bound = listening()
        host, to = OwnHost([bound]), bound.socket.getsockname()
        with socket(AF_INET, SOCK_DGRAM) as theirs:
            for _ in range(100):
                theirs.sendto(bytes(400), to)
        told = host.told()["sockets"]
        bound.socket.close()
        return to[1], told, host.told()["sockets"]

    port, (told,), after = asyncio.run(run())
    assert (told["interface"], told["transport"], told["port"]) == ("wan", "udp", port)
    assert 50 < told["dropped"] < 100
    assert after == []


def test_a_loop_that_was_held_up_shows_its_lag() -> None:
    async def run() -> Any:
        host, loop = OwnHost([]), asyncio.get_running_loop()
        watching = asyncio.create_task(host.watch())
        # Nothing else runs on this loop until the watch is overdue.
        loop.call_soon(held_up, 0.4)
        looked = loop.create_future()
        loop.call_later(0.5, looked.set_result, None)
        await looked
        watching.cancel()
        return host.told()["lag"]

    lag = asyncio.run(run())
    assert 0.1 < lag["longest"] < 1.0
    assert sum(lag["counts"]) == 1


def held_up(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
