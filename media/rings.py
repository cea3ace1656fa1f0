"""Descriptions that name ports of ours, and whether what is sent there would come back.

One call may well send to a port of another: an exchange which lets the media of its two calls with
us meet has them do so. But RTP counts no hops. Where such ways make a ring, a single packet would
go round for ever, as fast as we can carry it, and look like a call that is alive.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from media.control import Address
from media.side import SideState

if TYPE_CHECKING:
    from media.stream import Stream

MOST_PORTS = 8
"""Ports of ours one after the other, beyond which it is no exchange any more that joins calls."""

EndsAt = Callable[[Address], Sequence[tuple["Stream", SideState]]]
"""Whose ports an address is: nearly always nobody's, since it is a peer's."""


def comes_back(
    stream: "Stream", destination: Address, kind: Literal["rtp", "rtcp"], ends_at: EndsAt
) -> bool:
    """Does what `stream` sends there reach a port of `stream` again, by whatever ways?

    A way that is too long to be followed counts as one that does.
    """
    ahead, passed = [destination], set[SideState]()
    while ahead:
        for other, side in ends_at(ahead.pop()):
            if other is stream:
                return True
            if side not in passed:
                if len(passed) >= MOST_PORTS:
                    return True
                passed.add(side)
                leaving = other.other(side)
                onward = leaving.destination(kind)
                if onward is not None:
                    ahead.append(onward)
    return False
