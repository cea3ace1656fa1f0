"""The admin socket and the metrics page: what operators ask a running border, over HTTP.

The Unix socket answers its owner alone (mode 0600) and tells everything. The TCP port of the
metrics tells `/metrics` and nothing else.
"""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from aiohttp import web

from sbc.operate.metrics import Metrics
from sbc.operate.places import InUse

Json = dict[str, object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOST_CONNECTIONS = 32
"""At each of the two sockets. Whoever can reach the page of the metrics could else take up all the
files that this process may have open, and neither a call nor a record would find one."""

MOST_NAMED = 20
"""Calls listed when the beginning of a uid fits several."""


class View(Protocol):
    """What the border tells of itself. Records are those of docs/cdr.md."""

    async def calls(self) -> list[Json]:
        """The calls in being, without traces."""

    async def call(self, uid: str) -> Json | None:
        """One of them with its trace, by its whole uid."""

    async def bindings(self) -> list[Json]:
        """Each phone that is registered."""

    async def subscriptions(self) -> list[Json]:
        """Each subscription through the border (RFC 6665)."""

    async def turn_account(self, aor: str) -> Json | None:
        """TURN credentials of a user who is registered."""

    async def trunks(self) -> list[Json]:
        """Each with its zone, its calls and our registration there, if one is wanted."""

    async def status(self) -> Json:
        """`node`, `spool`, `calls: {up, by_trunk}`, `trunks`, `relay: {connected, ports:
        {interface: {free, used}}}`, `journal` (its counts); what is not known may be left out."""


class SocketInUse(InUse):
    """Another border answers there."""


class Admin:
    def __init__(
        self,
        view: View,
        metrics: Metrics,
        path: Path,
        listen: tuple[str, int] | None,
        fault: Callable[[str, BaseException], None],
    ) -> None:
        """`path`: of the Unix socket. `listen`: of the metrics, None for none. `fault` is told of
        what went wrong in answering; such a question gets 500, and the border goes on."""
        self._view = view
        self._metrics = metrics
        self._path = path
        self._listen = listen
        self._fault = fault
        self._runners: list[web.AppRunner] = []
        self._servers: list[asyncio.Server] = []
        self._named = False
        self.metrics_port: int | None = None
        """The port of the metrics in fact, also when `listen` left it open."""

    async def start(self) -> None:
        """Raises OSError, SocketInUse, and leaves nothing open then."""
        try:
            await self._start()
        except (OSError, SocketInUse):
            await self.stop()
            raise

    async def stop(self) -> None:
        while self._servers:
            self._servers.pop().close()
        while self._runners:
            await self._runners.pop().cleanup()
        if self._named:
            self._path.unlink(missing_ok=True)
            self._named = False

    async def _start(self) -> None:
        listening = _unix_socket(self._path)
        self._named = True
        admin: dict[str, Handler] = {
            "/calls": self._calls,
            "/call/{uid}": self._call,
            "/registrations": self._registrations,
            "/subscriptions": self._subscriptions,
            "/trunks": self._trunks,
            "/turn/{aor}": self._turn_account,
            "/status": self._status,
        }
        await self._serve(admin, listening)
        if self._listen is not None:
            listening = _tcp_socket(self._listen)
            self.metrics_port = listening.getsockname()[1]
            await self._serve({"/metrics": self._exposition}, listening)

    async def _serve(self, routes: Mapping[str, Handler], listening: socket.socket) -> None:
        application = web.Application(middlewares=[self._guarded], client_max_size=4096)
        application.on_response_prepare.append(_anonymous)
        for path, handler in routes.items():
            application.router.add_get(path, handler, allow_head=False)
        runner = web.AppRunner(application, access_log=None, handle_signals=False)
        self._runners.append(runner)
        await runner.setup()
        assert runner.server is not None
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(_door(runner.server), sock=listening))

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as refusal:
            return _answer({"error": refusal.reason}, refusal.status)
        except Exception as error:
            self._fault(f"admin {request.path}", error)
            return _answer({"error": "the border failed to answer; see its log"}, 500)

    async def _calls(self, _: web.Request) -> web.Response:
        return _answer({"calls": await self._view.calls()})

    async def _call(self, request: web.Request) -> web.Response:
        """By the beginning of its uid, if only one call has it."""
        asked = request.match_info["uid"]
        found = await self._view.call(asked)
        if found is not None:
            return _answer(found)
        uids = [str(call.get("uid")) for call in await self._view.calls()]
        fitting = sorted(uid for uid in uids if uid.startswith(asked))
        if len(fitting) > 1:
            error = f"{len(fitting)} calls begin so"
            return _answer({"error": error, "uids": fitting[:MOST_NAMED]}, 409)
        if fitting:
            found = await self._view.call(fitting[0])
        return _answer(found) if found is not None else _answer({"error": "no such call"}, 404)

    async def _registrations(self, _: web.Request) -> web.Response:
        return _answer({"registrations": await self._view.bindings()})

    async def _subscriptions(self, _: web.Request) -> web.Response:
        return _answer({"subscriptions": await self._view.subscriptions()})

    async def _trunks(self, _: web.Request) -> web.Response:
        return _answer({"trunks": await self._view.trunks()})

    async def _turn_account(self, request: web.Request) -> web.Response:
        """For a web application that serves the phone: only this socket's owner may ask."""
        found = await self._view.turn_account(request.match_info["aor"])
        return _answer(
            found or {"error": "nobody of that name is registered"}, 200 if found else 404
        )

    async def _status(self, _: web.Request) -> web.Response:
        return _answer(await self._view.status())

    async def _exposition(self, request: web.Request) -> web.Response:
        status = await self._view.status()
        accept = request.headers.get("Accept", "")
        # Thousands of series take tens of milliseconds to write out: not on the event loop.
        page, kind = await asyncio.to_thread(self._metrics.exposition, status, accept)
        return web.Response(body=page, headers={"Content-Type": kind})


def _door(server: web.Server) -> Callable[[], asyncio.Protocol]:
    """Lets in whoever comes; if too many are there, who came first has to go."""

    def enter() -> asyncio.Protocol:
        inside = server.connections
        for one in inside[: max(0, len(inside) - MOST_CONNECTIONS + 1)]:
            if one.transport is not None:
                one.transport.abort()
        return server()

    return enter


async def _anonymous(_: web.Request, response: web.StreamResponse) -> None:
    """Whom we are built of is nobody's business."""
    response.headers.pop("Server", None)


def _answer(body: Json, status: int = 200) -> web.Response:
    text = json.dumps(body, default=str)
    return web.Response(text=text, status=status, content_type="application/json")


def _unix_socket(path: Path) -> socket.socket:
    """Takes the place of a socket that a crash left behind, and of nothing else."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            else:
                raise SocketInUse(f"another border answers on {path}")
    listening = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(listening.fileno(), 0o600)  # before it has a name: never open for a moment
        listening.bind(str(path))
    except OSError:
        listening.close()
        raise
    return listening


def _tcp_socket(listen: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    return socket.create_server(listen, family=family)
