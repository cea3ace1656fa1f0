"""More media than the relay can carry: what is too much is lost, and nothing stays broken by it."""

from contextlib import ExitStack
from pathlib import Path

import yaml

from tests.e2e.support.configs import on_loopback
from tests.e2e.support.load import Relay, Streams
from tests.e2e.support.loopback import Loopback

COUNT = 500
TOGETHER = 4
FLOOD = 1e6
"""Packets a second: more than anything here can send."""


def test_after_three_seconds_of_twice_the_load_every_stream_flows_at_once(
    lo: Loopback, tmp_path: Path, ending: ExitStack
) -> None:
    config = on_loopback(lo)
    for interface in config["interfaces"].values():
        interface["media"] = {"ports": "20000-21999"}
    file = tmp_path / "relay.yaml"
    file.write_text(yaml.safe_dump(config))
    relay = Relay(file, tmp_path)
    ending.callback(relay.close)
    streams = Streams(relay, COUNT, lo.wan, (lo.caller, 6000), (lo.callee, 6000))
    ending.callback(streams.close)
    streams.send(COUNT * 5, 1.0)
    assert all(streams.heard().values()), "every stream is set up"

    before = streams.forwarded()
    sent = len(streams.send(FLOOD, 1.0, TOGETHER)) * COUNT
    capacity = streams.forwarded() - before
    assert sent > 2 * capacity, "the flood was none"

    before = streams.forwarded()
    sent = len(streams.send(2 * capacity, 3.0, TOGETHER)) * COUNT
    carried = streams.forwarded() - before
    assert sent >= 5.5 * capacity
    assert carried > 0.7 * 3 * capacity, "overload must not eat the work that can be done"

    # Within a second every stream flows, and none loses a packet any more.
    streams.send(capacity / 4, 0.5)
    streams.heard()
    heard: dict[int, set[int]] = {at: set() for at in range(COUNT)}
    wanted: set[int] = set()
    for _ in range(10):
        wanted |= {each & 0xFFFF for each in streams.send(capacity / 4, 0.1)}
        for stream, rounds in streams.heard().items():
            heard[stream] |= rounds
    streams.send(capacity / 4, 0.1)
    for stream, rounds in streams.heard().items():
        heard[stream] |= rounds
    assert len(wanted) >= 10
    assert all(wanted <= rounds for rounds in heard.values())
    assert relay.running.status is None
