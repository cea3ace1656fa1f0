"""The STUN and TURN server with coturn's own clients, and with aioice (I4, I5).

`python -m stun_turn` on the loopback; the clients relay to coturn's echoing peer, or to each other.
Of coturn's programs Debian leaves `turnutils_rfc5769check` out: tests/stun_turn/test_message.py has
its vectors.
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import aioice
import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.processes import Running, kill, naming
from tests.e2e.support.turn import (
    ECHO,
    MESSAGES,
    PASSWORD,
    PORT,
    SECRETS,
    configuration,
    coturn,
    relayed,
    secure,
    start_server,
)
from tests.e2e.support.waiting import eventually


@pytest.fixture
def server(ending: ExitStack, tmp_path: Path, lo: Loopback) -> Running:
    return start_server(configuration(lo), lo.wan, tmp_path, ending)


@pytest.fixture
def echo(ending: ExitStack, tmp_path: Path, lo: Loopback) -> None:
    coturn("echo", "turnutils_peer", ["-L", lo.callee, "-p", str(ECHO)], tmp_path, ending)


HOW: dict[str, list[str]] = {
    "channels over UDP": PASSWORD,
    "indications over UDP": [*PASSWORD, "-s"],
    "channels over TCP": [*PASSWORD, "-t"],
    "indications over TCP": [*PASSWORD, "-t", "-s"],
    "client to client, by channels": [*PASSWORD, "-y"],
    "client to client, by indications": [*PASSWORD, "-y", "-s"],
    "client to client, over TCP": [*PASSWORD, "-y", "-t"],
    "unfragmented": [*PASSWORD, "-g"],
    "without RTCP": [*PASSWORD, "-c"],
    "padded over TCP": [*PASSWORD, "-D", "-t"],
    "with a time-limited account": ["-u", "ann", "-W", "secret"],
    "peers by TCP": [*PASSWORD, "-T"],
    "peers by TCP, over TLS": [*PASSWORD, "-T", "-S"],
    "channels over TLS": [*PASSWORD, "-S", "-t"],
    "indications over TLS": [*PASSWORD, "-S", "-t", "-s"],
    "channels over DTLS": [*PASSWORD, "-S"],
    "indications over DTLS": [*PASSWORD, "-S", "-s"],
    "client to client, over DTLS": [*PASSWORD, "-S", "-y"],
    "twenty clients": [*PASSWORD, "-m", "20"],
    "clients that leave early": [*PASSWORD, "-B"],
    "with extra requests": [*PASSWORD, "-G"],
    "asking for mobility": [*PASSWORD, "-M"],
}
"""Options of coturn's client."""


@pytest.mark.usefixtures("server", "echo")
def test_coturn_s_client_gets_all_its_messages_back(
    ending: ExitStack, tmp_path: Path, lo: Loopback
) -> None:
    """All ways beside each other, for each takes seconds to wait by itself."""
    clients = {}
    for name, options in HOW.items():
        clients[name] = coturn(
            name, "turnutils_uclient",
            [*options, "-e", lo.callee, "-r", str(ECHO), "-p", secure(options),
             "-n", str(MESSAGES), *([] if "-m" in options else ["-m", "2"]), lo.wan],
            tmp_path, ending,
        )  # fmt: skip
    for name, client in clients.items():
        assert client.wait(45.0) == 0, f"{name}: {client.said[-2000:]}"
        sent, back = relayed(client.said)
        assert sent == back >= 2 * MESSAGES, name


@pytest.mark.usefixtures("server")
def test_coturn_s_stun_client_learns_its_address(
    tmp_path: Path, lo: Loopback, ending: ExitStack
) -> None:
    assert learns_its_address(tmp_path, lo, ending)


def learns_its_address(tmp_path: Path, lo: Loopback, ending: ExitStack) -> bool:
    client = coturn("stun", "turnutils_stunclient", ["-p", str(PORT), lo.wan], tmp_path, ending)
    return client.wait(10.0) == 0 and "UDP reflexive addr: 127." in client.said


BEHAVIOUR = {
    "mapping": (["-m"], "UDP reflexive addr: {ip}:"),
    "filtering": (["-f"], "UDP reflexive addr: {ip}:"),
    "hairpinning": (["-H"], "successful hairpinning"),
    "padding": (["-P", "-m"], "error 420"),
}
"""What is to be seen: we have one address, so that the tests of RFC 5780 end with its first, and
what they demand beyond it is refused by its name."""


@pytest.mark.usefixtures("server")
def test_coturn_s_nat_discovery_is_answered(
    tmp_path: Path, lo: Loopback, ending: ExitStack
) -> None:
    clients = {
        name: coturn(
            name, "turnutils_natdiscovery",
            [*options, "-L", lo.caller, "-p", str(PORT), lo.wan], tmp_path, ending,
        )
        for name, (options, _) in BEHAVIOUR.items()
    }  # fmt: skip
    for name, client in clients.items():
        assert client.wait(10.0) == 0, name
        assert BEHAVIOUR[name][1].format(ip=lo.caller) in client.said, name


def test_the_border_keeps_the_server_running(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    lo: Loopback,
    start_border: StartBorder,
    ending: ExitStack,
) -> None:
    """`sbc run` starts it beside the relay, starts it again when it dies, and ends it."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    border = start_border({**on_loopback(lo), "turn": configuration(lo)["turn"]})
    eventually("STUN answers", lambda: learns_its_address(tmp_path, lo, ending))
    (server,) = servers(border)
    kill(server)
    eventually("it was started again", lambda: set(servers(border)) - {server})
    assert border.stop() == 0
    assert servers(border) == []


def servers(border: Border) -> list[int]:
    """Pids."""
    found = naming(border.file)
    return [pid for pid in found if b"stun_turn" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.usefixtures("server")
def test_two_aioice_agents_reach_each_other_through_relays_alone(lo: Loopback) -> None:
    async def agent(*, controlling: bool) -> aioice.Connection:
        connection = aioice.Connection(
            ice_controlling=controlling,
            turn_server=(lo.wan, PORT),
            turn_username="ann",
            turn_password="pw",
            transport_policy=aioice.TransportPolicy.RELAY,
        )
        await connection.gather_candidates()
        return connection

    async def main() -> tuple[bytes, bytes]:
        one, two = await agent(controlling=True), await agent(controlling=False)
        assert {each.type for each in one.local_candidates} == {"relay"}
        for mine, theirs in ((one, two), (two, one)):
            for candidate in theirs.local_candidates:
                await mine.add_remote_candidate(candidate)
            await mine.add_remote_candidate(None)
            mine.remote_username = theirs.local_username
            mine.remote_password = theirs.local_password
        await asyncio.gather(one.connect(), two.connect())
        await one.send(b"hello")
        await two.send(b"world")
        heard = await two.recv(), await one.recv()
        await asyncio.gather(one.close(), two.close())
        return heard

    assert asyncio.run(asyncio.wait_for(main(), 30.0)) == (b"hello", b"world")
