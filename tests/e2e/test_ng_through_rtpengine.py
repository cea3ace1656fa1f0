"""Our relay and Debian's rtpengine behind each other: what one offers, the other understands (C1,
I2, I8, M6). Between two plain phones the middle of the way is SRTP, by SDES or DTLS, with ICE or
without.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.loopback import Address, Loopback, free_port
from tests.e2e.support.media import MediaEnd, talk
from tests.e2e.support.ng import NgRelay, ours, rtpengine
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

NAMES = {"call_id": "c", "from_tag": "a"}
MIDDLES: dict[str, dict[str, Any]] = {
    "sdes": {"transport_protocol": "RTP/SAVP", "DTLS": "off", "ICE": "remove"},
    "sdes, one port": {
        "transport_protocol": "RTP/SAVP",
        "DTLS": "off",
        "ICE": "remove",
        "rtcp_mux": ["require"],
    },
    "dtls": {"transport_protocol": "UDP/TLS/RTP/SAVP", "SDES": ["off"], "ICE": "remove"},
    "dtls and ice": {
        "transport_protocol": "UDP/TLS/RTP/SAVPF",
        "SDES": ["off"],
        "ICE": "force",
        "rtcp_mux": ["offer"],
    },
}
PLAIN: dict[str, Any] = {"transport_protocol": "RTP/AVP", "ICE": "remove", "rtcp_mux": ["demux"]}


def sdp(at: Address) -> str:
    lines = ("v=0", f"o=- 1 1 IN IP4 {at[0]}", "s=-", f"c=IN IP4 {at[0]}", "t=0 0")
    return "".join(f"{line}\r\n" for line in (*lines, f"m=audio {at[1]} RTP/AVP 8"))


def media(reply: dict[str, Any], at: str) -> Address:
    assert reply["result"] == "ok", reply
    line = next(each for each in reply["sdp"].split("\r\n") if each.startswith("m=audio"))
    assert int(line.split()[1]), reply["sdp"]
    return at, int(line.split()[1])


@pytest.mark.parametrize("ours_first", [True, False], ids=["ours offers", "rtpengine offers"])
@pytest.mark.parametrize("middle", MIDDLES)
def test_media_crosses_both_relays(
    middle: str, ours_first: bool, ending: ExitStack, lo: Loopback, tmp_path: Path
) -> None:
    require("rtpengine")
    relay = ours((lo.wan, free_port(lo.wan)), [lo.wan], tmp_path)
    ending.callback(relay.close)
    theirs = rtpengine((lo.lan, free_port(lo.lan)), [lo.lan], tmp_path)
    ending.callback(theirs.close)
    near, far = (relay, theirs) if ours_first else (theirs, relay)
    caller, callee = MediaEnd(lo.caller, 6000, 0xA), MediaEnd(lo.callee, 6000, 0xB)
    ending.callback(caller.close)
    ending.callback(callee.close)
    to = connected(near, far, MIDDLES[middle], caller.address, callee.address)

    def both() -> bool:
        talk([(caller, to[0]), (callee, to[1])], 0.1)
        return len(caller.sequences(0xB)) > 10 and len(callee.sequences(0xA)) > 10

    eventually("media in both directions", both, 15.0)


def connected(
    near: NgRelay, far: NgRelay, middle: dict[str, Any], caller: Address, callee: Address
) -> tuple[Address, Address]:
    """Where the caller and the callee send to."""
    first = near.ask("offer", sdp=sdp(caller), **NAMES, **middle)
    second = far.ask("offer", sdp=first["sdp"], **NAMES, **PLAIN)
    back = far.ask("answer", sdp=sdp(callee), to_tag="b", **NAMES)
    last = near.ask("answer", sdp=back["sdp"], to_tag="b", **NAMES)
    return media(last, near.at[0]), media(second, far.at[0])
