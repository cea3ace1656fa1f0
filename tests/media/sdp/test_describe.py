"""What the relay is told of the end that wrote a description."""

from media.sdp.codec import Codec
from media.sdp.describe import SideView, describe
from media.sdp.session import parse
from tests.support.descriptions import CISCO, sdp


def test_a_peer_is_described_as_it_describes_itself() -> None:
    body = sdp("m=audio 4000 RTP/AVP 0", "a=sendonly", "a=rtcp:4005")
    assert describe(parse(body)) == (
        SideView(
            index=0,
            kind="audio",
            rtp=("10.0.0.7", 4000),
            rtcp=("10.0.0.7", 4005),
            sends=True,
            receives=False,
            codecs=(Codec(0, "PCMU", 8000),),
            refused=False,
        ),
    )


def test_every_m_line_has_a_view_in_its_place() -> None:
    views = describe(parse(CISCO))
    assert [(view.index, view.kind) for view in views] == [
        (0, "audio"),
        (1, "video"),
        (2, "application"),
        (3, "image"),
    ]
    assert views[1].rtp == ("10.20.1.3", 17386)
    assert (views[1].sends, views[1].receives) == (False, True)


def test_a_refused_line_wants_nothing() -> None:
    (view,) = describe(parse(sdp("m=video 0 RTP/AVP 31", "a=sendrecv")))
    assert view.refused
    assert (view.rtp, view.rtcp, view.sends, view.receives) == (None, None, False, False)


def test_a_held_line_is_not_a_refused_one() -> None:
    (view,) = describe(parse(sdp("m=audio 4000 RTP/AVP 0", ip="0.0.0.0")))
    assert not view.refused
    assert (view.rtp, view.rtcp, view.sends, view.receives) == (None, None, True, False)


def test_the_relay_is_never_sent_to_a_crowd() -> None:
    (view,) = describe(parse(sdp("m=audio 4000 RTP/AVP 0", ip="239.0.0.1")))
    assert (view.rtp, view.rtcp) == (None, None)


def test_rtcp_is_not_sent_to_a_crowd_either() -> None:
    (view,) = describe(parse(sdp("m=audio 4000 RTP/AVP 0", "a=rtcp:4001 IN IP4 239.0.0.1")))
    assert (view.rtp, view.rtcp) == (("10.0.0.7", 4000), None)
