"""How the packets of one side are protected, and the handshakes that make its keys (RFC 5763 §6).

RTP and RTCP have a handshake each, unless they share a port (RFC 5764 §4.1). Where one is needed
nothing passes before it is over.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from math import inf

from media.control import Address, Dtls, SidePlan
from media.dtls import Association, State
from media.ice.checklist import Outgoing
from media.identity import Identity
from media.srtp import Protection

_ASK_AGAIN = 0.2
"""Seconds until it is looked again whether there is somebody to begin with."""
_SILENT_FOR = 3.0
"""Seconds after which another source may take a handshake over, where it may send at all."""
_MOST_TRIES = 3
"""Handshakes that break off, before it is said that there will be none. A forged alert is enough to
break one (RFC 6347 §4.1.2.7)."""
_KEPT_FOR = 60.0
"""Seconds for which a finished one answers to a peer that has missed its end."""
_FINAL = frozenset({"fingerprint", "profile"})

Where = Callable[[int], Address | None]
"""Where a component's packets go, if that is known."""


class Handshake:
    """Of one component. Before the peer speaks, or is found, there is no association."""

    __slots__ = (
        "_association",
        "_heard_at",
        "_identity",
        "_over",
        "_peer",
        "_plan",
        "_protection",
        "_tries",
        "due",
        "failure",
    )

    def __init__(self, identity: Identity, plan: Dtls, protection: Protection, now: float) -> None:
        self._identity = identity
        self._plan = plan
        self._protection = protection
        self._association: Association | None = None
        self._peer: Address | None = None
        self._heard_at = -inf
        self._tries = 0
        self._over = False
        self.failure: str | None = None
        """It has failed for good."""
        self.due = now if plan.active else inf

    def receive(self, datagram: bytes, source: Address, now: float) -> list[bytes]:
        """From somebody who may send at all."""
        if self._over or (source != self._peer and now - self._heard_at < _SILENT_FOR):
            return []
        self._peer, self._heard_at = source, now
        if self._association is None:
            self._association = Association(self._identity, self._plan, now)
        return self._looked_at(self._association, self._association.feed(datagram, now), now)

    def look(self, destination: Address | None, now: float) -> tuple[list[bytes], Address | None]:
        """What is to be sent, and where."""
        if now < self.due:
            return [], None
        association = self._association
        if association is None:
            return self._begun(destination, now), destination
        if association.state is State.DONE:
            self._association, self._over, self.due = None, True, inf
            return [], None
        to = self._peer or destination
        return self._looked_at(association, association.tick(now), now), to

    def _begun(self, destination: Address | None, now: float) -> list[bytes]:
        if destination is None:
            self.due = now + _ASK_AGAIN
            return []
        self._association = association = Association(self._identity, self._plan, now)
        return self._looked_at(association, association.begin(now), now)

    def _looked_at(self, association: Association, out: list[bytes], now: float) -> list[bytes]:
        self.due = association.due
        if association.state is State.DONE and association.keys is not None:
            self._protection.use(association.keys)
            self.due = now + _KEPT_FOR
        elif association.state is State.FAILED:
            self._failed(association.failure or "", now)
        return out

    def _failed(self, why: str, now: float) -> None:
        self._association, self._peer, self._heard_at = None, None, -inf
        self._tries += why != "timeout"  # of a peer that is not there yet, any number
        if why in _FINAL or self._tries >= _MOST_TRIES:
            self.failure, self._over, self.due = why, True, inf
        else:
            self.due = now if self._plan.active else inf


class Security:
    """Of one side. `rtp` and `rtcp` are None where its packets are plain."""

    __slots__ = ("_dtls", "_identity", "_shakes", "_told", "rtcp", "rtp")

    def __init__(self, identity: Identity | None) -> None:
        self._identity = identity
        self.rtp: Protection | None = None
        self.rtcp: Protection | None = None
        self._dtls: tuple[Dtls, bool] | None = None
        self._shakes: dict[int, Handshake] = {}
        self._told = False

    @property
    def shakes(self) -> bool:
        return bool(self._shakes)

    @property
    def due(self) -> float:
        if not self._shakes:
            return inf
        return min(shake.due for shake in self._shakes.values())

    def agree(self, plan: SidePlan, drops: Counter[str], now: float) -> None:
        """What is kept of the same keys goes on: roll-over counters and replay lists."""
        if plan.sdes is not None:
            if self.rtp is None or self._dtls is not None:
                self.rtp = self.rtcp = Protection(drops)
            self.rtp.use(plan.sdes)
        elif plan.dtls is None:
            self.rtp = self.rtcp = None
        if plan.dtls is None:
            self._dtls, self._shakes = None, {}
        elif self._dtls != (plan.dtls, plan.mux):
            self._shake(plan.dtls, plan.mux, drops, now)

    def _shake(self, dtls: Dtls, mux: bool, drops: Counter[str], now: float) -> None:
        """A new association. Until it has made keys, those of the last one are good."""
        if self._identity is None:
            return
        if self._dtls is None or self._dtls[1] is not mux or self.rtp is None:
            self.rtp = Protection(drops)
            self.rtcp = self.rtp if mux else Protection(drops)
        self._dtls, self._told = (dtls, mux), False
        self._shakes = {1: Handshake(self._identity, dtls, self.rtp, now)}
        if not mux and self.rtcp is not None:
            self._shakes[2] = Handshake(self._identity, dtls, self.rtcp, now)

    def receive(
        self, component: int, datagram: bytes, source: Address, now: float
    ) -> list[Outgoing]:
        shake = self._shakes.get(component)
        if shake is None:
            return []
        return [Outgoing(each, component, source) for each in shake.receive(datagram, source, now)]

    def look(self, where: Where, now: float) -> Iterator[Outgoing]:
        for component, shake in self._shakes.items():
            out, to = shake.look(where(component), now)
            if to is not None:
                yield from (Outgoing(each, component, to) for each in out)

    def failed(self) -> str | None:
        """Why, once."""
        if self._told:
            return None
        failures = (shake.failure for shake in self._shakes.values())
        failure = next((each for each in failures if each is not None), None)
        self._told = failure is not None
        return failure
