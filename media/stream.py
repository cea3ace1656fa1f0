"""One m-line of a call: two ends, and what of each reaches the other.

`wire` states the flows as they should be and returns what must change for that. Packets come here
only when no installed flow matches them, or when the flow says so: streams that are not RTP, and
those whose ends press keys in different forms, are carried here, some fifty packets a second.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from math import inf
from typing import Literal

from media import bundle
from media.control import Address, Event, HandshakeFailed, KeyPressed, Latched, Side, StreamPlan
from media.dtls import is_dtls
from media.dtmf.event import Pressed
from media.dtmf.ways import Ways
from media.engine.flow import Chain, EngineAction, Flow, Install, Remove, Send, Transform
from media.ice.checklist import Outgoing
from media.latch import Terms, Verdict
from media.ports import Choose
from media.rings import EndsAt, comes_back
from media.rtcp import BadRtcp, Packet, hide, parse
from media.rtp import is_rtcp, is_rtp, kind_of, looks_like_rtp
from media.side import SideState
from media.value import Value


class Tell(Value, frozen=True):
    """For signalling, unasked."""

    event: Event


Drops = Counter[str]
"""Packets that went nowhere, by reason."""


class Stream:
    __slots__ = (
        "_choose",
        "_drops",
        "_ends_at",
        "_session",
        "a",
        "b",
        "index",
        "kind",
        "opaque",
        "ways",
    )

    def __init__(
        self,
        session: str,
        index: int,
        kind: str,
        ends: tuple[SideState, SideState],
        drops: Drops,
        ends_at: EndsAt,
        choose: Choose,
    ) -> None:
        self._session = session
        self._drops = drops
        self._ends_at = ends_at
        self._choose = choose
        self.index = index
        self.kind = kind
        self.a, self.b = ends
        self.opaque = False
        self.ways: Ways | None = None
        """Between ends that press keys in different forms."""

    @property
    def sides(self) -> tuple[SideState, SideState]:
        return self.a, self.b

    def end(self, name: Side) -> SideState:
        return self.a if name == "a" else self.b

    def other(self, side: SideState) -> SideState:
        return self.b if side is self.a else self.a

    # --- what signalling wants --------------------------------------------------------------------

    def agree(
        self, plan: StreamPlan, terms: tuple[tuple[Terms, Terms], ...], now: float
    ) -> list[EngineAction]:
        """`terms`: those of `terms_of`."""
        before = self._open_ways()
        self.opaque = plan.opaque
        self._agree_keys(plan)
        self.a.agree(plan.a, *terms[0], now)
        self.b.agree(plan.b, *terms[1], now)
        for side, its_plan in ((self.a, plan.a), (self.b, plan.b)):
            if not side.shared:
                side.security.agree(its_plan, self._drops, now)
        for side, was, is_ in zip(self.sides, before, self._open_ways(), strict=True):
            if was != is_:
                side.reception.pause()
        return self.wire()

    def _agree_keys(self, plan: StreamPlan) -> None:
        if plan.a.keys is None or plan.b.keys is None:
            self.ways = None
            return
        if self.ways is None:
            self.ways = Ways(self._choose)
        self.ways.agree(plan.a, plan.b)

    def may_cross(self, side: SideState) -> bool:
        """Both descriptions allow what `side` sends."""
        return side.sends and self.other(side).receives

    def _open_ways(self) -> tuple[bool, bool]:
        return self.may_cross(self.a), self.may_cross(self.b)

    def wire(self) -> list[EngineAction]:
        return [*self._wire(self.a), *self._wire(self.b)]

    def wire_all(self, side: SideState) -> list[EngineAction]:
        """With the streams that share the port of this side."""
        return [*self.wire(), *(action for each in side.members for action in each.wire())]

    def _wire(self, side: SideState) -> Iterator[EngineAction]:
        before, wanted = side.flow, self._wanted(side)
        if before is not None and wanted is None:
            yield Remove(before.local, before.source)
            side.flow = None
        if wanted is None or wanted == before:
            return
        if before is not None and wanted.source != before.source:
            yield Remove(before.local, before.source)
        yield Install(wanted)
        side.flow = wanted

    def _wanted(self, side: SideState) -> Flow | None:
        source = side.rtp.source
        if source is None or side.shared:
            return None
        other = self.other(side)
        return Flow(
            local=side.local,
            source=source,
            egress=other.egress,
            destination=self._onward(other, "rtp"),
            forward=self.may_cross(side),
            reception=side.reception,
            counts=side.counts,
            inbound=None if side.security.rtp is None else side.security.rtp.unprotect,
            outbound=self._outbound(side),
            up=self.opaque or self.ways is not None or bool(side.members),
        )

    def _outbound(self, side: SideState) -> Transform | None:
        made, policer = self._made_fit(side), side.policer
        if policer is None or not policer.engaged:
            return made
        return policer if made is None else Chain(policer, made)

    def _made_fit(self, side: SideState) -> Transform | None:
        protection = self.other(side).security.rtp
        if protection is None:
            return side.renumber
        protect = protection.protect
        return protect if side.renumber is None else Chain(side.renumber, protect)

    def _onward(self, side: SideState, kind: Literal["rtp", "rtcp"]) -> Address | None:
        """Where packets for this end go; nowhere, if they would come back to us."""
        destination = side.destination(kind)
        if destination is not None and comes_back(self, destination, kind, self._ends_at):
            return None
        return destination

    # --- what the network brings ------------------------------------------------------------------

    def rtp(
        self, side: SideState, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        if side.ice is not None and data and data[0] < 4:
            return self._checked(side, 1, data, source, now)
        if side.security.shakes and is_dtls(data):
            return self._shaken(side, 1, data, source, now)
        if side.mux and not self.opaque and is_rtcp(data, len(data)):
            return self.rtcp(side, data, source, now)
        if side.shared:
            self._drops["bundled"] += 1
            return []
        clear = data if self.opaque else self._authentic(side, data)
        if clear is None:
            return []
        if side.members:
            return self._bundled(side, clear, source, now)
        return self._heard(side, clear, source, now)

    def _bundled(
        self, side: SideState, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        """For one of the streams on this port, by its payload type (RFC 9143 §9.2)."""
        before = side.rtp.source
        stream = bundle.heard_by(self, side, data[1] & 0x7F)
        actions = stream._heard(stream.end(side.name), data, source, now)
        if side.rtp.source != before:
            actions += self.wire_all(side)
        return actions

    def _authentic(self, side: SideState, data: bytes) -> bytes | None:
        """RTP in clear, before anything is believed of it: a forged packet moves no latch."""
        protection = side.security.rtp
        if protection is not None and looks_like_rtp(data):
            return protection.unprotect(data)
        if protection is None and is_rtp(data, len(data)):
            return data
        self._drops[kind_of(data)] += 1
        return None

    def _heard(
        self, side: SideState, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        verdict = side.rtp.hear(source, now, side.reception.last_at)
        if verdict is Verdict.REJECTED:
            return self._reject(side, source)
        actions: list[EngineAction | Tell] = []
        if verdict is Verdict.LATCHED:
            actions += self._latched(side, source)
        if self.opaque:
            side.reception.datagram(len(data), now)
        else:
            side.reception.packet(data, len(data), now)
        actions += self._forwarded(side, data, now)
        actions += self._keys(now)
        return actions

    def _latched(self, side: SideState, source: Address) -> Iterator[EngineAction | Tell]:
        latched = side.rtp.latched
        if latched is not None:
            if side.rtcp.source is not None and side.rtcp.source[0] != source[0]:
                side.rtcp.forget()
            yield Tell(Latched(self._session, self.index, side.name, side.rtp.expected, latched))
        yield from self.wire()

    def _forwarded(self, side: SideState, data: bytes, now: float) -> Iterator[EngineAction]:
        other = self.other(side)
        destination = self._onward(other, "rtp")
        if not self.may_cross(side):
            side.counts.held += 1
        elif destination is None:
            side.counts.unsent += 1
        elif side.within_bounds(data):
            for each in self._translated(side, data, now):
                leaving = other.protected(each)
                if leaving is not None:
                    yield Send(leaving, other.egress, destination, side.counts)

    def _translated(self, side: SideState, data: bytes, now: float) -> Sequence[bytes]:
        if self.opaque:
            return (data,)
        if self.ways is not None:
            return self.ways.packet(side.name, data, side.renumber, now)
        return (data if side.renumber is None else side.renumber(data),)

    # --- keys -------------------------------------------------------------------------------------

    def press(self, towards: Side, pressed: Pressed) -> bool:
        """False: this stream cannot play it."""
        return self.ways is not None and self.ways.press(towards, pressed)

    def _keys(self, now: float) -> Iterator[EngineAction | Tell]:
        """What is due of keys that are played, and those that were heard."""
        if self.ways is None:
            return
        for name, data in self.ways.tick(now):
            side = self.end(name)
            destination = self._onward(side, "rtp")
            if side.receives and destination is not None:
                leaving = side.protected(data)
                if leaving is not None:
                    yield Send(leaving, side.egress, destination, self.other(side).counts)
        for name, pressed in self.ways.told():
            yield Tell(KeyPressed(self._session, name, pressed.key, pressed.milliseconds))

    def rtcp(
        self, side: SideState, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        """It crosses in a hold too, for it keeps both ends informed (RFC 3264 §5.1)."""
        if side.ice is not None and data and data[0] < 4:
            return self._checked(side, 2, data, source, now)
        if side.security.shakes and is_dtls(data):
            return self._shaken(side, 2, data, source, now)
        if not is_rtcp(data, len(data)):
            self._drops[kind_of(data)] += 1
            return []
        protection = side.security.rtcp
        clear = data if protection is None else protection.unprotect_rtcp(data)
        if clear is None:
            return []
        if not side.may_send_rtcp(source, now):
            return self._reject(side, source)
        side.rtcp_at = now
        try:
            packets = parse(clear)
        except BadRtcp:
            self._drops["malformed"] += 1
            return []
        stream = bundle.told_by(self, side, packets) if side.members else self
        return stream.reports(stream.end(side.name), clear, packets, now)

    def reports(
        self, side: SideState, clear: bytes, packets: Sequence[Packet], now: float
    ) -> list[EngineAction | Tell]:
        """What `side` tells of itself, and of what it hears."""
        side.far_end_reports().received(packets, now)
        other = self.other(side)
        destination = self._onward(other, "rtcp")
        hidden = hide(clear, side.cname, extended=other.extended_reports)
        if hidden is None or destination is None:
            self._drops["rtcp_kept_back"] += 1
            return []
        other.far_end_reports().sent(packets, now)
        protection = other.security.rtcp
        leaving = hidden if protection is None else protection.protect_rtcp(hidden)
        return [] if leaving is None else [Send(leaving, other.rtcp_local, destination)]

    # --- what is due ------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        """When its checks, handshakes, keys that are played, or how much comes, want `look`."""
        keys = inf if self.ways is None else self.ways.due
        return min(self.a.due, self.b.due, keys)

    def look(self, now: float) -> list[EngineAction | Tell]:
        actions: list[EngineAction | Tell] = [*self._keys(now)]
        for side in self.sides:
            if side.ice is not None and side.ice.due <= now:
                before = side.ice.selected(1)
                actions += self._outgoing(side, side.ice.tick(now))
                if side.ice.selected(1) != before:
                    actions += self.wire_all(side)
            if side.policer is not None and side.policer.due <= now and side.policer.look(now):
                actions += self.wire()
            if not side.shared and side.security.due <= now:
                where = partial(self._onward_of, side)
                actions += self._outgoing(side, [*side.security.look(where, now)])
                actions += self._failures(side)
        return actions

    def _onward_of(self, side: SideState, component: int) -> Address | None:
        return self._onward(side, "rtp" if component == 1 else "rtcp")

    # --- DTLS -------------------------------------------------------------------------------------

    def _shaken(
        self, side: SideState, component: int, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        """From whom media may come, too: the handshake tells whether it is whom we mean."""
        if not (side.rtp if component == 1 else side.rtcp).permits(source):
            return self._reject(side, source)
        outgoing = side.security.receive(component, data, source, now)
        return [*self._outgoing(side, outgoing), *self._failures(side)]

    def _failures(self, side: SideState) -> Iterator[Tell]:
        why = side.security.failed()
        if why is not None:
            self._drops[f"dtls_{why}"] += 1
            yield Tell(HandshakeFailed(self._session, self.index, side.name, why))

    # --- ICE --------------------------------------------------------------------------------------

    def _checked(
        self, side: SideState, component: int, data: bytes, source: Address, now: float
    ) -> list[EngineAction | Tell]:
        """STUN, on a side that uses ICE (RFC 7983 §7)."""
        agent = side.ice
        assert agent is not None
        before = agent.selected(1)
        outcome = agent.receive(data, component, source, now)
        if outcome.dropped is not None:
            self._drops[outcome.dropped] += 1
        actions = self._outgoing(side, outcome.outgoing)
        if agent.selected(1) != before:
            actions += self.wire_all(side)
        return actions

    def _outgoing(self, side: SideState, outgoing: Sequence[Outgoing]) -> list[EngineAction | Tell]:
        interface, port = side.local
        return [
            Send(each.data, (interface, port + each.component - 1), each.to) for each in outgoing
        ]

    def _reject(self, side: SideState, source: Address) -> list[EngineAction | Tell]:
        side.reject(source)
        self._drops["source"] += 1
        return []
