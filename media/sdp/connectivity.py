"""By which ports the packets of one side travel: ICE (RFC 8839), and RTCP beside RTP (RFC 5761).

Each side of a call has its own, and nothing of it crosses. Towards a full peer that offers we are
lite and let it do the work; where the peer is lite, or we offer, we are full, and control.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from config.model import IceMode, MuxMode
from media.control import Address, IcePlan
from media.sdp.candidate import checkable, host_lines, usable
from media.sdp.face import Faces, Said

Random = Callable[[int], bytes]
"""So many bytes that nobody can guess."""

_UFRAG_BYTES, _PWD_BYTES = 4, 16
"""RFC 8445 §5.3: at least 24 and 128 bits of randomness."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be used towards one side."""

    ice: IceMode = "none"
    mux: MuxMode = "accept"

    @property
    def offers_ice(self) -> bool:
        return self.ice in {"offer", "require"}


EVERYWHERE = Reach()


@dataclass(frozen=True, slots=True)
class Told:
    """What we last said of one m-line."""

    ufrag: str
    pwd: str = field(repr=False)
    peer: tuple[str, str] = field(default=("", ""), repr=False)
    """The peer's credentials, as it last said them."""
    ice: bool = False
    lite: bool = False
    controlling: bool = True
    mux: bool = False
    agreed: bool = False
    """The peer has taken part in ICE."""


class Connectivity:
    """One side of one call."""

    __slots__ = ("_current", "_random", "_shown", "_told", "reach")

    def __init__(self, reach: Reach, random: Random) -> None:
        self.reach = reach
        self._random = random
        self._shown = ""
        """Our address, as the peer was last told."""
        self._current: tuple[str, str] | None = None
        """Our credentials, for all m-lines: those of a bundle must have the same (RFC 9143)."""
        self._told: dict[int, Told] = {}

    def again(self, reach: Reach) -> "Connectivity":
        """For another peer, who must not know what this one was told."""
        return Connectivity(reach, self._random)

    # --- what we write ----------------------------------------------------------------------------

    def offer(self, index: int, ip: str, port: int) -> tuple[str, ...]:
        """Lines of an offer of ours."""
        self._shown = ip
        told = self._of(index)
        ice = self.reach.offers_ice or told.agreed
        mux = told.mux or self.reach.mux == "offer" or (ice and self.reach.mux != "none")
        sure = told.mux and told.agreed
        self._told[index] = told = replace(told, ice=ice, mux=mux)
        return _lines(told, ip, port, both=not sure)

    def answer(
        self, index: int, what: Said, default: Address | None, ip: str, port: int
    ) -> tuple[str, ...]:
        """Lines of our answer to what this side has offered."""
        self._shown = ip
        if what.ice is None and not what.mux and index not in self._told:
            return ()
        told = self._of(index)
        ice = usable(what, default) if self.reach.ice != "none" else None
        mux = what.mux and self.reach.mux != "none"
        if ice is None:
            self._told[index] = told = replace(told, ice=False, mux=mux, agreed=False)
            mismatch = what.ice is not None and self.reach.ice != "none"
            return ("a=ice-mismatch",) * mismatch + _lines(told, ip, port, both=False)
        peer = (ice.ufrag, ice.pwd)
        if told.agreed and told.peer != peer:  # it restarts (§4.4.1.1.1), and so do we
            told = self._restarted(told)
        if not told.agreed:
            told = replace(told, lite=not ice.lite, controlling=ice.lite)
        self._told[index] = told = replace(told, peer=peer, ice=True, mux=mux, agreed=True)
        return _lines(told, ip, port, both=not mux)

    @property
    def idle(self) -> bool:
        """An offer of ours says nothing of all this."""
        return not self._told and not self.reach.offers_ice and self.reach.mux != "offer"

    @property
    def lite(self) -> bool:
        return any(told.ice and told.lite for told in self._told.values())

    @property
    def used(self) -> bool:
        return any(told.ice for told in self._told.values())

    # --- what we read -----------------------------------------------------------------------------

    def takes(self, what: Said, default: Address | None) -> bool:
        """May this side have it so?"""
        return self.reach.ice != "require" or usable(what, default) is not None

    def agreed(
        self, index: int, what: Said, default: Address | None
    ) -> tuple[IcePlan | None, bool]:
        """What the relay shall do: its checks, and whether RTCP comes to the port of RTP."""
        told = self._told.get(index)
        if told is None:
            return None, False
        mux = told.mux and what.mux
        ice = usable(what, default) if told.ice else None
        if ice is None:
            return None, mux
        self._told[index] = replace(told, peer=(ice.ufrag, ice.pwd), agreed=True, mux=mux)
        plan = IcePlan(
            told.ufrag,
            told.pwd,
            ice.ufrag,
            ice.pwd,
            told.lite,
            told.controlling,
            () if told.lite else checkable(ice, self._shown),
        )
        return plan, mux

    def _of(self, index: int) -> Told:
        known = self._told.get(index)
        if known is None:
            known = self._told[index] = self._begun()
        return known

    def _restarted(self, told: Told) -> Told:
        if self._current is not None and told.ufrag == self._current[0]:
            self._current = None  # the first of the lines that restart together
        return self._begun()

    def _begun(self) -> Told:
        if self._current is None:
            self._current = self._random(_UFRAG_BYTES).hex(), self._random(_PWD_BYTES).hex()
        return Told(*self._current)


def _lines(told: Told, ip: str, port: int, *, both: bool) -> tuple[str, ...]:
    lines = ["a=rtcp-mux"] * told.mux
    if told.ice:
        if both:
            lines.insert(0, f"a=rtcp:{port + 1}")
        lines += [f"a=ice-ufrag:{told.ufrag}", f"a=ice-pwd:{told.pwd}"]
        lines += [*host_lines(ip, port, 2 if both else 1), "a=end-of-candidates"]
    return tuple(lines)


def dressed(faces: Faces, side: Connectivity, lines: Sequence[tuple[str, ...]]) -> Faces:
    """The faces with these lines behind theirs, by index."""
    if not any(lines):
        return faces
    media = []
    for index, more in enumerate(lines):
        face = faces.of(index)
        media.append(face.also(*more) if face is not None else None)
    head = ["a=ice-lite"] * side.lite + ["a=ice-options:trickle ice2"] * side.used
    return replace(faces, media=tuple(media), head=(*faces.head, *head))
