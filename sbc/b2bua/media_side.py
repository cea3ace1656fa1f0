"""One side of a call's media: what holds for it, and what the relay is told of it."""

from dataclasses import dataclass

from config.model import CodecPolicy, Latching, MediaProfile
from media.control import CodecClock, Dtls, IcePlan, Sdes, SidePlan
from media.sdp.bitrate import most_bytes
from media.sdp.codec import Codec
from media.sdp.connectivity import EVERYWHERE, Reach
from media.sdp.describe import SideView
from media.sdp.keying import IN_CLEAR, Ways


@dataclass(frozen=True, slots=True)
class MediaSide:
    """What configuration and signalling say of one side; fixed for its life."""

    interface: str
    shown: str
    """Our address there, as advertised."""
    codecs: CodecPolicy
    latching: Latching
    signalling_ip: str | None
    profile: MediaProfile
    ways: Ways = IN_CLEAR
    """How its packets may be protected."""
    reach: Reach = EVERYWHERE
    """By which checks and ports it may be reached."""


@dataclass(frozen=True, slots=True)
class Transport:
    """How packets of one stream travel on one side."""

    sdes: Sdes | None = None
    dtls: Dtls | None = None
    ice: IcePlan | None = None
    mux: bool = False
    bundle: int | None = None
    """The stream whose port and keys it shares."""


PLAIN_TRANSPORT = Transport()


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the two sides came to, beside the peer's own description."""

    transport: Transport
    told: tuple[Codec, ...]
    """The codecs that we named to it."""
    numbers: tuple[tuple[int, int], ...]
    """Payload types that are to be changed."""


def side_plan(facts: MediaSide, view: SideView | None, agreed: Agreed, epoch: int) -> SidePlan:
    """`view`: the m-line as the peer described it. None: the stream has ended."""
    transport = agreed.transport
    rtp = view.rtp if view else None
    six = rtp is not None and ":" in rtp[0]
    return SidePlan(
        rtp=rtp,
        rtcp=rtp if transport.mux or view is None else view.rtcp,
        sends=view.sends if view else False,
        receives=view.receives if view else False,
        latching=facts.latching.mode,
        window=facts.latching.window,
        prefix=facts.latching.prefix6 if six else facts.latching.prefix,
        signalling_ip=facts.signalling_ip,
        codecs=clocks(view.codecs if view else (), agreed.told),
        epoch=epoch,
        numbers=agreed.numbers,
        sdes=transport.sdes,
        dtls=transport.dtls,
        ice=transport.ice,
        mux=transport.mux,
        bundle=transport.bundle,
        extended_reports=facts.profile.rtcp_xr == "relay",
        most_bytes=_most_bytes(facts, view, agreed.told),
    )


def _most_bytes(facts: MediaSide, view: SideView | None, told: tuple[Codec, ...]) -> float | None:
    times = facts.profile.police
    if times is None or view is None:
        return None
    most = most_bytes((*view.codecs, *told), view.bandwidth)
    return None if most is None else times * most


def clocks(said: tuple[Codec, ...], told: tuple[Codec, ...]) -> tuple[CodecClock, ...]:
    """Of all that an end may send: under the numbers that it was told, or under its own."""
    codecs = {codec.payload_type: codec for codec in said}
    for codec in told:
        codecs[codec.payload_type] = codec
    return tuple(
        CodecClock(codec.payload_type, codec.name, codec.rate) for codec in codecs.values()
    )
