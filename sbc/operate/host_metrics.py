"""Metrics of what our own host does to us: sockets that overran, loops that lag (Q10)."""

from collections.abc import Collection, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from media.control import LAG_BOUNDS
from sbc.operate.record import Record, number, part, parts, text, whole

_TRANSPORTS = frozenset(("udp", "tcp", "tls", "ws", "wss"))


def host_metrics(status: Record, interfaces: Collection[str]) -> Iterator[Metric]:
    drops = CounterMetricFamily(
        "sbc_socket_drops",
        "Datagrams and connections that overran a socket of ours; the ports of media are one.",
        labels=["process", "interface", "transport", "port"],
    )
    for each in parts(status, "host", "sockets"):
        interface, transport = text(each, "interface") or "", text(each, "transport") or ""
        if interface in interfaces and transport in _TRANSPORTS:
            port = str(whole(each, "port"))
            drops.add_metric(["signalling", interface, transport, port], whole(each, "dropped"))
    for name, packets in part(status, "relay", "overrun").items():
        if name in interfaces and isinstance(packets, int):
            drops.add_metric(["relay", name, "rtp", ""], packets)
    yield drops
    lags = HistogramMetricFamily(
        "sbc_event_loop_lag_seconds",
        "How late the event loop of a process was, looked at four times a second.",
        labels=["process"],
    )
    for process, lag in (
        ("signalling", part(status, "host", "lag")),
        ("relay", part(status, "relay", "lag")),
    ):
        counts = _counts(lag.get("counts"))
        if len(counts) == len(LAG_BOUNDS) + 1:
            bounds = [*map(str, LAG_BOUNDS), "+Inf"]
            buckets = [*zip(bounds, map(float, accumulate(counts)), strict=True)]
            lags.add_metric([process], buckets, number(lag, "seconds") or 0.0)
    yield lags


def _counts(found: object) -> list[int]:
    if not isinstance(found, (list, tuple)):
        return []
    return [each for each in found if isinstance(each, int)]
