"""Network namespaces of one test: hosts, the links between them, and a router with a symmetric NAT.

Nothing in them reaches the world, and no address of them exists outside.
"""

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from tests.e2e.support.tools import path_of

_CLONE_NEWNET = 0x4000_0000
_libc = ctypes.CDLL(None, use_errno=True)

_SYMMETRIC = """
table ip nat {{
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname "{outside}" meta l4proto {{ tcp, udp }} masquerade random,fully-random
    }}
}}
table ip filter {{
    chain through {{
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname != "{outside}" accept
    }}
}}
"""
"""Each destination sees a source port of its own, drawn at random, and only what was asked for
comes back in."""


class Network:
    def __init__(self) -> None:
        self._suffix = token_hex(3)
        self._hosts: dict[str, str] = {}
        self._links = 0

    def host(self, name: str, *addresses: str) -> str:
        """A new namespace, with addresses of its own on its loopback; its whole name."""
        whole = f"sbc-{name}-{self._suffix}"
        _run("ip", "netns", "add", whole)
        self._hosts[name] = whole
        self.run(name, "ip", "link", "set", "lo", "up")
        for address in addresses:
            self.run(name, "ip", "address", "add", address, "dev", "lo")
        return whole

    def link(self, one: str, one_address: str, other: str, other_address: str) -> tuple[str, str]:
        """A cable between two hosts; the names of its ends."""
        self._links += 1
        ends = f"e{self._links}a", f"e{self._links}b"
        peer = ("peer", "name", ends[1], "netns", self._hosts[other])
        self.run(one, "ip", "link", "add", ends[0], "type", "veth", *peer)
        for host, end, address in ((one, ends[0], one_address), (other, ends[1], other_address)):
            self.run(host, "ip", "address", "add", address, "dev", end)
            self.run(host, "ip", "link", "set", end, "up")
        return ends

    def route(self, host: str, via: str, to: str = "default") -> None:
        self.run(host, "ip", "route", "add", to, "via", via)

    def forward(self, host: str) -> None:
        self.run(host, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def symmetric_nat(self, host: str, outside: str) -> None:
        """`host` hides whatever it forwards to its end `outside` of a link."""
        self.forward(host)
        rules = _SYMMETRIC.format(outside=outside)
        command = self.wrap(host)([path_of("nft"), "-f", "-"])
        subprocess.run(command, input=rules, text=True, check=True, timeout=10)

    def wrap(self, host: str) -> Callable[[Sequence[str]], list[str]]:
        """Makes a command run on `host`: in place, its pid is that of the command."""
        return lambda command: [path_of("ip"), "netns", "exec", self._hosts[host], *command]

    def run(self, host: str, *command: str) -> str:
        return _run(*self.wrap(host)(command))

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """Sockets which this thread opens meanwhile are on `host`, and stay there."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{self._hosts[host]}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
            yield
        finally:
            _enter(home)
            os.close(home)
            os.close(there)

    def close(self) -> None:
        """All of them, also when one is stubborn."""
        failed = []
        while self._hosts:
            _, whole = self._hosts.popitem()
            try:
                _run("ip", "netns", "delete", whole)
            except subprocess.CalledProcessError as error:
                failed.append(f"{whole}: {error.stderr}")
        assert not failed, failed


def with_private_places(command: Sequence[str], places: dict[Path, Path]) -> list[str]:
    """`command` finds, at each path of `places`, the directory that it is mapped to: for programs
    which use their default places, on a machine that is not to notice."""
    mounts = [f"mount --bind '{own}' '{usual}'" for usual, own in places.items()]
    script = " && ".join([*mounts, 'exec "$@"'])
    return [path_of("unshare"), "--mount", "sh", "-c", script, "sh", *command]


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(tool: str, *arguments: str) -> str:
    done = subprocess.run(
        [path_of(tool), *arguments], capture_output=True, text=True, check=False, timeout=10
    )
    if done.returncode:
        raise subprocess.CalledProcessError(
            done.returncode, [tool, *arguments], done.stdout, done.stderr
        )
    return done.stdout
