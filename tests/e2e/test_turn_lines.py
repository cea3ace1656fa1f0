"""TURN between hosts: IPv6, relays of the other family and of both, datagrams that get lost, and
clients which mean harm (I5). coturn's client in a network namespace, our server in another."""

from collections.abc import Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from subprocess import run

import pytest

from tests.e2e.support.loopback import Loopback
from tests.e2e.support.namespaces import Network
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of
from tests.e2e.support.turn import (
    ECHO,
    MESSAGES,
    PASSWORD,
    configuration,
    coturn,
    relayed,
    secure,
    start_server,
)
from tests.e2e.support.waiting import eventually

CLIENT4, SERVER4 = "192.0.2.7", "192.0.2.1"
CLIENT6, SERVER6 = "2001:db8:1::7", "2001:db8:1::1"
IPV6: dict[str, tuple[str, str, list[str]]] = {
    "channels": (SERVER6, CLIENT6, ["-x"]),
    "indications": (SERVER6, CLIENT6, ["-x", "-s"]),
    "over TCP": (SERVER6, CLIENT6, ["-x", "-t"]),
    "over TLS": (SERVER6, CLIENT6, ["-x", "-S", "-t"]),
    "over DTLS": (SERVER6, CLIENT6, ["-x", "-S"]),
    "peers by TCP": (SERVER6, CLIENT6, ["-x", "-T"]),
    "client to client": (SERVER6, CLIENT6, ["-x", "-y"]),
    "a relay of IPv6 for a client of IPv4": (SERVER4, CLIENT6, ["-x"]),
    "a relay of IPv4 for a client of IPv6": (SERVER6, CLIENT4, ["-X"]),
    "both families, peer of IPv4": (SERVER4, CLIENT4, ["-Z"]),
    "both families, peer of IPv6": (SERVER6, CLIENT6, ["-Z"]),
    "both families, by indications": (SERVER4, CLIENT6, ["-Z", "-s"]),
    "both families, over TCP": (SERVER4, CLIENT6, ["-Z", "-t"]),
    "both families, client to client": (SERVER4, CLIENT4, ["-Z", "-y"]),
}
"""Server, peer, and options of coturn's client."""
LOST = 0.05
"""Of all datagrams that come to the server, from clients as from peers."""
LOSSY: dict[str, tuple[int, list[str]]] = {
    "short, by channels": (10, []),
    "short, by indications": (10, ["-s"]),
    "long, by channels": (200, []),
    "long, by indications": (200, ["-s"]),
    "long, over TCP": (200, ["-t"]),
    "long, over DTLS": (200, ["-S"]),
}
"""Messages, and options."""
CLIENTS = 4


@pytest.fixture
def server(ending: ExitStack, tmp_path: Path, lo: Loopback, network: Network) -> Running:
    """With coturn's echoing peer beside the clients."""
    network.host("client")
    network.host("server")
    ends = network.link("client", f"{CLIENT4}/24", "server", f"{SERVER4}/24")
    for host, end, ip in (("client", ends[0], CLIENT6), ("server", ends[1], SERVER6)):
        # At once: nobody else can have it.
        network.run(host, "ip", "-6", "address", "add", f"{ip}/64", "dev", end, "nodad")
    config = configuration(lo)
    wan = config["interfaces"]["wan"] | {"bind": SERVER4}
    config["interfaces"] = {"wan": wan, "six": deepcopy(wan) | {"bind": SERVER6}}
    config["turn"]["interfaces"] = ["wan", "six"]
    config["turn"]["peers"] = {"allow": ["192.0.2.0/24", "2001:db8:1::/64"]}
    echo = ["-L", CLIENT4, "-L", CLIENT6, "-p", str(ECHO)]
    coturn("echo", "turnutils_peer", echo, tmp_path, ending, network.wrap("client"))
    return start_server(config, SERVER4, tmp_path, ending, network.wrap("server"))


class Clients:
    """All beside each other."""

    def __init__(self, network: Network, folder: Path, ending: ExitStack) -> None:
        self._places = folder, ending, network.wrap("client")
        self.of: dict[str, Running] = {}

    def start(
        self, name: str, options: Sequence[str], at: str = SERVER4, peer: str = CLIENT4
    ) -> None:
        whither = ["-e", peer, "-r", str(ECHO), "-p", secure(options), at]
        command = [*PASSWORD, *options, *whither]
        self.of[name] = coturn(name, "turnutils_uclient", command, *self._places)

    def ended(self, name: str) -> tuple[int, int]:
        """Messages that were sent, and that came back."""
        client = self.of[name]
        assert client.wait(45.0) == 0, f"{name}: {client.said[-2000:]}"
        return relayed(client.said)


@pytest.mark.usefixtures("server")
def test_every_family_is_relayed_for_clients_of_every_family(
    network: Network, tmp_path: Path, ending: ExitStack
) -> None:
    clients = Clients(network, tmp_path, ending)
    for name, (at, peer, options) in IPV6.items():
        clients.start(name, [*options, "-n", str(MESSAGES), "-m", "2"], at, peer)
    for name in IPV6:
        sent, back = clients.ended(name)
        assert sent == back >= 2 * MESSAGES, name


@pytest.mark.usefixtures("server")
def test_where_datagrams_get_lost_the_others_arrive(
    network: Network, tmp_path: Path, ending: ExitStack
) -> None:
    """A message passes the lossy way twice, and what sets it up is sent until it is answered.

    The handshake of DTLS has no loss: the client offers DTLS 1.0 now and then, and the refusal
    of that, after a hello that got lost, is one that OpenSSL does not hear. Peers that connect to
    us (RFC 6062) lose nothing; each second message of that client has no way back, coturn or ours.
    """
    clients = Clients(network, tmp_path, ending)

    def start(name: str) -> None:
        messages, options = LOSSY[name]
        clients.start(name, [*options, "-c", "-n", str(messages), "-m", str(CLIENTS)])

    start("long, over DTLS")
    dtls = clients.of["long, over DTLS"]
    eventually("all are connected", lambda: "Total connect time" in dtls.said, 20.0)
    lose(network, "server", LOST)
    clients.start("peers that come by TCP", ["-P", "-L", CLIENT4, "-n", str(MESSAGES), "-m", "2"])
    for name in LOSSY:
        if name not in clients.of:
            start(name)
    for name, (messages, options) in LOSSY.items():
        sent, back = clients.ended(name)
        assert sent == CLIENTS * messages, name
        kept = (1 - LOST) ** (1 if "-t" in options else 2)
        assert back >= sent * kept - 5 * (sent * kept * (1 - kept)) ** 0.5, name
        if messages > 100:
            assert back < sent, name
    assert clients.ended("peers that come by TCP") == (2 * MESSAGES, MESSAGES)


def test_clients_that_mean_harm_harm_nobody_else(
    network: Network, tmp_path: Path, ending: ExitStack, server: Running
) -> None:
    """coturn's own wrong requests (-N), broken protocol (-R), and allocations without end (-O)."""
    clients = Clients(network, tmp_path, ending)
    for name in ("-N", "-R", "-O"):
        clients.start(f"harm{name}", [name, "-n", str(MESSAGES), "-m", "4"])
    clients.start("good", ["-n", str(MESSAGES), "-m", "2"])
    clients.start("good, over TLS", ["-S", "-t", "-n", str(MESSAGES), "-m", "2"])
    for name in ("good", "good, over TLS"):
        sent, back = clients.ended(name)
        assert sent == back >= 2 * MESSAGES, name
    assert server.status is None
    assert "Traceback" not in server.said


def lose(network: Network, host: str, part: float) -> None:
    """Of the datagrams that come to `host`, at random."""
    rules = f"""
table inet loss {{
    chain in {{
        type filter hook input priority 0
        meta l4proto udp numgen random mod 100 < {100 * part:.0f} drop
    }}
}}
"""
    command = network.wrap(host)([path_of("nft"), "-f", "-"])
    run(command, input=rules, text=True, check=True, timeout=10)
