"""Prometheus metrics: counters of what happens, gauges of what is, histograms of how calls were.

Cardinality is bounded (`labels`): no Call-ID, number, user or address is ever a label. The uid of a
call appears as an exemplar, which a scraper gets that speaks OpenMetrics, and which adds no series.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar, cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from sbc.actions import Note
from sbc.operate import labels
from sbc.operate.events import EVENTS
from sbc.operate.host_metrics import host_metrics
from sbc.operate.labels import EVENT_LABELS, Labels
from sbc.operate.record import Record, directions, loss_ratio, number, part, parts, text, whole
from sbc.operate.turn_metrics import turn_metrics

LOSS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Ratio. Speech with concealment begins to suffer between 1 and 3 per cent."""
JITTER = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1, 0.15, 0.2)
"""Seconds. The buffer of a phone holds 20 to 200 ms."""
GAP = (0.02, 0.03, 0.04, 0.06, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds. A packet is 20 ms of speech."""
ROUND_TRIP = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1.0, 2.0)
"""Seconds. G.114: up to 0.3 there and back most people talk without noticing."""
FIRST_PACKET = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0)
"""Seconds. Beyond half a second the first word is cut."""
MOS = (1.0, 2.0, 2.6, 3.1, 3.4, 3.6, 3.8, 4.0, 4.1, 4.2, 4.3, 4.4, 4.5)
"""Score. 2.6, 3.1, 3.6, 4.0 and 4.3 part the classes of user satisfaction of G.107 annex B."""
SETUP = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 120.0, 180.0)
"""Seconds from the INVITE to the answer: people let it ring."""
DURATION = (1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)
"""Seconds."""

AT_ONCE = 256
"""What happened is counted together, at the next scrape or when so much of it waits: one by one it
would take several times as long, for by the next call the processor has forgotten the way."""

_Metric = TypeVar("_Metric", Counter, Histogram)

_STREAM = ("zone", "trunk", "codec")
_EXEMPLAR_MOST = 128 - len("call_uid")
"""Characters that OpenMetrics allows in an exemplar's labels."""


@dataclass(frozen=True, slots=True)
class Names:
    """Those of the configuration that may become label values."""

    zones: Collection[str]
    trunks: Collection[str]
    interfaces: Collection[str]


class Metrics:
    def __init__(self, names: Names, events: Collection[str] = EVENTS) -> None:
        # They would double the series of every counter.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._labels = Labels(events, names.zones, names.trunks, names.interfaces)
        self._registry = CollectorRegistry()
        self._now = _Now(names)
        self._registry.register(self._now)
        ProcessCollector(registry=self._registry)
        self._waiting: list[Note | Record] = []
        """What happened and is not counted yet."""
        self._children: dict[tuple[int | str, ...], Counter | Histogram] = {}
        """By metric and label values, which are closed sets (`labels`)."""
        self._events = Counter(
            "sbc_events",
            "What happened at the border, by event; labels which an event lacks are empty.",
            ("event", *EVENT_LABELS),
            registry=self._registry,
        )
        self._calls = Counter(
            "sbc_calls_ended",
            "Calls that ended, refused ones included, by the class of the final SIP status.",
            ("from_trunk", "to_trunk", "ended_by", "status_class"),
            registry=self._registry,
        )
        self._streams = Counter(
            "sbc_streams_ended",
            "Directions of media streams, by who sent; heard: any packet came.",
            (*_STREAM, "heard"),
            registry=self._registry,
        )
        self._verdicts = Counter(
            "sbc_stream_verdicts",
            "Directions of streams, by who sent; what was wrong, and where (docs/quality.md).",
            ("zone", "trunk", "verdict", "where"),
            registry=self._registry,
        )
        self._kernel_drops = Counter(
            "sbc_stream_kernel_drops",
            "Packets of streams that overran our own sockets.",
            ("zone", "trunk"),
            registry=self._registry,
        )
        self._policed = Counter(
            "sbc_stream_policed",
            "Packets of streams that were more than their SDP allows, and were dropped.",
            ("zone", "trunk"),
            registry=self._registry,
        )
        self._loss = self._histogram("loss_ratio", "Packets lost of those expected.", LOSS)
        self._worst = self._histogram(
            "worst_loss_ratio", "Packets lost of those expected, in the worst interval.", LOSS
        )
        self._jitter = self._histogram("jitter_seconds", "Interarrival jitter (RFC 3550).", JITTER)
        self._gap = self._histogram("longest_gap_seconds", "Longest time without a packet.", GAP)
        self._mos = self._histogram("mos", "Mean opinion score, E-model (ITU-T G.107).", MOS)
        self._trip = self._histogram(
            "round_trip_seconds", "Between us and who sent it, by its RTCP.", ROUND_TRIP
        )
        self._first = self._histogram(
            "first_packet_seconds", "From the answer to the first packet.", FIRST_PACKET
        )
        self._setup = Histogram(
            "sbc_call_setup_seconds",
            "From the INVITE to the answer.",
            ("from_trunk", "to_trunk"),
            registry=self._registry,
            buckets=SETUP,
        )
        self._duration = Histogram(
            "sbc_call_duration_seconds",
            "From the answer to the end.",
            ("from_trunk", "to_trunk"),
            registry=self._registry,
            buckets=DURATION,
        )

    def note(self, note: Note) -> None:
        """Its `count`, if it has one, is how often it happened since the last note."""
        self._waiting.append(note)
        if len(self._waiting) >= AT_ONCE:
            self._count()

    def observe_cdr(self, cdr: Record) -> None:
        """To be called once for each CDR that goes to the journal."""
        self._waiting.append(cdr)
        if len(self._waiting) >= AT_ONCE:
            self._count()

    def _count(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if isinstance(each, Note):
                self._count_note(each)
            else:
                self._count_cdr(each)

    def _count_note(self, note: Note) -> None:
        count = dict(note.detail).get("count", "")
        times = int(count) if count.isascii() and count.isdigit() else 1
        values = self._labels.of_event(note.event, note.labels).values()
        self._child(self._events, *values).inc(times)

    def _count_cdr(self, cdr: Record) -> None:
        uid = text(cdr, "uid") or ""
        exemplar = {"call_uid": uid} if 0 < len(uid) <= _EXEMPLAR_MOST else None
        trunks = [self._labels.trunk(text(cdr, "legs", side, "trunk")) for side in ("a", "b")]
        self._child(
            self._calls,
            *trunks,
            labels.ended_by(text(cdr, "ended_by")),
            labels.status_class(number(cdr, "cause", "sip")),
        ).inc(exemplar=exemplar)
        setup, duration = number(cdr, "setup_s"), number(cdr, "duration_s")
        if setup is not None:
            self._child(self._setup, *trunks).observe(setup, exemplar)
            if duration is not None:
                self._child(self._duration, *trunks).observe(duration, exemplar)
        for _, leg, report in directions(cdr):
            self._observe_stream(leg, report, exemplar)

    def exposition(self, status: Record, accept: str = "") -> tuple[bytes, str]:
        """The page and its content type. `status` is what the border says of itself now."""
        self._count()
        self._now.status = status
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _child(self, metric: _Metric, *values: str) -> _Metric:
        """One series of a metric: the library takes some microseconds to find it."""
        key: tuple[int | str, ...] = (id(metric), *values)
        found = cast(_Metric | None, self._children.get(key))
        if found is None:
            found = self._children[key] = metric.labels(*values)
        return found

    def _observe_stream(self, leg: Record, report: Record, exemplar: dict[str, str] | None) -> None:
        of = (
            self._labels.zone(text(leg, "zone")),
            self._labels.trunk(text(leg, "trunk")),
            labels.codec(text(report, "codec")),
        )
        total = part(report, "total")
        heard = whole(total, "packets") > 0
        self._child(self._streams, *of, "yes" if heard else "no").inc()
        name, where = text(report, "verdict", "name"), text(report, "verdict", "where")
        judged = (labels.verdict(name), labels.place(where))
        self._child(self._verdicts, *of[:2], *judged).inc(exemplar=exemplar)
        self._child(self._kernel_drops, *of[:2]).inc(max(0, whole(report, "kernel_drops")))
        self._child(self._policed, *of[:2]).inc(max(0, whole(report, "policed")))
        if not heard:
            return
        for histogram, value in (
            (self._loss, loss_ratio(total)),
            (self._worst, loss_ratio(part(report, "worst"))),
            (self._jitter, _seconds(number(total, "jitter_ms"))),
            (self._gap, _seconds(number(total, "longest_gap_ms"))),
            (self._trip, _seconds(number(report, "far_end", "round_trip_ms"))),
            (self._first, _seconds(number(report, "first_packet_ms"))),
            (self._mos, number(report, "mos")),
        ):
            if value is not None:
                self._child(histogram, *of).observe(value, exemplar)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            f"sbc_stream_{name}",
            f"{text} One sample is one direction of one stream, by who sent it.",
            _STREAM,
            registry=self._registry,
            buckets=buckets,
        )


class _Now(Collector):
    """What is rather than what happened: read from the border's status at each scrape, so that no
    gauge can drift from the truth."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.status: Record = {}

    def collect(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily(
            "sbc_calls_up",
            "Calls in being, by trunk; each counts on both of its trunks.",
            None,
            ["trunk"],
        )
        for trunk in sorted(self._names.trunks):
            calls.add_metric([trunk], whole(self.status, "calls", "by_trunk", trunk))
        yield calls
        watching = GaugeMetricFamily(
            "sbc_subscriptions", "Subscriptions in being, by who subscribed.", None, ["trunk"]
        )
        for trunk in sorted(self._names.trunks):
            watching.add_metric([trunk], whole(self.status, "subscriptions", trunk))
        yield watching
        yield from self._registrations()
        ports = GaugeMetricFamily(
            "sbc_relay_ports",
            "Pairs of ports (RTP and RTCP) of the relay.",
            None,
            ["interface", "state"],
        )
        for interface in sorted(self._names.interfaces):
            for state in ("free", "used", "quarantined"):
                count = number(self.status, "relay", "ports", interface, state)
                if count is not None:
                    ports.add_metric([interface, state], count)
        yield ports
        drops = CounterMetricFamily(
            "sbc_relay_drops",
            "Packets that the relay dropped, by cause.",
            labels=["reason"],
        )
        for reason, packets in part(self.status, "relay", "drops").items():
            if isinstance(packets, int):
                drops.add_metric([str(reason)], packets)
        yield drops
        yield GaugeMetricFamily(
            "sbc_relay_connected",
            "1: the relay is there.",
            int(part(self.status, "relay").get("connected") is True),
        )
        yield self._certificates()
        yield from host_metrics(self.status, self._names.interfaces)
        yield from turn_metrics(self.status)
        yield from self._journal()

    def _registrations(self) -> Iterator[GaugeMetricFamily]:
        registered = GaugeMetricFamily(
            "sbc_trunk_registered", "1: we are registered with the trunk.", None, ["trunk"]
        )
        lasting = GaugeMetricFamily(
            "sbc_trunk_registration_expires_seconds",
            "How long our registration with the trunk still lasts, if nobody refreshes it.",
            None,
            ["trunk"],
        )
        for trunk in parts(self.status, "trunks"):
            name, of = text(trunk, "trunk") or "", part(trunk, "registration")
            if of and name in self._names.trunks:
                registered.add_metric([name], int(of.get("state") == "registered"))
                lasting.add_metric([name], whole(of, "expires_in"))
        yield registered
        yield lasting

    def _certificates(self) -> GaugeMetricFamily:
        """Their names are those of the configuration."""
        gauge = GaugeMetricFamily(
            "sbc_certificate_expiry_timestamp_seconds",
            "When each certificate in use expires; time() subtracted, how long it still has.",
            None,
            ["certificate"],
        )
        found = self.status.get("certificates")
        for each in found if isinstance(found, list) else ():
            gauge.add_metric([str(each.get("name"))], float(each.get("expires", 0)))
        return gauge

    def _journal(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        journal = part(self.status, "journal")
        yield GaugeMetricFamily(
            "sbc_journal_pending_bytes",
            "Lines of the call journal that wait for the disk.",
            whole(journal, "pending"),
        )
        for name, meaning in (
            ("failures", "Writes to the call journal that failed; they are repeated."),
            (
                "dropped",
                "Lines of the call journal that were lost: the disk took none for too long.",
            ),
            ("recovered", "CDRs made for calls that a crash cut off."),
            ("torn", "Half-written lines found in the call journal."),
        ):
            yield CounterMetricFamily(f"sbc_journal_{name}", meaning, whole(journal, name))


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
