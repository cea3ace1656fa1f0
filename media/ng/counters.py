"""What was asked and what became of it: for `statistics` and for /metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from media.ng.bencode import Value

COMMANDS = {
    "ping": "ping",
    "offer": "offer",
    "answer": "answer",
    "delete": "delete",
    "query": "query",
    "list": "list",
    "statistics": "stats",
    "block": "blkmedia",
    "unblock": "unblkmedia",
}
"""Our names of the commands, and those in rtpengine's statistics."""

MOST_CLIENTS = 64
"""Of which the requests are counted apart; those of all others together."""
OTHERS = "others"


@dataclass(slots=True)
class Counters:
    started: float
    managed: int = 0
    """Calls that began."""
    rejected: int = 0
    """Calls refused by the limit."""
    timed_out: int = 0
    """No packets."""
    quiet: int = 0
    """No packets while held."""
    unanswered: int = 0
    regular: int = 0
    """Deleted by a client."""
    forced: int = 0
    """Given up after a fault of ours."""
    packets: int = 0
    bytes: int = 0
    errors: int = 0
    """Of calls that have ended."""
    seconds: float = 0.0
    """Length of all calls that have ended."""
    asked: dict[str, Counter[str]] = field(default_factory=dict)
    """Commands by client address."""

    def count(self, client: str, command: str) -> None:
        if client not in self.asked and len(self.asked) >= MOST_CLIENTS:
            client = OTHERS
        self.asked.setdefault(client, Counter())[command] += 1

    def all_asked(self) -> Counter[str]:
        return sum(self.asked.values(), Counter())


def document(counters: Counters, calls: int, now: float) -> dict[str, Value]:
    ended = counters.regular + counters.timed_out + counters.unanswered + counters.forced
    ended += counters.quiet
    average = counters.seconds / ended if ended else 0.0
    totals: dict[str, Value] = {
        "uptime": str(int(now - counters.started)),
        "managedsessions": counters.managed,
        "rejectedsessions": counters.rejected,
        "timeoutsessions": counters.timed_out,
        "silenttimeoutsessions": counters.quiet,
        "finaltimeoutsessions": 0,
        "offertimeoutsessions": counters.unanswered,
        "regularterminatedsessions": counters.regular,
        "forcedterminatedsessions": counters.forced,
        "relayedpackets": counters.packets,
        "relayedpacketerrors": counters.errors,
        "relayedbytes": counters.bytes,
        "avgcallduration": f"{average:.6f}",
        "totalcallsduration": f"{counters.seconds:.6f}",
    }
    current: dict[str, Value] = {
        "sessionsown": calls,
        "sessionsforeign": 0,
        "sessionstotal": calls,
        "transcodedmedia": 0,
    }
    return {
        "currentstatistics": current,
        "totalstatistics": totals,
        "controlstatistics": _control(counters),
    }


def _control(counters: Counters) -> dict[str, Value]:
    proxies: list[Value] = [
        {"proxy": client, **_counts(counts), "errorcount": counts["error"]}
        for client, counts in counters.asked.items()
    ]
    totals = {f"total{name}": count for name, count in _counts(counters.all_asked()).items()}
    return {"proxies": proxies, **totals}


def _counts(counts: Mapping[str, int]) -> dict[str, int]:
    return {f"{theirs}count": counts.get(ours, 0) for ours, theirs in COMMANDS.items()}


def exposed(counters: Counters, calls: int, now: float) -> str:
    """In Prometheus' text format."""
    figures: list[tuple[str, str, float]] = [
        ("ng_calls", "gauge", calls),
        ("ng_uptime_seconds", "gauge", round(now - counters.started, 3)),
        ("ng_calls_total", "counter", counters.managed),
        ("ng_calls_rejected_total", "counter", counters.rejected),
        ("ng_packets_total", "counter", counters.packets),
        ("ng_bytes_total", "counter", counters.bytes),
        ("ng_packet_errors_total", "counter", counters.errors),
    ]
    lines = []
    for name, kind, value in figures:
        lines += [f"# TYPE sbc_{name} {kind}", f"sbc_{name} {value}"]
    lines.append("# TYPE sbc_ng_calls_ended_total counter")
    ends = {
        "deleted": counters.regular,
        "silent": counters.timed_out,
        "held_too_long": counters.quiet,
        "unanswered": counters.unanswered,
        "fault": counters.forced,
    }
    lines += [f'sbc_ng_calls_ended_total{{why="{why}"}} {count}' for why, count in ends.items()]
    lines.append("# TYPE sbc_ng_requests_total counter")
    asked = counters.all_asked()
    for command in (*COMMANDS, "error"):
        lines.append(f'sbc_ng_requests_total{{command="{command}"}} {asked[command]}')
    return "\n".join([*lines, ""])
