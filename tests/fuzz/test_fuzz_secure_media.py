"""Random datagrams at the ports of protected streams: nothing raises, nothing that is not authentic
crosses, latches or counts (C1, I8)."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.control import Dtls, Latched, Sdes, SrtpKey
from media.identity import Identities
from media.sdp.sdes import SUITES
from tests.support.own_srtp import OwnSrtp
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.rtcp_packets import receiver_report
from tests.support.rtp_streams import rtp
from tests.support.shaking import OURS, THEIRS, association

CM = "AES_CM_128_HMAC_SHA1_80"
KEY, OTHER = (bytes([first]) * SUITES[CM].size for first in (1, 2))
SDES = Sdes(CM, (SrtpKey(b64encode(KEY).decode()),), SrtpKey(b64encode(OTHER).decode()))
DTLS = Dtls(False, (THEIRS.fingerprint,))
HELLO = association(active=True).begin(0.0)[0]
REAL = OwnSrtp(CM, KEY).protect(rtp(500, 160))
REPORT = OwnSrtp(CM, KEY).protect_rtcp(receiver_report(1))

seeds = st.sampled_from([REAL, REPORT, HELLO, rtp(1, 160), receiver_report(1), b"\x00\x01" * 14])


@st.composite
def datagrams(draw: st.DrawFn) -> bytes:
    """Anything, or something real that was cut, grown or flipped."""
    if draw(st.booleans()):
        return draw(st.binary(max_size=300))
    data = bytearray(draw(seeds))
    for at in draw(st.lists(st.integers(0, 400), min_size=1, max_size=4)):
        data[at % len(data)] ^= draw(st.integers(1, 255))
    cut = draw(st.integers(0, len(data)))
    return bytes(data[:cut] if draw(st.booleans()) else data + draw(st.binary(max_size=20)))


sources = st.sampled_from([ALICE, (ALICE[0], 4999), (ALICE[0], 4001), ("203.0.113.66", 1)])


@pytest.mark.parametrize("security", [{"sdes": SDES}, {"dtls": DTLS}, {"dtls": DTLS, "mux": True}])
@settings(max_examples=60)
@given(volley=st.lists(st.tuples(datagrams(), sources, st.integers(0, 1)), max_size=12))
def test_nothing_unauthentic_gets_through(
    security: dict[str, Any], volley: list[tuple[bytes, tuple[str, int], int]]
) -> None:
    world = RelayWorld(identities=Identities(lambda: OURS))
    wan, lan = world.call(latching="first-packet", **security)
    for data, source, odd in volley:
        if data in (REAL, REPORT):
            continue
        world.now += 0.01
        sent = world.arrive((wan[0], wan[1] + odd), data, source)
        assert not [each for each in sent if each.local[0] == lan[0]]
    report = world.report().streams[0].a
    assert (report.total.packets, report.latched) == (0, None)
    assert not any(isinstance(event, Latched) for event in world.events())
    assert world.log.getvalue() == ""
    assert world.arrive(lan, rtp(1, 160), BOB) is not None
