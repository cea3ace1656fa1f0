"""Which peers of ours that are reached by UDP may be sent large requests over TCP (S13).

The zone must have a TCP listener of the right address family; and a peer that refused TCP is not
asked again for a while, so that each of its calls does not wait for a refusal.
"""

from dataclasses import replace

from sbc.actions import Address, Flow
from sbc.routing.listeners import Listeners
from sbc.transaction.large import Reliable

REST = 300.0
"""Seconds that a refusal is remembered."""
_REMEMBERED = 1000


class LargeRequests:
    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners
        self._refused: dict[Address, float] = {}
        """Until when."""
        self._took: dict[Address, Flow] = {}
        """By what connection."""

    def instead_of(self, flow: Flow, now: float) -> Reliable | None:
        if flow.transport != "udp" or self._refused.get(flow.remote, 0.0) > now:
            return None
        listener = self._listeners.over_tcp(flow)
        if listener is None:
            return None
        over_tcp = replace(flow, interface=listener.interface, transport="tcp")
        return Reliable(over_tcp, listener.ip, listener.port)

    def took(self, flow: Flow, instead_of: Flow) -> None:
        """An answer came over TCP; if its request would have gone by UDP otherwise, that peer is
        known to take large ones."""
        if instead_of.transport == "udp" and instead_of.remote not in self._took:
            if len(self._took) >= _REMEMBERED:
                self._took.clear()
            self._took[instead_of.remote] = flow

    def proven(self, flow: Flow) -> Flow | None:
        """The connection for an ACK, whose loss nobody would tell us."""
        return self._took.get(flow.remote) if flow.transport == "udp" else None

    def refused(self, flow: Flow, now: float) -> None:
        """It did not take a connection."""
        self._took.pop(flow.remote, None)
        if len(self._refused) >= _REMEMBERED:
            self._refused.clear()
        self._refused[flow.remote] = now + REST
