"""What a description tells the relay of its sender: where to send, what may come (RFC 3264)."""

from dataclasses import dataclass

from media.sdp.address import is_unicast
from media.sdp.bitrate import bandwidth_of
from media.sdp.codec import Codec
from media.sdp.face import SAID_NOTHING, Said, said, session_marks
from media.sdp.media_description import Address, Media, is_rtp
from media.sdp.session import Session


@dataclass(frozen=True, slots=True)
class SideView:
    """One m-line, seen from the peer that wrote it."""

    index: int
    kind: str
    rtp: Address | None
    """None: refused, or held by an unspecified address."""
    rtcp: Address | None
    sends: bool
    receives: bool
    codecs: tuple[Codec, ...]
    refused: bool
    """Port zero: the stream has ended, or never began."""
    transport: Said = SAID_NOTHING
    bandwidth: float | None = None
    """Bits a second, as b= says."""

    @property
    def opaque(self) -> bool:
        """Not RTP: its datagrams say nothing to us."""
        return not is_rtp(self.transport.protocol)


def describe(session: Session) -> tuple[SideView, ...]:
    """One view for each m-line, in their order."""
    marks = session_marks(session.lines)
    return tuple(_view(index, line, said(line, marks)) for index, line in enumerate(session.media))


def _view(index: int, line: Media, transport: Said) -> SideView:
    rtp, rtcp = line.rtp, line.rtcp
    if rtp is not None and not is_unicast(rtp[0]):
        rtp = rtcp = None
    if rtcp is not None and not is_unicast(rtcp[0]):
        rtcp = None
    return SideView(
        index,
        line.kind,
        rtp,
        rtcp,
        line.sends,
        line.receives,
        line.codecs,
        line.refused,
        transport,
        bandwidth_of(line),
    )
