"""Does the plan of a stream make sense? And what do the latches of its ends go by?"""

from media import renumber, srtp
from media.control import StreamPlan
from media.latch import Terms, rtcp_terms, rtp_terms


def terms_of(plan: StreamPlan) -> tuple[tuple[Terms, Terms], ...]:
    """For RTP and RTCP of each end. Raises ValueError when the plan makes no sense."""
    for side in (plan.a, plan.b):
        renumber.check(side)
        if side.sdes is not None:
            srtp.check(side.sdes)
    return tuple((rtp_terms(side), rtcp_terms(side)) for side in (plan.a, plan.b))
