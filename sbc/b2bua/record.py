"""The record of a call, as it is shown live and as it is kept (its shape: docs/cdr.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import to_builtins

from media.control import SessionReport
from sbc.b2bua.causes import Cause
from sbc.b2bua.identity import Parties
from sbc.b2bua.leg import Leg
from sbc.b2bua.privacy import NONE
from sbc.policy.chain import Attempt, Reject

if TYPE_CHECKING:
    from sbc.b2bua.call import Call, Shared

Record = dict[str, object]
_LONGEST_NAME = 256

_SHOWN = {
    "ALLOCATING": "trying",
    "INVITING": "trying",
    "RINGING": "ringing",
    "ANSWERED": "up",
    "UP": "up",
    "ENDING": "ending",
    "ENDED": "ended",
}


def record_of(call: Call, now: float, *, trace: bool = False) -> Record:
    times, facts, cause = call.times, call.facts, call.cause
    record: Record = {
        "uid": call.uid,
        "node": call.shared.config.node.name,
        "session_id": call.session.towards_b(),
        "linked": call.linked,
        "route": facts.route,
        "from": facts.parties.caller,
        "to": facts.parties.called,
        **call.content.claims.record(),
        "state": _SHOWN[call.state.name],
        "times": {
            "invite": _utc(call.shared, times.invite),
            "ringing": _utc(call.shared, times.ringing),
            "answered": _utc(call.shared, times.answered),
            "ended": _utc(call.shared, times.ended),
        },
        "setup_s": _rounded(times.invite, times.answered),
        "duration_s": _rounded(times.answered, times.ended or now),
        "ended_by": call.ended_by if cause else None,
        "cause": cause and {"sip": cause.sip, "q850": cause.cause, "text": cause.text},
        "attempts": [
            {"trunk": each.trunk, "endpoint": each.endpoint, "status": each.status}
            for each in call.attempts
        ],
        "legs": {
            "a": _leg(call.caller.leg),
            "b": _leg(call.callee.leg) if call.callee else None,
        },
        "media": media_of(call.report) if call.report else [],
        "reports": call.reports,
    }
    if trace:
        record["trace"] = call.trace.as_records()
    return record


@dataclass(frozen=True, slots=True)
class Bare:
    """What is known of a call that has no media and no legs of ours."""

    uid: str
    route: str | None
    caller: str
    called: str
    times: tuple[float, float | None, float | None, float | None]
    """INVITE, ringing, answered, ended."""
    ended_by: str | None
    cause: Cause | None
    attempts: tuple[tuple[str, str, int | None], ...] = ()
    a: Record | None = None
    b: Record | None = None


def bare_record(shared: Shared, bare: Bare, now: float) -> Record:
    invite, ringing, answered, ended = bare.times
    cause = bare.cause
    if ended is not None:
        state = "ended"
    elif answered is not None:
        state = "up"
    else:
        state = "trying" if ringing is None else "ringing"
    return {
        "uid": bare.uid,
        "node": shared.config.node.name,
        "session_id": None,
        "linked": None,
        "route": bare.route,
        "from": bare.caller,
        "to": bare.called,
        **NONE.record(),
        "state": state,
        "times": {
            "invite": _utc(shared, invite),
            "ringing": _utc(shared, ringing),
            "answered": _utc(shared, answered),
            "ended": _utc(shared, ended),
        },
        "setup_s": _rounded(invite, answered),
        "duration_s": _rounded(answered, ended or now),
        "ended_by": bare.ended_by,
        "cause": cause and {"sip": cause.sip, "q850": cause.cause, "text": cause.text},
        "attempts": [
            {"trunk": trunk, "endpoint": endpoint, "status": status}
            for trunk, endpoint, status in bare.attempts
        ],
        "legs": {"a": _clean_leg(bare.a), "b": _clean_leg(bare.b)},
        "media": [],
        "reports": [],
    }


def refusal_record(
    shared: Shared, uid: str, attempt: Attempt, who: Parties, verdict: Reject
) -> Record:
    """For a call that policy refused: it never had legs or media."""
    at = shared.wire.now
    route = attempt.chosen.route if attempt.chosen else None
    cause = Cause(verdict.status, verdict.why)
    leg: Record = {"zone": attempt.zone, "trunk": attempt.trunk, "user": attempt.user}
    times = (at, None, None, at)
    bare = Bare(uid, route, who.caller, who.called, times, "border", cause, a=leg)
    return bare_record(shared, bare, at)


def media_of(report: SessionReport) -> list[object]:
    """The streams of a report as plain values, ready for JSON."""
    return [to_builtins(stream) for stream in report.streams]


def _leg(leg: Leg) -> Record:
    return {
        "zone": leg.peer.zone,
        "trunk": leg.peer.trunk,
        "user": leg.peer.user,
        "interface": leg.flow.interface,
        "transport": leg.flow.transport,
        "remote": f"{leg.flow.remote[0]}:{leg.flow.remote[1]}",
        "call_id": _clean(leg.call_id),
        "local_tag": _clean(leg.local_tag),
        "remote_tag": _clean(leg.remote_tag),
        "user_agent": leg.user_agent or None,
        "reason": {"heard": leg.heard_reason, "told": leg.told_reason},
    }


def _clean_leg(leg: Record | None) -> Record | None:
    if leg is None:
        return None
    return {name: _clean(value) if isinstance(value, str) else value for name, value in leg.items()}


def _clean(text: str | None) -> str | None:
    """A peer may put any byte into a name, and thousands; a record must be writable, and small."""
    if text is None:
        return None
    text = text[:_LONGEST_NAME]
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "?" for each in text)


def _utc(shared: Shared, at: float | None) -> str | None:
    if at is None:
        return None
    wall = datetime.fromtimestamp(shared.epoch + at, UTC)
    return wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else round(end - start, 3)
