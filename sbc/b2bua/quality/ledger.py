"""The records of calls on their way to the journal, and what phones still have to say of them.

A phone publishes its report of a call (RFC 6035) when the call is over. So where its trunk or
access group says that reports are taken, the record of an answered call waits for them, a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from media.control import Side
from sbc.actions import Flow, Journal
from sbc.b2bua.leg import Leg
from sbc.b2bua.quality.collector import Collector
from sbc.b2bua.quality.vq_report import CONTENT_TYPE, PACKAGE, VqReport, read_report
from sbc.sip.errors import BadMessage
from sbc.sip.event import Event
from sbc.sip.message import Request, build_response
from sbc.transaction.events import Key

if TYPE_CHECKING:
    from sbc.b2bua.call import Call, Shared

MOST_OF_A_CALL = 16
"""Reports that one call keeps: phones may send some while it lasts."""

Publisher = tuple[str, str | None]
"""Trunk or access group, and its user."""


@dataclass(slots=True)
class _Held:
    """A call that is over, and whose record waits."""

    call: Call
    awaited: set[Side]
    """Sides whose report at the end has not come."""


class Ledger:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        quality = shared.config.monitoring.quality
        self._patience = quality.report_wait
        self._held: dict[str, _Held] = {}
        self._ended: dict[str, Leg] = {}
        """By Call-ID: legs that may still be reported on, though their dialogs are over."""
        self.collector = None if quality.collector is None else Collector(shared, quality.collector)

    def __len__(self) -> int:
        return max(len(self._held), len(self._ended))

    # --- calls ------------------------------------------------------------------------------------

    def ending(self, call: Call) -> None:
        """A phone may be quicker with its report than the relay with its own."""
        for leg in self._legs(call):
            if self._takes(leg.peer.trunk):
                self._ended[leg.call_id] = leg

    def close(self, call: Call) -> None:
        """It is over, and its record is made."""
        if self.collector is not None:
            self.collector.tell(call)
        said = {report["leg"] for report in call.reports if report["kind"] == "session"}
        awaited = {
            leg.side
            for leg in self._legs(call)
            if self._takes(leg.peer.trunk) and leg.side not in said
        }
        if not awaited or call.times.answered is None or self._shared.draining:
            self._write(call)
            return
        self._held[call.uid] = _Held(call, awaited)
        self._shared.wire.timer((self, call.uid), self._patience)

    def timer(self, uid: str) -> None:
        """What has not come by now will not come."""
        self._release(uid)

    def stop(self) -> None:
        for uid in list(self._held):
            self._release(uid)

    def _legs(self, call: Call) -> list[Leg]:
        return [call.caller.leg, *([call.callee.leg] if call.callee is not None else ())]

    def _takes(self, peer: str) -> bool:
        return self._shared.terms[peer].quality_reports == "take"

    def _release(self, uid: str) -> None:
        held = self._held.pop(uid, None)
        if held is None:
            return
        self._shared.wire.timers.clear((self, uid))
        self._write(held.call)

    def _write(self, call: Call) -> None:
        for leg in self._legs(call):
            self._ended.pop(leg.call_id, None)
        self._shared.wire.actions.append(Journal("cdr", call.uid, call.record))

    # --- reports ----------------------------------------------------------------------------------

    def takes(self, request: Request, peer: str) -> bool:
        """A PUBLISH which is for the border itself."""
        if request.method != "PUBLISH" or not self._takes(peer):
            return False
        try:
            return Event.parse(request.headers.get("event")).package == PACKAGE
        except BadMessage:
            return False

    def published(self, key: Key, request: Request, flow: Flow, by: Publisher) -> None:
        """Nothing is kept of a state that could be refreshed: each report stands for itself."""
        wire = self._shared.wire
        labels = {"trunk": by[0]}
        try:
            kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
            if kind != CONTENT_TYPE:
                raise BadMessage(415, "Not a voice quality report")
            report = read_report(request.body)
        except BadMessage as bad:
            accept = (("Accept", CONTENT_TYPE),) if bad.status == 415 else ()
            answer = build_response(request, bad.status, None, accept, to_tag=wire.tokens.token(16))
            wire.respond(key, answer)
            wire.note("quality_report_refused", {**labels, "status": str(bad.status)})
            return
        state = (("SIP-ETag", wire.tokens.token(16)), ("Expires", "0"))
        wire.respond(key, build_response(request, 200, None, state, to_tag=wire.tokens.token(16)))
        leg = self._leg_of(report, flow, by)
        if leg is None:
            wire.note("quality_report_stray", labels)
        else:
            wire.note("quality_report", labels, call=leg.call.uid)
            self._keep(leg, report)

    def _leg_of(self, report: VqReport, flow: Flow, by: Publisher) -> Leg | None:
        """The leg that it is about; only who stands on it may speak of it."""
        leg = self._live(report) or self._ended.get(report.call_id)
        if leg is None or leg.flow.interface != flow.interface:
            return None
        return leg if (leg.peer.trunk, leg.peer.user) == by else None

    def _live(self, report: VqReport) -> Leg | None:
        usages = self._shared.wire.usages
        named = usages.get((report.call_id, report.remote_tag or "", report.local_tag or ""))
        if named is not None:
            return named.leg
        # Some phones name the call only. They report once a call: a search costs little then.
        found = (usage.leg for dialog, usage in usages.items() if dialog[0] == report.call_id)
        return next(found, None)

    def _keep(self, leg: Leg, report: VqReport) -> None:
        call = leg.call
        if len(call.reports) < MOST_OF_A_CALL:
            call.reports.append(self._kept(leg, report))
        held = self._held.get(call.uid)
        if held is not None and report.kind == "session":
            held.awaited.discard(leg.side)
            if not held.awaited:
                self._release(call.uid)

    def _kept(self, leg: Leg, report: VqReport) -> dict[str, object]:
        wall = datetime.fromtimestamp(self._shared.epoch + self._shared.wire.now, UTC)
        return {
            "leg": leg.side,
            "at": wall.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "kind": report.kind,
            "local": dict(report.local) if report.local is not None else None,
            "remote": dict(report.remote) if report.remote is not None else None,
        }
