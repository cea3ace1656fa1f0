"""Two ends of DTLS joined back to back: what one sends the other gets, unless it is lost."""

from collections.abc import Callable

from media.control import Dtls
from media.dtls import Association
from media.identity import Identity, new_identity

OURS, THEIRS = new_identity(), new_identity()
"""Made once: nothing depends on which they are."""


def association(
    identity: Identity = OURS, peer: Identity = THEIRS, *, active: bool, now: float = 0.0
) -> Association:
    return Association(identity, Dtls(active, (peer.fingerprint,)), now)


def shake(
    one: Association,
    other: Association,
    first: list[bytes],
    lost: Callable[[int], bool] = lambda _: False,
) -> list[int]:
    """`first` comes from `one`. Until nobody has anything to say; the sizes of what was said."""
    said, sizes, turn, ends = first, [], 0, (other, one)
    while said:
        sizes += [len(each) for each in said]
        heard = [each for number, each in enumerate(said) if not lost(len(sizes) + number)]
        said = [out for each in heard for out in ends[turn % 2].feed(each, 0.0)]
        turn += 1
    return sizes
