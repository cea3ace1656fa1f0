"""The listening sockets of every interface, bound before anything else starts.

To bind them all is the check itself: every address that this host does not have and every port
that is taken is reported at once, by its place in the configuration.
"""

import errno
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from config.addresses import IpAddress
from config.dscp import socket_option
from config.model import Interface, SipListener
from config.problems import Finding
from sbc.actions import Transport

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes. Bursts wait in the kernel while a call is being set up, instead of being lost there."""

BACKLOG = 1024
SO_RCVBUFFORCE = 33
"""Linux; the socket module does not name it."""

REASONS = {
    errno.EADDRNOTAVAIL: "this host has no such address",
    errno.EADDRINUSE: "the port is taken",
    errno.EACCES: "not allowed to bind this port",
    errno.EAFNOSUPPORT: "this host has no such address family",
}


class CannotListen(Exception):
    """The operator's fault: one finding for each socket that cannot be bound."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Bound:
    interface: str
    transport: Transport
    socket: socket.socket


def bind_all(interfaces: Mapping[str, Interface]) -> list[Bound]:
    bound: list[Bound] = []
    findings: list[Finding] = []
    for name, interface in interfaces.items():
        for index, listener in enumerate(interface.sip):
            try:
                listening = bind(interface.bind, listener, interface.dscp)
            except OSError as error:
                where = f"{interface.bind} port {listener.port}/{listener.transport}"
                why = REASONS.get(error.errno or 0) or os.strerror(error.errno or 0)
                loc = ("interfaces", name, "sip", index)
                findings.append(Finding(loc, f"cannot bind {where}: {why}"))
            else:
                bound.append(Bound(name, listener.transport, listening))
    if findings:
        for one in bound:
            one.socket.close()
        raise CannotListen(findings)
    return bound


def bind(address: IpAddress, listener: SipListener, dscp: int | None = None) -> socket.socket:
    """Connections that it takes have its mark (DSCP) too."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    kind = socket.SOCK_DGRAM if listener.transport == "udp" else socket.SOCK_STREAM
    listening = socket.socket(family, kind)
    try:
        if address.version == 6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if dscp is not None:
            listening.setsockopt(*socket_option(address.version, dscp))
        if listener.transport == "udp":
            enlarge(listening)
        else:
            # Connections of our last run may linger in TIME-WAIT; that must not hinder a restart.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), listener.port))
        if listener.transport != "udp":
            # With SO_REUSEADDR it is listening, not binding, that finds a taken port.
            listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def outgoing(address: str, dscp: int) -> socket.socket:
    """For a connection from here that is marked from its first packet on. Raises OSError."""
    six = ":" in address
    made = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(*socket_option(6 if six else 4, dscp))
        made.bind((address, 0))
    except OSError:
        made.close()
        raise
    return made


def enlarge(receiver: socket.socket) -> None:
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    with suppress(PermissionError):  # With the capability, past the host's limit too.
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
