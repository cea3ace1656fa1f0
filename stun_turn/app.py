"""The STUN and TURN server as a process: made of its configuration, run until told to stop."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from secrets import randbelow, token_bytes
from typing import TextIO

import uvloop

from config.model import Config, Turn
from stun_turn.accounts import Accounts, Chained, Listed, TimeLimited
from stun_turn.actions import Transport
from stun_turn.attributes import Address, family_of
from stun_turn.auth import LongTerm
from stun_turn.control import Control
from stun_turn.nonce import PASSWORD_ALGORITHMS, USERNAME_ANONYMITY, Nonces
from stun_turn.own_media import MediaRange
from stun_turn.peers import Network, PeerRules
from stun_turn.secure import Shown
from stun_turn.server import Server
from stun_turn.settings import Quotas, RelayAddress, Settings
from stun_turn.shell import Shell

CLOCK_LOOK = 10.0
"""Seconds between two looks at the wall clock, by which credentials go."""


def settings_of(config: Config, turn: Turn) -> Settings:
    low, high = turn.relay_ports
    relays = {}
    for name in turn.interfaces:
        interface = config.interfaces[name]
        relay = RelayAddress(str(interface.bind), str(interface.shown), low, high)
        relays[family_of(relay.bind)] = relay
    return Settings(
        realm=turn.realm,
        relays=relays,
        peers=peer_rules(config, turn),
        media=tuple(_own_media(config, turn)),
        quotas=Quotas(
            turn.quotas.per_user, turn.quotas.per_source, turn.quotas.total, turn.quotas.rate
        ),
        bitrate=turn.quotas.bitrate,
        public_stun=turn.stun.public,
        stranger_rate=turn.stun.rate,
    )


def _own_media(config: Config, turn: Turn) -> Iterator[MediaRange]:
    """Of the zones that clients come from: a call of theirs has its media there."""
    zones = {config.interfaces[name].zone for name in turn.interfaces}
    for each in config.interfaces.values():
        if each.zone in zones:
            yield MediaRange(str(each.shown), str(each.bind), *each.media.ports)


def peer_rules(config: Config, turn: Turn) -> PeerRules:
    """Other zones are closed by themselves, and so is all that we have an address for."""
    own = [str(ip) for each in config.interfaces.values() for ip in (each.bind, each.shown)]
    return PeerRules(turn.peers.allow, [*turn.peers.deny, *_other_zones(config, turn)], own)


def _other_zones(config: Config, turn: Turn) -> Iterator[Network]:
    ours = {config.interfaces[name].zone for name in turn.interfaces}
    for trunk in config.trunks.values():
        if trunk.zone not in ours:
            yield from trunk.identify.sources


def time_limited_of(turn: Turn) -> TimeLimited | None:
    hmac = turn.credentials.hmac
    return None if hmac is None else TimeLimited(hmac.get_secret_value().encode())


def accounts_of(turn: Turn, limited: TimeLimited | None) -> Accounts:
    users = turn.credentials.users.items()
    listed = Listed({name: secret.get_secret_value() for name, secret in users}, turn.realm)
    return listed if limited is None else Chained(listed, limited)


def server_of(config: Config, turn: Turn, epoch: float, limited: TimeLimited | None) -> Server:
    # Time-limited names cannot be found by their hash: then we do not say that names can be hidden.
    anonymity = USERNAME_ANONYMITY if turn.credentials.hmac is None else 0
    nonces = Nonces(token_bytes(32), PASSWORD_ALGORITHMS | anonymity)
    auth = LongTerm(turn.realm, accounts_of(turn, limited), nonces)
    return Server(settings_of(config, turn), auth, randbelow, token_bytes, epoch)


def sockets_of(config: Config, turn: Turn) -> Iterator[tuple[Transport, Address]]:
    """Transport and address of each socket that clients come to."""
    listen = turn.listen
    ports: dict[Transport, int | None] = {
        "udp": listen.udp,
        "tcp": listen.tcp,
        "tls": listen.tls,
        "dtls": listen.dtls,
    }
    for name in turn.interfaces:
        ip = str(config.interfaces[name].bind)
        for transport, port in ports.items():
            if port is not None:
                yield transport, (ip, port)


def shown_of(config: Config, turn: Turn) -> Shown | None:
    """Raises Unfit."""
    name = turn.listen.certificate
    return None if name is None else Shown(config.certificates[name])


def marks_of(config: Config, turn: Turn) -> dict[str, int]:
    """By address of ours: what is relayed is media, on both of its ways."""
    interfaces = (config.interfaces[name] for name in turn.interfaces)
    return {str(each.bind): each.media.dscp for each in interfaces if each.media.dscp is not None}


async def serve(config: Config, turn: Turn, log: TextIO, path: Path | None = None) -> None:
    """Until SIGTERM or SIGINT. `path`: where signalling speaks to us. Raises OSError for a socket
    that cannot be had, and Unfit."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _resolve, stop)
    limited = time_limited_of(turn)
    server = server_of(config, turn, time.time() - loop.time(), limited)
    shown = shown_of(config, turn)
    shell = Shell(server, turn.quotas.bitrate, marks_of(config, turn), limited)
    control = None if path is None else Control(path, shell)
    try:
        if control is not None:
            await control.start()
        for transport, address in sockets_of(config, turn):
            await shell.listen(transport, address, shown)
        gc.freeze()
        _say(log, "turn_up", realm=turn.realm)
        while not stop.done():
            await asyncio.wait({stop}, timeout=CLOCK_LOOK)
            shell.clock_set()
            happened = shown.look() if shown is not None else None
            if happened is not None:
                _say(log, happened, name=turn.listen.certificate)
    finally:
        _say(log, "turn_down", **shell.counts)
        if control is not None:
            control.close()
        shell.close()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def run(config: Config, log: TextIO = sys.stderr, path: Path | None = None) -> None:
    """Raises LookupError for a configuration without a `turn` section."""
    if config.turn is None:
        raise LookupError("the configuration has no `turn` section")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config, config.turn, log, path))


def _say(log: TextIO, event: str, **detail: object) -> None:
    log.write(json.dumps({"event": event, **detail}) + "\n")
    log.flush()
