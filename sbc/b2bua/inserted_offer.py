"""An offer of our own, for a called side that refuses an INVITE without one (S6).

It names what most peers speak; the codec policies of both sides cut it down like any other offer.
"""

from media.sdp.session import Session, parse

_TEXT = """\
v=0
o=- 0 0 IN {family} {ip}
s=-
c=IN {family} {ip}
t=0 0
m=audio 9 RTP/AVP 8 0 9 18 96 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:18 G729/8000
a=rtpmap:96 opus/48000/2
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""


def inserted_offer(ip: str) -> Session:
    """One audio stream at `ip`, an address of ours; anchoring gives it its port."""
    return parse(_TEXT.format(family="IP6" if ":" in ip else "IP4", ip=ip).encode())
