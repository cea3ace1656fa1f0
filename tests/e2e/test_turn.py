"""The STUN and TURN server with coturn's own clients, and with aioice (I4, I5).

`python -m stun_turn` on the loopback; the clients relay to coturn's echoing peer, or to each other.
"""

import asyncio
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import aioice
import pytest
import yaml

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.processes import Running, kill, naming
from tests.e2e.support.tools import path_of, require
from tests.e2e.support.waiting import eventually
from tests.support.authority import Authority

PORT, SECURE, ECHO = 13478, 15349, 13480
SECRETS = {"ANN": "pw", "TURN_KEY": "secret"}
MESSAGES = 20
"""Each client sends so many; one takes about 20 ms."""


@pytest.fixture
def server(ending: ExitStack, tmp_path: Path, lo: Loopback) -> Running:
    file = tmp_path / "turn.yaml"
    pair = Authority(tmp_path).pair("turn", lo.wan, "turn.example.org")
    text = configuration(lo, {"chain": str(pair.chain), "key": str(pair.key)})
    file.write_text(yaml.safe_dump(text))
    command = [sys.executable, "-m", "stun_turn", str(file)]
    running = Running(command, tmp_path / "turn.log", env=SECRETS)
    ending.callback(running.end)
    eventually("the server is up", lambda: "turn_up" in running.said)
    return running


@pytest.fixture
def echo(ending: ExitStack, tmp_path: Path, lo: Loopback) -> None:
    require("turnutils_peer")
    command = [path_of("turnutils_peer"), "-L", lo.callee, "-p", str(ECHO)]
    running = Running(command, tmp_path / "echo.log")
    ending.callback(running.end)


def configuration(lo: Loopback, certificate: dict[str, str] | None = None) -> dict[str, object]:
    """With a certificate, TLS and DTLS too."""
    secure = {"tls": SECURE, "dtls": SECURE, "certificate": "edge"}
    return {
        "version": 1,
        "certificates": {"edge": certificate} if certificate else {},
        "interfaces": {
            "wan": {
                "zone": "outside",
                "bind": lo.wan,
                "sip": [{"transport": "udp", "port": 5060}],
                "media": {"ports": "20000-20099"},
            }
        },
        "zones": {"outside": {"trust": "untrusted"}},
        "trunks": {
            "carrier": {
                "zone": "outside",
                "endpoints": [{"uri": f"sip:{lo.caller}"}],
                "identify": {"sources": [f"{lo.caller}/32"]},
            }
        },
        "routes": [{"name": "out", "from": {"trunk": "carrier"}, "to": ["carrier"]}],
        "turn": {
            "interfaces": ["wan"],
            "listen": {"udp": PORT, "tcp": PORT, **(secure if certificate else {})},
            "realm": "example.org",
            "relay_ports": "50000-50999",
            "credentials": {"users": {"ann": "${ENV:ANN}"}, "hmac": "${ENV:TURN_KEY}"},
            "quotas": {"per_user": 100, "per_source": 100, "rate": "100/s"},
            "peers": {"allow": ["127.0.0.0/8"]},
            "stun": {"rate": "1000/s"},
        },
    }


def start(tmp_path: Path, name: str, tool: str, *arguments: str) -> Running:
    require(tool)
    return Running([path_of(tool), *arguments], tmp_path / f"{name}.log")


def relayed(said: str) -> tuple[int, int]:
    """Messages that were sent, and that came back."""
    sent, back = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)[-1]
    return int(sent), int(back)


PASSWORD = ["-u", "ann", "-w", "pw"]
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
}
"""Options of coturn's client."""


@pytest.mark.usefixtures("server", "echo")
def test_coturn_s_client_gets_all_its_messages_back(
    ending: ExitStack, tmp_path: Path, lo: Loopback
) -> None:
    """All ways beside each other, for each takes seconds to wait by itself."""
    clients = {}
    for name, options in HOW.items():
        port = SECURE if "-S" in options else PORT
        clients[name] = start(
            tmp_path, name, "turnutils_uclient", *options, "-e", lo.callee, "-r", str(ECHO),
            "-p", str(port), "-n", str(MESSAGES), "-m", "2", lo.wan,
        )  # fmt: skip
        ending.callback(clients[name].end)
    for name, client in clients.items():
        assert client.wait(45.0) == 0, f"{name}: {client.said[-2000:]}"
        sent, back = relayed(client.said)
        assert sent == back >= 2 * MESSAGES, name


@pytest.mark.usefixtures("server")
def test_coturn_s_stun_client_learns_its_address(tmp_path: Path, lo: Loopback) -> None:
    client = start(tmp_path, "stun", "turnutils_stunclient", "-p", str(PORT), lo.wan)
    assert client.wait(10.0) == 0
    assert re.search(r"UDP reflexive addr: 127\.", client.said)


def test_the_border_keeps_the_server_running(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lo: Loopback, start_border: StartBorder
) -> None:
    """`sbc run` starts it beside the relay, starts it again when it dies, and ends it."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)

    def learns() -> bool:
        client = start(tmp_path, "stun", "turnutils_stunclient", "-p", str(PORT), lo.wan)
        return client.wait(10.0) == 0 and "UDP reflexive addr" in client.said

    border = start_border({**on_loopback(lo), "turn": configuration(lo)["turn"]})
    eventually("STUN answers", learns)
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
