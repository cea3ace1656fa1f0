"""aiortc, a WebRTC stack of its own: data channels between agents that have nothing but relays of
our TURN server, by each way in that it knows (I5, I8)."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
)

from tests.e2e.support.loopback import Loopback
from tests.e2e.support.turn import PORT, SECURE, configuration, start_server

UDP, TCP, TLS = (
    f"turn:{{ip}}:{PORT}?transport=udp",
    f"turn:{{ip}}:{PORT}?transport=tcp",
    f"turns:{{ip}}:{SECURE}?transport=tcp",
)
PAIRS = [(UDP, UDP), (TCP, TCP), (TLS, TLS), (UDP, TLS)]
PATIENCE = 30.0
LARGE = "x" * 50_000


def agent(url: str) -> RTCPeerConnection:
    server = RTCIceServer(url, username="ann", credential="pw")
    relays = RTCIceTransportPolicy.RELAY
    return RTCPeerConnection(RTCConfiguration([server], iceTransportPolicy=relays))


async def exchanged(one: RTCPeerConnection, other: RTCPeerConnection) -> list[str]:
    """What comes back when `one` says something small and something that takes many packets."""
    channel: RTCDataChannel = one.createDataChannel("talk")
    heard: asyncio.Queue[str] = asyncio.Queue()
    channel.on("message", heard.put_nowait)

    def speak() -> None:
        channel.send("hello")
        channel.send(LARGE)

    channel.on("open", speak)
    other.on("datachannel", lambda its: its.on("message", its.send))
    await one.setLocalDescription(await one.createOffer())
    await other.setRemoteDescription(one.localDescription)
    await other.setLocalDescription(await other.createAnswer())
    await one.setRemoteDescription(other.localDescription)
    for each in (one, other):
        kinds = {line.split()[7] for line in candidates(each.localDescription.sdp)}
        assert kinds == {"relay"}
    back = [await heard.get(), await heard.get()]
    await asyncio.gather(one.close(), other.close())
    return back


def candidates(sdp: str) -> list[str]:
    return [line for line in sdp.splitlines() if line.startswith("a=candidate:")]


def test_agents_reach_each_other_through_relays_alone(
    ending: ExitStack, tmp_path: Path, lo: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_server(configuration(lo), lo.wan, tmp_path, ending)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    async def all_pairs() -> list[list[str]]:
        urls = [tuple(url.format(ip=lo.wan) for url in pair) for pair in PAIRS]
        pairs = [exchanged(agent(one), agent(other)) for one, other in urls]
        return await asyncio.wait_for(asyncio.gather(*pairs), PATIENCE)

    assert asyncio.run(all_pairs()) == [["hello", LARGE]] * len(PAIRS)
