"""Call records as the core makes them, for the tests of what reads them."""

import copy
from typing import Any


def totals(packets: int = 1000, lost: int = 0, **changes: float) -> dict[str, Any]:
    return {
        "packets": packets,
        "bytes": packets * 172,
        "lost": lost,
        "late": 0,
        "duplicated": 0,
        "jitter_ms": 1.5,
        "jitter_max_ms": 4.0,
        "longest_gap_ms": 22.0,
        "seconds": packets / 50,
        "bursts": min(lost, 2),
        "missing": lost,
        **changes,
    }


def side_report(total: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "interface": "lan",
        "port": 40000,
        "expected": ["10.20.0.11", 4000],
        "latched": ["10.20.0.11", 4000],
        "latch_mode": "none",
        "rejected": 0,
        "rejected_sources": [],
        "codec": "PCMA/8000",
        "ssrc": 1234,
        "first_packet_ms": 21.0,
        "total": total or totals(),
        "interval": totals(packets=500),
        "forwarded": 1000,
        "held": 0,
        "far_end": {
            "reports": 3,
            "fraction_lost": 0.01,
            "lost": 9,
            "jitter_ms": 2.5,
            "round_trip_ms": 31.0,
        },
        "mos": 4.4,
        "mos_method": "E-model G.107, PCMA, loss and delay 100 ms assumed",
        "ice": None,
        "unsent": 0,
        "refused": 0,
        "kernel_drops": 0,
        "unmapped": 0,
        "unmapped_type": None,
        "policed": 0,
        "auth_failed": 0,
        "srtp": None,
        "srtp_replayed": 0,
        "worst": totals(packets=499, lost=1),
        "losses": {"before": 0, "at": 0, "after": 0},
        "verdict": {"name": "ok", "where": None, "evidence": ""},
        **changes,
    }


CALL: dict[str, Any] = {
    "uid": "20261124-0001",
    "node": "sbc",
    "session_id": "0" * 32,
    "linked": None,
    "route": "in",
    "from": "+49691234567",
    "to": "+4930987654",
    "asserted": ["+49691234567"],
    "privacy": None,
    "diverted": [],
    "state": "ended",
    "times": {
        "invite": "2026-11-24T10:00:00.123Z",
        "ringing": "2026-11-24T10:00:00.623Z",
        "answered": "2026-11-24T10:00:02.123Z",
        "ended": "2026-11-24T10:00:22.123Z",
    },
    "setup_s": 2.0,
    "duration_s": 20.0,
    "ended_by": "caller",
    "cause": {"sip": 200, "q850": 16, "text": "Normal call clearing"},
    "attempts": [{"trunk": "carrier", "endpoint": "sip:192.0.2.1", "status": 200}],
    "legs": {
        "a": {
            "zone": "core",
            "trunk": "pbx",
            "user": None,
            "interface": "lan",
            "transport": "udp",
            "remote": "10.20.0.11:5060",
            "call_id": "abc@10.20.0.11",
            "local_tag": "l1",
            "remote_tag": "r1",
            "user_agent": "PBX 1.0",
            "reason": {"heard": "Q.850;cause=16", "told": None},
        },
        "b": {
            "zone": "carriers",
            "trunk": "carrier",
            "user": None,
            "interface": "wan",
            "transport": "udp",
            "remote": "192.0.2.1:5060",
            "call_id": "f00d",
            "local_tag": "l2",
            "remote_tag": "r2",
            "user_agent": None,
            "reason": {"heard": None, "told": "Q.850;cause=16"},
        },
    },
    "media": [
        {
            "index": 0,
            "kind": "audio",
            "a": side_report(),
            "b": side_report(
                totals(packets=980, lost=20, jitter_ms=6.0),
                interface="wan",
                port=20000,
                expected=["192.0.2.1", 6000],
                latched=["192.0.2.9", 6002],
                latch_mode="ranked",
                mos=3.9,
            ),
        }
    ],
    "reports": [],
}


def call(uid: str = "20261124-0001", **changes: Any) -> dict[str, Any]:
    """The record above with other top-level fields; nothing is shared between two of them."""
    return copy.deepcopy({**CALL, "uid": uid, **changes})
