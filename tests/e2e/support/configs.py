"""Configurations of borders under test, as trees that a test may change."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.e2e.support.loopback import Address, Loopback, at, free_port

Json = dict[str, Any]

MEDIA = "20000-20999"


def two_zones(
    wan: Address,
    lan: Address,
    caller: str,
    callee: str,
    *,
    transports: tuple[str, str] = ("udp", "udp"),
) -> Json:
    """The border at `wan` and `lan`, one peer outside at the SIP address `caller` (as in a URI),
    one inside at `callee`; each reached by its transport, and free to use both."""
    return {
        "version": 1,
        "interfaces": {"wan": _interface("outside", wan), "lan": _interface("inside", lan)},
        "zones": {"outside": {"trust": "untrusted"}, "inside": {"trust": "trusted"}},
        "trunks": {
            "carrier": _trunk("outside", caller, transports[0]),
            "pbx": _trunk("inside", callee, transports[1]),
        },
        "routes": [
            {"name": "in", "from": {"trunk": "carrier"}, "to": ["pbx"]},
            {"name": "out", "from": {"trunk": "pbx"}, "to": ["carrier"]},
        ],
    }


def with_metrics(config: Json, ip: str) -> Json:
    config["monitoring"] = {"prometheus": {"listen": f"{ip}:{free_port(ip)}"}}
    return config


def on_loopback(where: Loopback) -> Json:
    """All by UDP on the usual ports: the addresses are ours alone."""
    config = two_zones(
        (where.wan, 5060), (where.lan, 5060), f"{where.caller}:5060", f"{where.callee}:5060"
    )
    return with_metrics(config, where.wan)


def _interface(zone: str, address: Address) -> Json:
    ip, port = address
    sip: Sequence[Mapping[str, object]] = [
        {"transport": "udp", "port": port},
        {"transport": "tcp", "port": port},
    ]
    return {"zone": zone, "bind": ip, "sip": sip, "media": {"ports": MEDIA}}


def _trunk(zone: str, peer: str, transport: str) -> Json:
    host = peer.rpartition(":")[0].strip("[]")
    uri = f"sip:{peer}" + (";transport=tcp" if transport == "tcp" else "")
    prefix = 128 if ":" in host else 32
    return {
        "zone": zone,
        "endpoints": [{"uri": uri}],
        "identify": {"sources": [f"{host}/{prefix}"]},
    }


__all__ = ["MEDIA", "at", "on_loopback", "two_zones", "with_metrics"]
