"""(Q10): drops of our sockets and the lag of our loops."""

from typing import Any

from prometheus_client.core import Metric

from sbc.operate.host_metrics import host_metrics

LAG = {"counts": [3, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1], "seconds": 3.5, "longest": 3.4}


def found(status: dict[str, Any]) -> tuple[Metric, Metric]:
    drops, lags = host_metrics(status, ["wan"])
    return drops, lags


def values(metric: Metric) -> dict[tuple[str, ...], float]:
    return {(s.name, *s.labels.values()): s.value for s in metric.samples}


def test_drops_are_told_by_socket_of_signalling_and_by_interface_of_media() -> None:
    socket = {"interface": "wan", "transport": "udp", "port": 5060, "dropped": 7}
    status = {"host": {"sockets": [socket]}, "relay": {"overrun": {"wan": 40}}}
    assert values(found(status)[0]) == {
        ("sbc_socket_drops_total", "signalling", "wan", "udp", "5060"): 7,
        ("sbc_socket_drops_total", "relay", "wan", "rtp", ""): 40,
    }


def test_the_lag_of_both_loops_is_a_histogram() -> None:
    _, lags = found({"host": {"lag": LAG}, "relay": {"lag": None}})
    told = values(lags)
    assert told["sbc_event_loop_lag_seconds_bucket", "signalling", "0.001"] == 3
    assert told["sbc_event_loop_lag_seconds_bucket", "signalling", "0.01"] == 5
    assert told["sbc_event_loop_lag_seconds_bucket", "signalling", "+Inf"] == 6
    assert told["sbc_event_loop_lag_seconds_sum", "signalling"] == 3.5
    assert not [key for key in told if "relay" in key]


def test_what_is_on_no_list_makes_no_series() -> None:
    odd = {"interface": "sip:x", "transport": "udp", "port": 1, "dropped": 1}
    status = {
        "host": {"sockets": [odd, 7, {**odd, "interface": "wan", "transport": "x"}], "lag": []},
        "relay": {"overrun": {"elsewhere": 3, "wan": "many"}, "lag": {"counts": [1, 2]}},
    }
    drops, lags = found(status)
    assert (drops.samples, lags.samples) == ([], [])
    drops, lags = found({})
    assert (drops.samples, lags.samples) == ([], [])
