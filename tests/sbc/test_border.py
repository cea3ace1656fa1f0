import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest
import uvloop

from config.loader import load
from sbc.actions import Action, Flow, Journal, Note, Transmit
from sbc.app import prepare
from sbc.border import Border, CannotStart, Setting, keep_time, watch_users
from sbc.operate.client import Client
from sbc.operate.log import Log
from sbc.relay_process import adopt
from sbc.store.users import UsersFiles
from sbc.transport.shell import Shell
from tests.config.samples import model
from tests.support.loopback import LAN, WAN, free_ports, write_config
from tests.support.scripted_core import PATIENCE, Input, ScriptedCore, Shelf
from tests.support.stand_in_relay import living

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"
CDR: dict[str, object] = {"times": {"ended": "2026-08-01T12:00:00.000Z"}, "ended_by": "border"}


@dataclass
class World:
    core: ScriptedCore
    setting: Setting
    border: Border
    serving: "asyncio.Task[None]"
    log: StringIO

    @property
    def port(self) -> int:
        return self.setting.config.interfaces["wan"].sip[0].port

    async def opened(self) -> int:
        """Wait for it; the pid of the relay."""
        opened = asyncio.create_task(self.border.opened.wait())
        await asyncio.wait(
            {opened, self.serving}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
        )
        if self.serving.done():
            self.serving.result()
        assert opened.done()
        relay = adopt(self.setting.control)
        assert relay is not None
        relay.forget()
        return relay.pid

    def told(self, number: signal.Signals) -> None:
        os.kill(os.getpid(), number)

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.serving

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.getvalue().splitlines()]


def run(
    directory: Path,
    scenario: Callable[[World], Awaitable[None]],
    *,
    change: Callable[[Setting], Setting] = lambda setting: setting,
) -> None:
    port, carrier, pbx, metrics = free_ports(4)
    path = write_config(directory, port=port, carrier=carrier, pbx=pbx, metrics=metrics)
    setting = prepare(load(path), path)
    relay = [sys.executable, "-m", "tests.support.relay_program", str(setting.control)]
    setting = change(replace(setting, relay=relay))

    async def main() -> None:
        core, stream = ScriptedCore(), StringIO()
        border = Border(setting, core, Log(stream))
        serving = asyncio.create_task(border.serve())
        try:
            await scenario(World(core, setting, border, serving, stream))
        finally:
            serving.cancel()
            await asyncio.wait({serving})

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_it_carries_messages_once_the_relay_is_there_and_ends_in_order(tmp_path: Path) -> None:
    def answer(one: Input) -> Sequence[Action]:
        return [Transmit(b"SIP/2.0 200 OK", one.flow)] if one.name == "receive" else []

    async def scenario(world: World) -> None:
        world.core.answer = answer
        pid = await world.opened()
        assert world.core.inputs[0].name == "relay_up"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.setblocking(False)
            peer.bind((LAN, 0))
            peer.connect((LAN, world.port))
            peer.send(OPTIONS)
            heard = await asyncio.get_running_loop().sock_recv(peer, 2048)
            assert heard == b"SIP/2.0 200 OK"
            assert (await world.core.next("receive")).flow == Flow("lan", "udp", peer.getsockname())
        world.told(signal.SIGTERM)
        await world.ended()
        assert world.core.inputs[-1] == Input("drain")
        assert not living(pid)
        assert world.events() == ["started", "stopped"]

    run(tmp_path, scenario)


def test_told_to_restart_it_leaves_the_relay_which_the_next_one_adopts(tmp_path: Path) -> None:
    left: list[int] = []

    async def leaving(world: World) -> None:
        left.append(await world.opened())
        world.told(signal.SIGUSR1)
        await world.ended()

    async def adopting(world: World) -> None:
        assert await world.opened() == left[0]
        world.told(signal.SIGTERM)
        await world.ended()

    run(tmp_path, leaving)
    assert living(left[0])
    run(tmp_path, adopting)
    assert not living(left[0])


def test_a_relay_that_crashes_is_told_to_the_core_and_replaced(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        pid = await world.opened()
        await world.core.next("relay_up")
        os.kill(pid, signal.SIGKILL)
        await world.core.next("relay_lost")
        await world.core.next("relay_up")
        assert await world.opened() != pid
        world.told(signal.SIGINT)
        await world.ended()

    run(tmp_path, scenario)


def test_the_records_of_calls_are_on_the_disk_when_it_has_ended(tmp_path: Path) -> None:
    def answer(one: Input) -> Sequence[Action]:
        if one.name == "receive":
            return [Journal("start", "c1", {}), Journal("start", "c2", {})]
        return [Journal("cdr", "c1", CDR)] if one.name == "drain" else []

    async def scenario(world: World) -> None:
        world.core.answer = answer
        await world.opened()
        with socket.create_connection((WAN, world.port)) as peer:
            peer.sendall(OPTIONS)
            await world.core.next("receive")
        world.told(signal.SIGTERM)
        await world.ended()

    run(tmp_path, scenario)
    cdrs = (tmp_path / "cdr" / "cdr-2026-08-01.jsonl").read_text().splitlines()
    assert [json.loads(line)["uid"] for line in cdrs] == ["c1"]
    assert '"uid":"c2"' in (tmp_path / "cdr" / "open.jsonl").read_text()


def test_calls_that_a_crash_cut_off_are_accounted_at_the_next_start(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.opened()
        client = Client(world.setting.run_directory)
        status = await asyncio.to_thread(client.status)
        journal = status["journal"]
        assert isinstance(journal, dict)
        assert journal["recovered"] == 1
        world.told(signal.SIGTERM)
        await world.ended()

    (tmp_path / "cdr").mkdir()
    (tmp_path / "cdr" / "open.jsonl").write_text('{"uid": "c1"}\n')
    run(tmp_path, scenario)


def test_operators_can_ask_it_and_scrape_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.core.listed = [{"uid": "c1", "legs": {"a": {"trunk": "pbx"}}}]
        world.core.answer = lambda one: (
            [Note("malformed", (("zone", "outside"),))] if one.name == "receive" else []
        )
        await world.opened()
        client = Client(world.setting.run_directory)
        assert await asyncio.to_thread(client.calls) == world.core.listed
        status = await asyncio.to_thread(client.status)
        assert status["relay"] == {"connected": True}
        with socket.create_connection((WAN, world.port)) as peer:
            peer.sendall(OPTIONS)
            await world.core.next("receive")
        page = await scraped(world.setting)
        assert 'sbc_calls_up{trunk="pbx"} 1.0' in page
        assert "malformed" in world.events()
        world.told(signal.SIGTERM)
        await world.ended()

    run(tmp_path, scenario)


async def scraped(setting: Setting) -> str:
    prometheus = setting.config.monitoring.prometheus
    assert prometheus is not None
    reader, writer = await asyncio.open_connection(*prometheus.listen)
    writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
    page = await reader.read()
    writer.close()
    await writer.wait_closed()
    return page.decode()


def test_draining_waits_for_calls_but_not_after_a_second_signal(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.opened()
        world.core.is_idle = False
        world.core.listed = [{"uid": "c1"}]
        world.told(signal.SIGTERM)
        await world.core.next("drain")
        await asyncio.wait({world.serving}, timeout=0.1)
        assert not world.serving.done()
        world.told(signal.SIGINT)
        await world.ended()
        assert world.core.inputs[-1] == Input("relay_lost")  # To write down what is left.

    run(tmp_path, scenario)


def test_when_it_was_told_to_stop_it_ends_with_the_last_call(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.opened()
        world.core.is_idle = False
        world.core.listed = [{"uid": "c1"}]
        world.told(signal.SIGTERM)
        await world.core.next("drain")
        world.core.is_idle = True
        await world.ended()

    run(tmp_path, scenario)


def test_what_is_taken_by_another_is_told_before_a_relay_is_started(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        prometheus = world.setting.config.monitoring.prometheus
        assert prometheus is not None
        with (
            socket.create_server(prometheus.listen),
            pytest.raises(CannotStart, match="metrics page"),
        ):
            await world.ended()
        assert adopt(world.setting.control) is None
        assert world.core.inputs == []

    run(tmp_path, scenario)


def test_stopped_before_the_relay_is_there_it_ends_as_well(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await asyncio.wait({world.serving}, timeout=0.1)
        world.told(signal.SIGTERM)
        await world.ended()
        assert not world.border.opened.is_set()

    never = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
    run(tmp_path, scenario, change=lambda setting: replace(setting, relay=never))


def test_the_core_is_told_of_the_wall_clock_again_and_again() -> None:
    async def main() -> None:
        core = ScriptedCore()
        keeping = asyncio.create_task(keep_time(core, lambda: 100.0, every=0.001))
        for _ in range(3):
            (epoch,) = (await core.next("clock_set")).arguments
            assert isinstance(epoch, float)
            assert abs(epoch + 100.0 - time.time()) < PATIENCE
        keeping.cancel()

    asyncio.run(main())


def test_files_of_users_reach_the_core_when_they_change(tmp_path: Path) -> None:
    path = tmp_path / "phones.users"
    path.write_text("anna password=pw\n")
    auth = {"users_file": str(path)}
    group = {"zone": "outside", "domains": ["example.com"], "auth": auth}
    users = UsersFiles(model({("access",): {"phones": group}}))
    assert users.read() == []

    async def main() -> None:
        core, notes = ScriptedCore(), list[Note]()
        shell = Shell(core, Shelf(), [notes.append])
        watching = asyncio.create_task(watch_users(users, shell, every=0.001))
        path.write_text("anna password=another one\n")
        taken = await core.next("users_read")
        assert taken.arguments == ("phones", {"anna": "another one"})
        watching.cancel()
        shell.close()

    asyncio.run(main())
