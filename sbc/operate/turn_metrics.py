"""Metrics of the TURN server, read from what it says of itself (I5). No user is ever a label."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from sbc.operate.labels import OTHER
from sbc.operate.record import Record, number, part, whole

EVENTS = frozenset(
    (
        *("allocated", "allocation_refused", "allocation_ended", "allocation_expired"),
        *("allocation_disconnected", "allocation_revoked"),
        *("unauthenticated", "refused", "malformed", "stranger_dropped", "fault"),
        *("not_permitted", "peer_not_permitted", "peer_unreachable", "peers_exhausted"),
    )
)


def turn_metrics(status: Record) -> Iterator[Metric]:
    """No series where there is no such server, or it does not answer."""
    turn = part(status, "turn")
    for name, meaning in (
        ("allocations", "Allocations of the TURN server in being."),
        ("connections", "Clients' connections to the TURN server: TCP, TLS and DTLS."),
    ):
        gauge = GaugeMetricFamily(f"sbc_turn_{name}", meaning, labels=[])
        if number(turn, name) is not None:
            gauge.add_metric([], whole(turn, name))
        yield gauge
    events = CounterMetricFamily(
        "sbc_turn_events", "What happened at the TURN server, by event.", labels=["event"]
    )
    for event, times in sorted(_counted(part(turn, "notes")).items()):
        events.add_metric([event], times)
    yield events
    unsent = CounterMetricFamily(
        "sbc_turn_unsent",
        "Datagrams that a socket of the TURN server did not take, or that were over the bit rate.",
        labels=[],
    )
    if number(turn, "unsent") is not None:
        unsent.add_metric([], whole(turn, "unsent"))
    yield unsent


def _counted(notes: Record) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name in notes:
        event = name if name in EVENTS else OTHER
        counted[event] = counted.get(event, 0) + whole(notes, name)
    return counted
