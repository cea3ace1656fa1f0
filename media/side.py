"""One end of a stream, as the relay sees it: its port, who may send there, what was heard."""

from math import inf
from typing import TYPE_CHECKING, Literal

from media.control import Address, IcePlan, Side, SidePlan
from media.engine.flow import Counts, Flow, Local
from media.far_end import FarEndReports
from media.ice.agent import Agent
from media.ice.checked import Checked
from media.identity import Identity
from media.latch import Latch, Terms, Verdict
from media.police import Policer
from media.ports import Choose
from media.quality import Reception
from media.renumber import Renumber, renumber_of
from media.security import Security
from media.supervision import Watch

if TYPE_CHECKING:
    from media.stream import Stream

_MOST_SOURCES = 4
"""Rejected sources that are remembered by address."""


class SideState:
    __slots__ = (
        "_choose",
        "_identity",
        "asked_at",
        "bundle",
        "cname",
        "codecs",
        "counts",
        "egress",
        "epoch",
        "extended_reports",
        "flow",
        "ice",
        "judged",
        "local",
        "members",
        "mux",
        "name",
        "policer",
        "receives",
        "reception",
        "rejected",
        "rejected_sources",
        "renumber",
        "reports",
        "rtcp",
        "rtcp_at",
        "rtp",
        "security",
        "sends",
        "shared",
        "watch",
    )

    def __init__(
        self,
        name: Side,
        local: Local,
        cname: bytes,
        choose: Choose,
        identity: Identity | None = None,
    ) -> None:
        self._choose = choose
        self.name = name
        self.local = local
        """Its RTP port."""
        self.egress = local
        """From where it is sent its packets: its own port, or that of a bundle."""
        self.bundle: int | None = None
        """The stream whose port it shares (RFC 9143), and if it does."""
        self.shared = False
        self.members: tuple[Stream, ...] = ()
        """Those which share ours; each of a higher number, so that nothing refers to itself."""
        self.cname = cname
        """Stands in for the end's own CNAME on the other side."""
        self.sends = self.receives = False
        self.renumber: Renumber | None = None
        """For what goes from here to the other end."""
        self.epoch = -1
        self.codecs: tuple[tuple[int, str, int], ...] = ()
        self.rtp: Latch | Checked = Latch()
        self.rtcp: Latch | Checked = Latch()
        self.ice: Agent | None = None
        self.mux = False
        """RTCP comes to our RTP port, and leaves from there."""
        self.rtcp_at: float | None = None
        self.extended_reports = True
        self.reception = Reception({})
        self.counts = Counts()
        self._identity = identity
        self.security = Security(identity)
        self.policer: Policer | None = None
        """Of what it sends; None: nobody looks."""
        self.flow: Flow | None = None
        """As it is installed."""
        self.reports: FarEndReports | None = None
        self.rejected = 0
        self.rejected_sources: tuple[str, ...] = ()
        self.watch = Watch()
        self.judged = "ok"
        """The verdict that signalling was told of last."""
        self.asked_at: float | None = None
        """When it was first expected to send, with the call answered."""

    @property
    def rtcp_local(self) -> Local:
        return self.egress if self.mux else (self.local[0], self.local[1] + 1)

    @property
    def due(self) -> float:
        """When its ICE agent, its handshakes, or how much it sends, must be looked at."""
        checks = inf if self.ice is None else self.ice.due
        if not self.shared:
            checks = min(checks, self.security.due)
        return checks if self.policer is None else min(checks, self.policer.due)

    def destination(self, kind: Literal["rtp", "rtcp"]) -> Address | None:
        return (self.rtp if kind == "rtp" or self.mux else self.rtcp).destination

    def agree(self, plan: SidePlan, rtp: Terms, rtcp: Terms, now: float) -> None:
        self.bundle = plan.bundle
        if self.bundle is None:
            self.leave()
            self._agree_checks(plan.ice, plan.mux, now)
            self.rtp.agree(rtp, plan.epoch, now)
            self.rtcp.agree(rtcp, plan.epoch, now)
        codecs = tuple((codec.payload_type, codec.name, codec.rate) for codec in plan.codecs)
        if codecs != self.codecs:
            self.codecs = codecs
            self.reception.set_clocks({number: (name, rate) for number, name, rate in codecs})
        if plan.epoch != self.epoch:
            self.epoch = plan.epoch
            self.reception.pause()
        self.sends, self.receives = plan.sends, plan.receives
        self.extended_reports = plan.extended_reports
        self.renumber = renumber_of(plan)
        if plan.most_bytes is None:
            self.policer = None
        elif self.policer is None:
            self.policer = Policer(plan.most_bytes, self.reception, self.counts, now)
        else:
            self.policer.rate = plan.most_bytes

    def _agree_checks(self, plan: IcePlan | None, mux: bool, now: float) -> None:
        had = self.ice
        if plan is not None and had is not None:
            had.agree(plan, now)
        elif plan is not None:
            self.ice = Agent(plan, self._choose, now)
        elif had is not None:
            self.ice = None
            self.rtp, self.rtcp = Latch(), Latch()
        if self.ice is not None and (had is None or mux is not self.mux):
            self.rtp = Checked(self.ice, 1)
            self.rtcp = Checked(self.ice, 1 if mux else 2)
        self.mux = mux

    def share(self, carrier: "SideState") -> None:
        """The port, the checks, the latches and the keys of another stream."""
        self.shared, self.mux, self.ice = True, True, None
        self.egress, self.rtp, self.rtcp = carrier.egress, carrier.rtp, carrier.rtcp
        self.security = carrier.security

    def leave(self) -> None:
        """It has all this by itself (again)."""
        if self.shared:
            self.shared, self.mux, self.egress = False, False, self.local
            self.rtp, self.rtcp = Latch(), Latch()
            self.security = Security(self._identity)

    def hears(self, payload_type: int) -> bool:
        """Is this a number of its codecs?"""
        return any(number == payload_type for number, _, _ in self.codecs)

    def may_send_rtcp(self, source: Address, now: float) -> bool:
        """As from who sends RTP: with mux from the very same source, else from the same host."""
        known = self.rtp.latched
        if isinstance(self.rtp, Latch) and self.rtp.strict and known is not None:
            if self.mux:
                return source == known
            if source[0] != known[0]:
                return False
        return self.rtcp.hear(source, now, self.rtcp_at) is not Verdict.REJECTED

    def within_bounds(self, data: bytes) -> bool:
        """It may go on; else it is counted as policed."""
        policer = self.policer
        return policer is None or not policer.engaged or policer(data) is not None

    def protected(self, data: bytes) -> bytes | None:
        """RTP as it goes to this end; None: it cannot."""
        protection = self.security.rtp
        return data if protection is None else protection.protect(data)

    def reject(self, source: Address) -> None:
        self.rejected += 1
        if len(self.rejected_sources) < _MOST_SOURCES:
            text = f"{source[0]}:{source[1]}"
            if text not in self.rejected_sources:
                self.rejected_sources += (text,)

    def far_end_reports(self) -> FarEndReports:
        if self.reports is None:
            self.reports = FarEndReports()
        return self.reports
