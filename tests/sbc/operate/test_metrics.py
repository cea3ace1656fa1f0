from typing import Any

import pytest

from sbc.actions import Note
from sbc.operate.metrics import Metrics, Names
from tests.support.call_records import call, side_report, totals

NAMES = Names(zones=("core", "carriers"), trunks=("pbx", "carrier"), interfaces=("lan", "wan"))
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(NAMES, ["unknown_source", "refused"])


def page(metrics: Metrics, status: dict[str, Any] | None = None, accept: str = "") -> str:
    return metrics.exposition(status or {}, accept)[0].decode()


def samples(metrics: Metrics, name: str, status: dict[str, Any] | None = None) -> dict[str, float]:
    """By their labels, without the braces."""
    found = {}
    for line in page(metrics, status).splitlines():
        series, _, value = line.rpartition(" ")
        if series.partition("{")[0] == name:
            found[series.partition("{")[2].rstrip("}")] = float(value)
    return found


def test_a_note_is_counted_by_its_event_and_labels(metrics: Metrics) -> None:
    for _ in range(3):
        metrics.note(Note("unknown_source", (("zone", "core"),), (("source", "192.0.2.1"),)))
    ((labels, count),) = samples(metrics, "sbc_events_total").items()
    assert count == 3
    assert 'event="unknown_source"' in labels
    assert 'zone="core"' in labels
    assert "192.0.2.1" not in page(metrics)


def test_a_note_may_stand_for_several(metrics: Metrics) -> None:
    metrics.note(Note("refused", (("interface", "wan"),), (("count", "41"),)))
    metrics.note(Note("refused", (("interface", "wan"),), (("count", "-1"),)))
    assert sum(samples(metrics, "sbc_events_total").values()) == 42


def test_what_a_peer_invents_makes_one_series_at_most(metrics: Metrics) -> None:
    for number in range(50):
        metrics.note(Note("refused", (("method", f"M{number}"), ("action", f"r{number}"))))
        metrics.note(Note(f"event-{number}", (("call_id", str(number)),)))
        stranger = call(uid=f"call-{number}", ended_by=f"e{number}", cause={"sip": 10_000 + number})
        stranger["legs"]["a"] |= {"zone": f"z{number}", "trunk": f"t{number}"}
        stranger["media"][0]["a"]["codec"] = f"X{number}/8000"
        metrics.observe_cdr(stranger)
    assert len(samples(metrics, "sbc_events_total")) == 2
    assert samples(metrics, "sbc_calls_ended_total") == {
        'ended_by="other",from_trunk="other",status_class="none",to_trunk="carrier"': 50
    }
    assert len(samples(metrics, "sbc_streams_ended_total")) == 2
    assert "call-7" not in page(metrics)


def test_a_call_is_counted_by_its_trunks_and_its_outcome(metrics: Metrics) -> None:
    metrics.observe_cdr(call())
    busy = call(cause={"sip": 486}, ended_by="callee", setup_s=None, duration_s=None, media=[])
    busy["legs"]["b"] = None
    metrics.observe_cdr(busy)
    assert samples(metrics, "sbc_calls_ended_total") == {
        'ended_by="caller",from_trunk="pbx",status_class="2xx",to_trunk="carrier"': 1,
        'ended_by="callee",from_trunk="pbx",status_class="4xx",to_trunk="none"': 1,
    }
    of = 'from_trunk="pbx",to_trunk="carrier"'
    assert samples(metrics, "sbc_call_setup_seconds_sum") == {of: 2.0}
    assert samples(metrics, "sbc_call_duration_seconds_sum") == {of: 20.0}


def test_an_answered_call_that_a_crash_cut_off_has_a_setup_time_and_no_duration(
    metrics: Metrics,
) -> None:
    metrics.observe_cdr(call(duration_s=None))
    assert sum(samples(metrics, "sbc_call_setup_seconds_count").values()) == 1
    assert samples(metrics, "sbc_call_duration_seconds_count") == {}


def test_each_direction_of_a_stream_is_measured_by_its_sender(metrics: Metrics) -> None:
    metrics.observe_cdr(call())
    carrier = 'codec="pcma",trunk="carrier",zone="carriers"'
    pbx = 'codec="pcma",trunk="pbx",zone="core"'
    assert samples(metrics, "sbc_stream_loss_ratio_sum") == {pbx: 0.0, carrier: 0.02}
    assert samples(metrics, "sbc_stream_worst_loss_ratio_sum") == {pbx: 0.002, carrier: 0.002}
    assert samples(metrics, "sbc_stream_jitter_seconds_sum") == {pbx: 0.0015, carrier: 0.006}
    assert samples(metrics, "sbc_stream_mos_sum") == {pbx: 4.4, carrier: 3.9}
    assert samples(metrics, "sbc_stream_longest_gap_seconds_sum") == {pbx: 0.022, carrier: 0.022}


def test_verdicts_are_counted_by_who_sent_and_where_the_fault_lies(metrics: Metrics) -> None:
    bad = {"name": "lossy", "where": "after", "evidence": "…"}
    odd = {"name": "sip:x@y", "where": "here"}
    metrics.observe_cdr(call(media=[{"a": side_report(verdict=bad), "b": side_report()}]))
    metrics.observe_cdr(call(media=[{"a": side_report(verdict=odd)}, {"a": {"verdict": 7}}]))
    assert samples(metrics, "sbc_stream_verdicts_total") == {
        'trunk="pbx",verdict="lossy",where="after",zone="core"': 1,
        'trunk="carrier",verdict="ok",where="none",zone="carriers"': 1,
        'trunk="pbx",verdict="other",where="other",zone="core"': 1,
        'trunk="pbx",verdict="none",where="none",zone="core"': 1,
    }


def test_drops_of_our_kernel_and_delays_are_measured_too(metrics: Metrics) -> None:
    """(Q10)"""
    metrics.observe_cdr(call(media=[{"a": side_report(kernel_drops=40)}]))
    assert samples(metrics, "sbc_stream_kernel_drops_total") == {'trunk="pbx",zone="core"': 40}
    of = 'codec="pcma",trunk="pbx",zone="core"'
    assert samples(metrics, "sbc_stream_round_trip_seconds_sum") == {of: 0.031}
    assert samples(metrics, "sbc_stream_first_packet_seconds_sum") == {of: 0.021}


def test_jitter_has_buckets_of_milliseconds(metrics: Metrics) -> None:
    for jitter in (0.4, 1.5, 9.0, 35.0, 180.0, 900.0):
        record = call(media=[{"a": side_report(totals(jitter_ms=jitter))}])
        metrics.observe_cdr(record)
    buckets = samples(metrics, "sbc_stream_jitter_seconds_bucket")
    of = 'codec="pcma",le="{}",trunk="pbx",zone="core"'
    assert [buckets[of.format(le)] for le in ("0.001", "0.002", "0.01", "0.04", "0.2", "+Inf")] == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


def test_a_direction_without_a_packet_is_counted_and_measures_nothing(metrics: Metrics) -> None:
    metrics.observe_cdr(call(media=[{"a": side_report(totals(packets=0), codec=None, mos=None)}]))
    of = 'codec="none",heard="no",trunk="pbx",zone="core"'
    assert samples(metrics, "sbc_streams_ended_total") == {of: 1}
    assert samples(metrics, "sbc_stream_loss_ratio_count") == {}


def test_a_codec_without_a_score_leaves_mos_out(metrics: Metrics) -> None:
    metrics.observe_cdr(call(media=[{"a": side_report(mos=None)}]))
    assert samples(metrics, "sbc_stream_mos_count") == {}
    assert len(samples(metrics, "sbc_stream_loss_ratio_count")) == 1


def test_gauges_say_what_the_border_says_of_itself_now(metrics: Metrics) -> None:
    status = {
        "calls": {"up": 2, "by_trunk": {"pbx": 2, "stranger": 7}},
        "subscriptions": {"carrier": 3, "stranger": 1},
        "relay": {"connected": True, "ports": {"lan": {"free": 996, "used": 4}}},
        "journal": {"pending": 512, "failures": 3, "dropped": 2, "recovered": 1, "torn": 1},
    }
    assert samples(metrics, "sbc_calls_up", status) == {'trunk="carrier"': 0, 'trunk="pbx"': 2}
    watching = samples(metrics, "sbc_subscriptions", status)
    assert watching == {'trunk="carrier"': 3, 'trunk="pbx"': 0}
    assert samples(metrics, "sbc_relay_ports", status) == {
        'interface="lan",state="free"': 996,
        'interface="lan",state="used"': 4,
    }
    assert samples(metrics, "sbc_relay_connected", status) == {"": 1}
    assert samples(metrics, "sbc_relay_connected", {}) == {"": 0}
    assert samples(metrics, "sbc_journal_failures_total", status) == {"": 3}
    assert samples(metrics, "sbc_journal_pending_bytes", status) == {"": 512}


def test_the_uid_of_a_call_is_an_exemplar_and_never_a_label(metrics: Metrics) -> None:
    metrics.observe_cdr(call(uid="call-1"))
    metrics.observe_cdr(call(uid="x" * 200))
    assert "call-1" not in page(metrics)
    text, kind = metrics.exposition({}, OPEN_METRICS)
    assert kind.startswith("application/openmetrics-text")
    assert b'# {call_uid="call-1"}' in text
    assert b"xxx" not in text


def test_a_record_of_another_shape_is_counted_and_harms_nothing(metrics: Metrics) -> None:
    metrics.observe_cdr({"legs": 1, "media": [{"a": {"total": "x"}}], "cause": [], "setup_s": "1"})
    assert sum(samples(metrics, "sbc_calls_ended_total").values()) == 1


def test_two_sets_of_metrics_do_not_meet() -> None:
    first, second = Metrics(NAMES), Metrics(NAMES)
    first.observe_cdr(call())
    assert samples(second, "sbc_calls_ended_total") == {}


def test_a_registration_with_a_trunk_is_a_gauge(metrics: Metrics) -> None:
    """(A3)"""
    trunks = [
        {"trunk": "pbx", "registration": {"state": "registered", "expires_in": 250}},
        {"trunk": "carrier", "registration": {"state": "waiting", "expires_in": None}},
        {"trunk": "invented", "registration": {"state": "registered", "expires_in": 1}},
    ]
    status = {"trunks": trunks}
    assert samples(metrics, "sbc_trunk_registered", status) == {
        'trunk="pbx"': 1,
        'trunk="carrier"': 0,
    }
    name = "sbc_trunk_registration_expires_seconds"
    assert samples(metrics, name, status)['trunk="pbx"'] == 250
    assert samples(metrics, "sbc_trunk_registered", {"trunks": [{"trunk": "pbx"}]}) == {}
