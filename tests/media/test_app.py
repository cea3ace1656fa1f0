import gc
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from random import randrange
from select import EPOLLOUT
from socket import AF_INET, SOCK_DGRAM, socket
from time import monotonic
from typing import Any

import pytest

from config.loader import loads
from media.app import App, Signals, allow_many_files, interfaces_of, spare_the_collector
from media.control import (
    PROTOCOL,
    Address,
    Close,
    Command,
    Dead,
    Failed,
    Hello,
    ListSessions,
    Open,
    Opened,
    Program,
    Programmed,
    Reply,
    SessionReport,
    Sessions,
    StreamPlan,
    StreamRequest,
    Welcome,
)
from media.ports import MediaInterface
from tests.support.relay_client import RelayClient
from tests.support.rtp_streams import rtp
from tests.support.side_plans import side_plan

ALICE, BOB, MALLORY = "127.0.0.2", "127.0.0.3", "127.0.0.66"
STREAM = (StreamRequest(0, "audio", "wan", "lan"),)


def configuration() -> str:
    low = randrange(20_000, 32_000, 200)
    sip = "sip: [{ transport: udp, port: 5060 }]"
    ranges = f"{low}-{low + 99}", f"{low + 100}-{low + 199}"
    return f"""\
version: 1
interfaces:
  wan: {{ zone: outside, bind: 127.0.0.1, {sip}, media: {{ ports: {ranges[0]} }} }}
  lan: {{ zone: inside, bind: 127.0.0.9, {sip}, media: {{ ports: {ranges[1]} }} }}
zones:
  outside: {{ trust: untrusted }}
  inside: {{ trust: trusted }}
trunks:
  pbx:
    zone: inside
    endpoints: [{{ uri: "sip:{BOB}" }}]
    identify: {{ sources: [{BOB}/32] }}
routes:
  - {{ name: in, from: {{ zone: outside }}, to: [pbx] }}
"""


class Peer:
    def __init__(self, ip: str) -> None:
        self.socket = socket(AF_INET, SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.socket.setblocking(False)
        self._heard: list[bytes] = []

    @property
    def address(self) -> Address:
        address: Address = self.socket.getsockname()
        return address

    def say(self, number: int, to: Address) -> None:
        self.socket.sendto(rtp(number, 160 * number), to)

    def heard(self) -> list[bytes]:
        with suppress(BlockingIOError):
            while True:
                self._heard.append(self.socket.recv(2048))
        return self._heard


class Running:
    """The whole relay on the loopback, in this process."""

    def __init__(self, path: Path) -> None:
        self.log = StringIO()
        self.config = loads(configuration())
        self.app = App(self.config, path, self.log)
        self.client = RelayClient(path)
        self.alice, self.bob = Peer(ALICE), Peer(BOB)

    def run(self, until: Callable[[], object]) -> None:
        end = monotonic() + 5.0
        while not until():
            assert monotonic() < end, "nothing happens"
            self.app.turn(0.01)

    def ask(self, command: Command) -> Reply:
        number = self.client.send(command)
        answers: list[tuple[int, Reply]] = []

        def answered() -> bool:
            answers.extend(self.client.answered())
            return bool(answers)

        self.run(answered)
        ((found, reply),) = answers
        assert found == number
        return reply

    def call(self, session: str = "c1", **plan: Any) -> tuple[Address, Address]:
        """Where the relay listens for each end."""
        opened = self.ask(Open(session, STREAM))
        assert isinstance(opened, Opened)
        sides = [side_plan(each.address, **plan) for each in (self.alice, self.bob)]
        stream = StreamPlan(0, sides[0], sides[1])
        assert self.ask(Program(session, (stream,), True, 30.0, 60.0)) == Programmed(session)
        return ("127.0.0.1", opened.streams[0].a), ("127.0.0.9", opened.streams[0].b)

    def close(self) -> None:
        self.app.close()
        for each in (self.client, self.alice, self.bob):
            each.socket.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "media.sock")
    yield running
    running.close()


def test_a_call_runs_from_its_opening_to_its_last_report(running: Running) -> None:
    assert isinstance(running.ask(Hello(PROTOCOL, "i1")), Welcome)
    wan, lan = running.call()
    alice, bob = running.alice, running.bob
    for number in range(20):
        alice.say(number, wan)
        bob.say(number, lan)
        running.run(lambda: len(bob.heard()) == len(alice.heard()) == number + 1)  # noqa: B023
    assert bob.heard() == alice.heard() == [rtp(number, 160 * number) for number in range(20)]
    last = running.ask(Close("c1"))
    assert isinstance(last, SessionReport)
    assert last.streams[0].a.total.packets == last.streams[0].b.total.packets == 20
    assert last.streams[0].a.total.lost == 0
    assert running.app.engine.sockets() == 0


def test_a_port_is_open_only_at_the_address_of_its_interface(running: Running) -> None:
    wan, lan = running.call()
    running.alice.say(1, (lan[0], wan[1]))
    running.alice.say(2, wan)
    running.run(running.bob.heard)
    assert running.bob.heard() == [rtp(2, 320)]


@pytest.mark.parametrize("mode", ["none", "signalled", "subnet", "ranked"])
def test_who_sprays_every_port_gets_nothing_and_injects_nothing(
    running: Running, mode: str
) -> None:
    """RTP bleed: before, during and after the call."""
    mallory = Peer(MALLORY)

    def spray() -> None:
        for interface in interfaces_of(running.config).values():
            for port in range(interface.low, interface.high + 1):
                mallory.say(1, (interface.addresses[0], port))
        running.app.turn(0.01)

    spray()
    wan, lan = running.call(latching=mode, prefix=32)
    spray()
    for number in range(1, 21):
        running.alice.say(number, wan)
        running.bob.say(number, lan)
        spray()
    running.run(lambda: len(running.bob.heard()) >= 20 and len(running.alice.heard()) >= 20)
    report = running.ask(Close("c1"))
    spray()
    expected = [rtp(number, 160 * number) for number in range(1, 21)]
    assert running.bob.heard() == running.alice.heard() == expected
    assert mallory.heard() == []
    assert isinstance(report, SessionReport)
    assert report.streams[0].a.total.packets == report.streams[0].b.total.packets == 20
    assert report.streams[0].a.rejected > 0
    mallory.socket.close()


def test_calls_outlive_signalling(running: Running, tmp_path: Path) -> None:
    running.ask(Hello(PROTOCOL, "i1"))
    wan, _ = running.call()
    running.client.socket.close()
    running.app.turn(0.05)
    running.alice.say(1, wan)
    running.run(running.bob.heard)
    running.client = RelayClient(tmp_path / "media.sock")
    welcome = running.ask(Hello(PROTOCOL, "i2"))
    assert isinstance(welcome, Welcome)
    assert welcome.sessions == 1
    assert running.ask(ListSessions()) == Sessions(("c1",))


def test_a_fault_costs_one_call_and_is_told(running: Running) -> None:
    running.ask(Hello(PROTOCOL, "i1"))
    wan, _ = running.call("c1")
    running.call("c2")
    _, _, side = running.app.relay._ends["wan", wan[1]]
    del side.reception
    reply = running.ask(Close("c1"))
    assert isinstance(reply, Failed)
    assert running.client.events == [Dead("c1", "subsequent")]
    assert running.ask(ListSessions()) == Sessions(("c2",))
    assert json.loads(running.log.getvalue())["error"] == "AttributeError"


def test_a_fault_that_is_no_sessions_is_logged_and_the_loop_goes_on(running: Running) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    running.app.engine.watch(running.alice.socket.fileno(), EPOLLOUT, broken)
    running.app.turn(0.1)
    running.app.engine.unwatch(running.alice.socket.fileno())
    assert json.loads(running.log.getvalue())["session"] is None
    assert isinstance(running.ask(Hello(PROTOCOL, "i1")), Welcome)


def test_alarms_ring_without_any_packet(running: Running) -> None:
    running.call()
    due = running.app.shell.deadline
    assert due is not None
    running.app.engine._clock = lambda: due + 0.1
    running.app.turn(0.01)
    assert running.app.shell.deadline is not None
    assert running.app.shell.deadline > due


def test_statistics_tell_ports_and_drops(running: Running) -> None:
    wan, _ = running.call()
    running.alice.socket.sendto(b"\x00\x01" + bytes(18), wan)
    running.run(lambda: running.app.relay.drops)
    running.app.say_statistics()
    line: dict[str, Any] = json.loads(running.log.getvalue())
    assert line["event"] == "relay_statistics"
    assert line["sessions"] == 1
    assert line["ports"]["wan"] == {"free": 49, "used": 1, "quarantined": 0}
    assert line["drops"] == {"stun": 1, "kernel": 0}
    assert line["sockets"] == 4


def test_a_session_that_has_ended_leaves_nothing_to_the_collector(running: Running) -> None:
    wan, lan = running.call("warm")
    running.ask(Close("warm"))
    wan, lan = running.call()
    running.alice.say(1, wan)
    running.bob.say(1, lan)
    running.run(lambda: running.bob.heard() and running.alice.heard())
    gc.collect()
    gc.disable()
    try:
        running.ask(Close("c1"))
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_interfaces_are_known_by_both_of_their_addresses() -> None:
    text = configuration().replace("bind: 127.0.0.1,", "bind: 127.0.0.1, advertise: 203.0.113.10,")
    config = loads(text)
    low, high = config.interfaces["wan"].media.ports
    assert interfaces_of(config)["wan"] == MediaInterface(
        ("127.0.0.1", "203.0.113.10"), low, high, 32.0
    )


def test_as_many_files_are_open_as_the_host_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        for _ in range(2):
            allow_many_files()
            assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_signal_ends_a_wait_and_says_what_is_wanted() -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}
    signals = Signals()
    try:
        signal.raise_signal(signal.SIGUSR1)
        assert (signals.stop, signals.statistics) == (False, True)
        signals.clear()
        signal.raise_signal(signal.SIGTERM)
        assert signals.stop
    finally:
        signals.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_collector_leaves_old_objects_alone() -> None:
    before = gc.get_threshold()
    spare_the_collector()
    try:
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[1] >= 1_000_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


# --- the process ----------------------------------------------------------------------------------


def start(folder: Path, text: str) -> "subprocess.Popen[str]":
    (folder / "sbc.yaml").write_text(text)
    command = [sys.executable, "-m", "media", str(folder / "sbc.yaml")]
    return subprocess.Popen(
        [*command, "--control", str(folder / "media.sock")], stderr=subprocess.PIPE, text=True
    )


def test_the_process_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    with start(tmp_path, configuration()) as process:
        assert process.stderr is not None
        up = json.loads(process.stderr.readline())
        with RelayClient(tmp_path / "media.sock") as client:
            assert client.ask(Hello(PROTOCOL, "i1")) == Welcome(PROTOCOL, up["relay"], 0)
            assert isinstance(client.ask(Open("c1", STREAM)), Opened)
            os.kill(process.pid, signal.SIGUSR1)
            statistics = json.loads(process.stderr.readline())
            assert statistics["sessions"] == 1
            os.kill(process.pid, signal.SIGTERM)
            assert client.ended()
        process.stderr.read()
        assert process.wait(10) == 0
    assert not (tmp_path / "media.sock").exists()


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with start(tmp_path, "version: 2\n") as process:
        assert process.stderr is not None
        assert "sbc.yaml" in process.stderr.read()
        assert process.wait(10) == 1
