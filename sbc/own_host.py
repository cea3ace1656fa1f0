"""What our own host does to signalling: messages that overran its sockets, the lag of its loop."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from msgspec import to_builtins

from media.lag import LagMeter
from media.overrun import dropped
from sbc.transport.sockets import Bound

Json = dict[str, object]


class OwnHost:
    """Made inside the loop that it watches."""

    def __init__(self, bound: Sequence[Bound]) -> None:
        self._ports = [(one, int(one.socket.getsockname()[1])) for one in bound]
        self._loop = asyncio.get_running_loop()
        self._meter = LagMeter(self._loop.time())

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._meter.due - self._loop.time())
            self._meter.look(self._loop.time())

    def told(self) -> Json:
        return {"sockets": self._sockets(), "lag": to_builtins(self._meter.told())}

    def _sockets(self) -> list[Json]:
        """Those that are still open."""
        told: list[Json] = []
        for one, port in self._ports:
            with suppress(OSError):
                told.append(
                    {
                        "interface": one.interface,
                        "transport": one.transport,
                        "port": port,
                        "dropped": dropped(one.socket),
                    }
                )
        return told
