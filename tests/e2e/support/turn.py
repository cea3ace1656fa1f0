"""The STUN and TURN server by itself (`python -m stun_turn`), and coturn's client towards it."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.support.loopback import Loopback
from tests.e2e.support.processes import Running
from tests.e2e.support.tools import path_of, require
from tests.e2e.support.waiting import eventually
from tests.support.authority import Authority

PORT, SECURE, ECHO = 13478, 15349, 13480
SECRETS = {"ANN": "pw", "TURN_KEY": "secret"}
PASSWORD = ["-u", "ann", "-w", "pw"]
MESSAGES = 20
"""Each client sends so many; one takes about 20 ms."""
Wrap = Callable[[Sequence[str]], list[str]]


def start_server(
    config: dict[str, Any], ip: str, folder: Path, ending: ExitStack, wrap: Wrap = list
) -> Running:
    """With a certificate for `ip`, until it is up."""
    pair = Authority(folder).pair("turn", ip, "turn.example.org")
    config["certificates"] = {"edge": {"chain": str(pair.chain), "key": str(pair.key)}}
    config["turn"]["listen"] |= {"tls": SECURE, "dtls": SECURE, "certificate": "edge"}
    file = folder / "turn.yaml"
    file.write_text(yaml.safe_dump(config))
    command = wrap([sys.executable, "-m", "stun_turn", str(file)])
    running = Running(command, folder / "turn.log", env=SECRETS)
    ending.callback(running.end)
    eventually("the server is up", lambda: "turn_up" in running.said)
    return running


def configuration(lo: Loopback) -> dict[str, Any]:
    return {
        "version": 1,
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
            "listen": {"udp": PORT, "tcp": PORT},
            "realm": "example.org",
            "relay_ports": "50000-50999",
            "credentials": {"users": {"ann": "${ENV:ANN}"}, "hmac": "${ENV:TURN_KEY}"},
            "quotas": {"per_user": 100, "per_source": 100, "rate": "100/s"},
            "peers": {"allow": ["127.0.0.0/8"]},
            "stun": {"rate": "1000/s"},
        },
    }


def coturn(
    name: str, tool: str, arguments: Sequence[str], folder: Path, ending: ExitStack,
    wrap: Wrap = list,
) -> Running:  # fmt: skip
    """One of coturn's programs."""
    require(tool)
    running = Running(wrap([path_of(tool), *arguments]), folder / f"{name}.log")
    ending.callback(running.end)
    return running


def relayed(said: str) -> tuple[int, int]:
    """Messages that coturn's client sent, and that came back."""
    sent, back = re.findall(r"tot_send_msgs=(\d+), tot_recv_msgs=(\d+)", said)[-1]
    return int(sent), int(back)


def secure(options: Sequence[str]) -> str:
    """The port for them."""
    return str(SECURE if "-S" in options else PORT)
