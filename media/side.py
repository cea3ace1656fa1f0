"""One end of a stream, as the relay sees it: its port, who may send there, what was heard."""

from media.control import Address, Side, SidePlan
from media.engine.flow import Counts, Flow, Local
from media.far_end import FarEndReports
from media.latch import Latch, Terms
from media.quality import Reception
from media.supervision import Watch

_MOST_SOURCES = 4
"""Rejected sources that are remembered by address."""


class SideState:
    __slots__ = (
        "cname",
        "codecs",
        "counts",
        "epoch",
        "flow",
        "local",
        "name",
        "receives",
        "reception",
        "rejected",
        "rejected_sources",
        "reports",
        "rtcp",
        "rtcp_at",
        "rtp",
        "sends",
        "watch",
    )

    def __init__(self, name: Side, local: Local, cname: bytes) -> None:
        self.name = name
        self.local = local
        """Its RTP port."""
        self.cname = cname
        """Stands in for the end's own CNAME on the other side."""
        self.sends = self.receives = False
        self.epoch = -1
        self.codecs: tuple[tuple[int, str, int], ...] = ()
        self.rtp, self.rtcp = Latch(), Latch()
        self.rtcp_at: float | None = None
        self.reception = Reception({})
        self.counts = Counts()
        self.flow: Flow | None = None
        """As it is installed."""
        self.reports: FarEndReports | None = None
        self.rejected = 0
        self.rejected_sources: tuple[str, ...] = ()
        self.watch = Watch()

    @property
    def rtcp_local(self) -> Local:
        return self.local[0], self.local[1] + 1

    def agree(self, plan: SidePlan, rtp: Terms, rtcp: Terms, now: float) -> None:
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
