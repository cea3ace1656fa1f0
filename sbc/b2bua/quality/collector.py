"""Our own reports of calls that are over, published to a collector (RFC 6035): one of each leg, as
an end of its dialog would write it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.model import Collector as Section
from media.control import SideReport
from sbc.actions import Flow
from sbc.b2bua.identity import uri_host
from sbc.b2bua.leg import Leg
from sbc.b2bua.quality.vq_report import CONTENT_TYPE, PACKAGE, Metrics, VqReport, write_report
from sbc.routing.targets import Target
from sbc.sip.message import Response, build_request
from sbc.transaction.events import Key
from sbc.upstream.accounts import CHALLENGES, Sent

if TYPE_CHECKING:
    from sbc.b2bua.call import Call, Shared

MOST = 500
"""On their way at once. A collector that is slow must not keep us."""


class Collector:
    def __init__(self, shared: Shared, section: Section) -> None:
        self._shared = shared
        self.trunk = section.trunk
        self.user = section.user
        self.open: dict[Publication, None] = {}

    def tell(self, call: Call) -> None:
        """Of each leg whose peer has sent media."""
        legs = [call.caller.leg, *([call.callee.leg] if call.callee is not None else ())]
        for leg in legs:
            report = self._report(call, leg)
            if report is not None:
                self._publish(report)

    def _publish(self, report: VqReport) -> None:
        wire = self._shared.wire
        targets = self._shared.targets.of(self.trunk, wire.now)
        if not targets or len(self.open) >= MOST:
            self.unsent("no way there" if not targets else "too many are on their way")
            return
        publication = Publication(self, self._shared, write_report(report), targets)
        self.open[publication] = None
        publication.send()

    def unsent(self, why: str) -> None:
        self._shared.wire.note("quality_report_unsent", {"trunk": self.trunk}, why=why)

    def _report(self, call: Call, leg: Leg) -> VqReport | None:
        streams = call.report.streams if call.report is not None else ()
        sides = [each.a if leg.side == "a" else each.b for each in streams if each.kind == "audio"]
        if not sides or not sides[0].total.packets:
            return None
        side, config = sides[0], self._shared.config
        caller, called = call.facts.parties.caller, call.facts.parties.called
        us, them = (called, caller) if leg.side == "a" else (caller, called)
        ours = (str(config.interfaces[side.interface].shown), side.port, None)
        theirs = side.latched or side.expected
        node = config.node.name
        return VqReport(
            kind="session",
            call_id=leg.call_id,
            local_tag=leg.local_tag,
            remote_tag=leg.remote_tag,
            local_id=f"<sip:{us}@{node}.invalid>",
            remote_id=f"<sip:{them}@{node}.invalid>",
            local_address=ours,
            remote_address=(*theirs, side.ssrc) if theirs is not None else None,
            local={**_heard(side), **self._times(call)},
            remote=_told(side),
        )

    def _times(self, call: Call) -> Metrics:
        known = {"start": call.times.answered, "stop": call.times.ended}
        return {
            name: datetime.fromtimestamp(self._shared.epoch + at, UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            )
            for name, at in known.items()
            if at is not None
        }


def _heard(side: SideReport) -> Metrics:
    """What we measured of what that end sent us."""
    total = side.total
    figures: dict[str, str | float | None] = {
        "loss_percent": 100 * total.missing / total.expected if total.expected else 0.0,
        "jitter_ms": total.jitter_ms,
        "jitter_max_ms": total.jitter_max_ms,
        "round_trip_ms": None if side.far_end is None else side.far_end.round_trip_ms,
        "mos_cq": side.mos,
        "method": side.mos_method,
    }
    if side.codec is not None:
        name, _, rate = side.codec.partition("/")
        figures |= {"codec": name, "rate": float(rate)}
    return {name: figure for name, figure in figures.items() if figure is not None}


def _told(side: SideReport) -> Metrics | None:
    """What that end's RTCP says of what we sent it."""
    if side.far_end is None:
        return None
    figures: dict[str, float | None] = {
        "loss_percent": 100 * side.far_end.fraction_lost,
        "jitter_ms": side.far_end.jitter_ms,
    }
    extended = side.far_end.extended
    if extended is not None:
        figures |= {
            "discard_percent": _percent(extended.discard_rate),
            "mos_lq": extended.mos_lq,
            "mos_cq": extended.mos_cq,
            "r_cq": extended.r_factor,
        }
    return {name: figure for name, figure in figures.items() if figure is not None}


def _percent(rate: float | None) -> float | None:
    return None if rate is None else 100 * rate


class Publication:
    """One PUBLISH: a client transaction, and nothing else."""

    call = None
    """It belongs to none any more."""

    def __init__(
        self, collector: Collector, shared: Shared, body: bytes, targets: list[Target]
    ) -> None:
        self.trunk = collector.trunk
        self._collector = collector
        self._shared = shared
        self._body = body
        self._targets = targets
        self._target = targets[0]

    def send(self) -> None:
        """To the next target."""
        wire = self._shared.wire
        self._target = target = self._targets.pop(0)
        host = self._shared.terms[self.trunk].domain or uri_host(target)
        address = f"sip:{self._collector.user}@{host}"
        own = f"sip:{self._shared.config.node.name}@{target.listener.host}"
        fields = [
            ("Via", wire.via(target.flow)),
            ("Max-Forwards", "70"),
            ("From", f"<{own}>;tag={wire.tokens.token(16)}"),
            ("To", f"<{address}>"),
            ("Call-ID", wire.tokens.token(32)),
            ("CSeq", "1 PUBLISH"),
            ("Event", PACKAGE),
            ("Expires", "0"),
            ("User-Agent", wire.user_agent),
        ]
        request = build_request("PUBLISH", address, fields, self._body, CONTENT_TYPE)
        self._sent = Sent(request)
        wire.send(request, target.flow, self)

    def responded(self, key: Key, response: Response, flow: Flow) -> None:
        del flow
        if response.status < 200:
            return
        if response.status in CHALLENGES and self._answered_challenge(key, response):
            return
        self._shared.wire.forget(key)
        if response.status == 503 and self._targets:
            self.send()
        else:
            self._done("" if response.status < 300 else f"answered {response.status}")

    def failed(self, key: Key, cause: str) -> None:
        self._shared.wire.forget(key)
        if self._targets:
            self.send()
        else:
            self._done(cause)

    def _answered_challenge(self, key: Key, response: Response) -> bool:
        number = self._sent.request.headers.cseq.number + 1
        found = self._shared.wire.answer_challenge(
            key, self._sent, response, self._target.flow, number
        )
        if found is not None:
            _, self._sent = found
        return found is not None

    def _done(self, failed: str) -> None:
        self._collector.open.pop(self, None)
        if failed:
            self._collector.unsent(failed)
