"""A border's configuration on loopback addresses, with ports that are free now."""

import socket
from pathlib import Path

WAN, LAN = "127.0.0.1", "127.0.0.2"

BODY = """\
version: 1
node: {{ name: edge-1, run_directory: {run} }}
interfaces:
  wan:
    zone: outside
    bind: {wan}
    sip: [{{ transport: udp, port: {port} }}, {{ transport: tcp, port: {port} }}]
    media: {{ ports: {media}-{media_last}, quarantine: 0s }}
  lan:
    zone: inside
    bind: {lan}
    sip: [{{ transport: udp, port: {port} }}]
    media: {{ ports: {media}-{media_last}, quarantine: 0s }}
zones:
  outside: {{ trust: untrusted }}
  inside: {{ trust: trusted }}
trunks:
  carrier: {{ zone: outside, endpoints: [{{ uri: "sip:127.0.0.1:{carrier}" }}], identify: {{ sources: [127.0.0.1/32] }} }}
  pbx: {{ zone: inside, endpoints: [{{ uri: "sip:127.0.0.2:{pbx}" }}], identify: {{ sources: [127.0.0.2/32] }} }}
routes:
  - {{ name: out, from: {{ trunk: pbx }}, to: [carrier] }}
  - {{ name: in, from: {{ trunk: carrier }}, to: [pbx] }}
cdr: {{ spool: {spool} }}
monitoring: {{ prometheus: {{ listen: "127.0.0.1:{metrics}" }} }}
"""  # noqa: E501  (one line a thing, as in the documentation)


def write_config(
    directory: Path, *, port: int, carrier: int, pbx: int, metrics: int, media: int = 24_000
) -> Path:
    """Everything the border keeps is in `directory`."""
    path = directory / "sbc.yaml"
    path.write_text(
        BODY.format(
            run=directory / "run",
            spool=directory / "cdr",
            wan=WAN,
            lan=LAN,
            port=port,
            carrier=carrier,
            pbx=pbx,
            metrics=metrics,
            media=media,
            media_last=media + 99,
        )
    )
    return path


def free_ports(count: int) -> list[int]:
    """Free on both addresses, for UDP and TCP."""
    found: list[int] = []
    held: list[socket.socket] = []
    while len(found) < count:
        first = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.append(first)
        first.bind((WAN, 0))
        port: int = first.getsockname()[1]
        try:
            for host, kind in (
                (WAN, socket.SOCK_DGRAM),
                (LAN, socket.SOCK_STREAM),
                (LAN, socket.SOCK_DGRAM),
            ):
                other = socket.socket(socket.AF_INET, kind)
                held.append(other)
                other.bind((host, port))
        except OSError:
            continue
        found.append(port)
    for one in held:
        one.close()
    return found
