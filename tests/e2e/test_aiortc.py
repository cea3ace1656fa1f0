"""aiortc, a WebRTC stack of its own, calls a plain phone through the border: full ICE, DTLS-SRTP
and RTCP-mux on one side only (I1, I3, I8, M6)."""

import asyncio
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.phone import Phone

MOST = 500
"""Packets of 20 ms, until both must have heard the other."""
DTLS = {"mode": "required", "keying": ["dtls"]}


def running(start_border: StartBorder, lo: Loopback) -> Border:
    config: dict[str, Any] = on_loopback(lo)
    config["zones"]["outside"] |= {"ice": "accept", "srtp": DTLS}
    return start_border(config)


async def packets(peer: RTCPeerConnection) -> int:
    reports = (await peer.getStats()).values()
    return sum(each.packetsReceived for each in reports if each.type == "inbound-rtp")


async def talk(peer: RTCPeerConnection, caller: Phone, callee: Phone, border: str) -> None:
    """A call of `caller`, whose media is the peer's, until both have heard the other."""
    await peer.setLocalDescription(await peer.createOffer())
    final = await asyncio.to_thread(caller.invite, (border, 5060), sdp=peer.localDescription.sdp)
    answer = final.whole.partition("\r\n\r\n")[2]
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    (dialog,) = callee.dialogs.values()

    for _ in range(MOST):
        callee.media.send(dialog.far_media)
        await asyncio.sleep(0.02)
        callee.media.hear()
        if len(callee.media.heard) > 30 and await packets(peer) > 30:
            return
    raise AssertionError("they do not hear each other")


def test_a_webrtc_stack_and_a_plain_phone_hear_each_other(
    start_border: StartBorder, lo: Loopback, caller: Phone, callee: Phone
) -> None:
    border = running(start_border, lo)

    async def call() -> str:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(AudioStreamTrack())
        hole = MediaBlackhole()
        peer.on("track", hole.addTrack)
        await hole.start()
        await talk(peer, caller, callee, lo.wan)
        state: str = peer.iceConnectionState
        await peer.close()
        return state

    assert asyncio.run(call()) == "completed"
    (live,) = border.calls()
    media = live["media"][0]
    assert (media["a"]["ice"], media["b"]["ice"]) == ("connected", None)
    assert media["a"]["latch_mode"] == "ice"
    offered = callee.requests("INVITE")[0].whole
    assert not any(mark in offered for mark in ("ice-", "candidate", "fingerprint", "rtcp-mux"))
