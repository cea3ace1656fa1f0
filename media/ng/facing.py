"""How packets travel on each side of a talk, as the flags ask: SRTP, ICE and RTCP-mux.

The keys and the ways of each side are agreed by the border's own code (`keying`, `connectivity`);
here the flags of NG become what may be used there, and the lines get rtpengine's order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from config.model import IceMode, MuxMode
from media.control import Dtls, IcePlan, Sdes
from media.ng.wishes import Wishes
from media.sdp.address import family
from media.sdp.connectivity import Connectivity, Reach
from media.sdp.describe import SideView
from media.sdp.face import PLAIN, Face, Faces, Said
from media.sdp.keying import IN_CLEAR, Keying, Ways
from media.sdp.media_description import Media
from media.sdp.session import Session

Random = Callable[[int], bytes]

SUITES = (
    "AEAD_AES_256_GCM",
    "AEAD_AES_128_GCM",
    "AES_256_CM_HMAC_SHA1_80",
    "AES_256_CM_HMAC_SHA1_32",
    "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32",
)
"""In rtpengine's order, without those that are weak or of no use."""
PROTOCOLS = frozenset(
    f"{start}{end}" for start in ("RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVP") for end in ("", "F")
)
_ORDER = (
    *("rtcp", "rtcp-mux", "crypto", "setup", "fingerprint", "tls-id", "ptime"),
    *("ice-ufrag", "ice-pwd", "ice-options", "candidate", "end-of-candidates"),
)
_OFF = frozenset({"off", "no", "disable"})


@dataclass(slots=True)
class Travel:
    """Of one end."""

    keying: Keying
    reach: Connectivity
    ways: dict[int, Ways] = field(default_factory=dict)
    """By m-line: what may be used, since the last offer."""

    @property
    def plain(self) -> bool:
        """Nothing has been agreed that a new offer could disturb before it is answered."""
        return not self.reach.used and all(ways is IN_CLEAR for ways in self.ways.values())


def new_travel(random: Random) -> Travel:
    return Travel(Keying(IN_CLEAR, random), Connectivity(Reach(), random))


@dataclass(frozen=True, slots=True)
class Ours:
    """What we have towards the end that a description goes to."""

    travel: Travel
    address: str
    ports: Mapping[int, int]


def offered(
    session: Session, views: Sequence[SideView], by: Travel, to: Ours, wishes: Wishes
) -> Faces:
    """Of an offer that goes on. A line whose protocol we cannot speak has no face."""
    to.travel.reach.reach = _offering(views, wishes)
    by.reach.reach = Reach("none" if wishes.ice == "remove" else "accept", "accept")
    faces = [
        _offered(line, view, by, to, wishes)
        for line, view in zip(session.media, views, strict=True)
    ]
    return Faces(tuple(faces), _head(to.travel))


def answered(
    offer: Session,
    offer_views: Sequence[SideView],
    answer: Session,
    views: Sequence[SideView],
    by: Travel,
    to: Ours,
    asked: Wishes,
    wishes: Wishes,
) -> Faces:
    """Of an answer that goes back to the offerer. `asked`: what its offer came with."""
    mux = _accepts_mux(views, asked.rtcp_mux | wishes.rtcp_mux)
    ice: IceMode = "none" if "remove" in {asked.ice, wishes.ice} else "accept"
    to.travel.reach.reach = Reach(ice, mux)
    lines = zip(offer.media, offer_views, answer.media, views, strict=True)
    faces = [_answered(each, by, to, wishes) for each in lines]
    return Faces(tuple(faces), _head(to.travel))


def agreed(
    travel: Travel, view: SideView, *, offered: bool
) -> tuple[Sdes | None, Dtls | None, IcePlan | None, bool]:
    """What the relay shall do. `offered`: this end did, else it answered."""
    index, said = view.index, view.transport
    ways = travel.ways.get(index, IN_CLEAR)
    sdes, dtls = None, None
    if ways is not IN_CLEAR:
        travel.keying.ways = ways
        sdes, dtls = travel.keying.agreed(index, said, offered=offered)
    ice, mux = travel.reach.agreed(index, said, view.rtp)
    return sdes, dtls, ice, mux


def speaks(view: SideView, wishes: Wishes) -> bool:
    """Can an offered line be carried, from its protocol to the wanted one?"""
    if view.opaque:
        return True
    wanted = wishes.protocol or view.transport.protocol
    if view.transport.protocol not in PROTOCOLS or wanted not in PROTOCOLS:
        return False
    toward = ways_toward(wanted, wishes)
    return toward.clear or bool(toward.keying)


# --- what the flags allow -------------------------------------------------------------------------


def ways_toward(protocol: str, wishes: Wishes) -> Ways:
    """For what we offer under this <proto>."""
    if protocol.startswith("UDP/TLS/"):
        return Ways(False, ("dtls",), ())
    best_effort = "offer" in wishes.osrtp
    secure = "SAVP" in protocol
    if not secure and not best_effort:
        return IN_CLEAR
    suites = _suites(wishes.sdes)
    if secure:
        keying = ("sdes",) if suites else ()
        if not keying and wishes.dtls not in _OFF:
            keying = ("dtls",)
        return Ways(False, keying, suites)
    return Ways(True, ("sdes",), suites)


def ways_from(said: Said, wishes: Wishes) -> Ways:
    """For what is offered to us."""
    if "SAVP" in said.protocol:
        return Ways(False, ("sdes", "dtls"), SUITES)
    accepts = any(word.startswith("accept") for word in wishes.osrtp)
    return Ways(True, ("sdes", "dtls"), SUITES) if accepts else IN_CLEAR


def _possible(travel: Travel, ways: Ways) -> Ways:
    """Without a certificate there is no DTLS."""
    if "dtls" not in ways.keying or travel.keying.fingerprint:
        return ways
    return replace(ways, keying=tuple(way for way in ways.keying if way != "dtls"))


def _suites(words: tuple[str, ...]) -> tuple[str, ...]:
    """`off`, `no-SUITE`, `only-SUITE`, `order:A;B`."""
    low = [word.lower() for word in words]
    if _OFF & set(low):
        return ()
    only = {word[5:] for word in low if word.startswith("only-")}
    without = {word[3:] for word in low if word.startswith("no-")}
    kept = [
        suite
        for suite in SUITES
        if suite.lower() not in without and (not only or suite.lower() in only)
    ]
    first = [name for word in low if word.startswith("order:") for name in word[6:].split(";")]
    return tuple(sorted(kept, key=lambda suite: _place(suite.lower(), first)))


def _place(word: str, order: Sequence[str]) -> int:
    return order.index(word) if word in order else len(order)


def _offering(views: Sequence[SideView], wishes: Wishes) -> Reach:
    has_ice = any(view.transport.ice is not None for view in views)
    has_mux = any(view.transport.mux for view in views)
    forced = wishes.ice in {"force", "force-relay"}
    ice: IceMode = "offer" if forced or (has_ice and wishes.ice != "remove") else "none"
    asked = wishes.rtcp_mux & {"offer", "require"}
    mux: MuxMode = "offer" if asked or (has_mux and "demux" not in wishes.rtcp_mux) else "none"
    return Reach(ice, mux)


def _accepts_mux(views: Sequence[SideView], words: frozenset[str]) -> MuxMode:
    if "reject" in words:
        return "none"
    theirs = any(view.transport.mux for view in views)
    return "accept" if theirs or words & {"accept", "demux"} else "none"


# --- the lines ------------------------------------------------------------------------------------


def _offered(line: Media, view: SideView, by: Travel, to: Ours, wishes: Wishes) -> Face | None:
    index = view.index
    if view.opaque:
        return PLAIN
    if view.refused or not speaks(view, wishes):
        return None
    wanted = wishes.protocol or view.transport.protocol
    by.ways[index] = by.keying.ways = _possible(by, ways_from(view.transport, wishes))
    if not by.keying.takes(index, view.transport, offering=True):
        return None
    ways = _possible(to.travel, ways_toward(wanted, wishes))
    if not ways.clear and not ways.keying:
        return None
    to.travel.ways[index] = to.travel.keying.ways = ways
    face = to.travel.keying.offer(index, wanted)
    port = to.ports.get(index, 0)
    reach = to.travel.reach
    more = () if reach.idle else reach.offer(index, to.address, port)
    single = "require" in wishes.rtcp_mux
    return _face(wanted, (*face.lines, *more), port, single, line.attribute("ptime"), to, wishes)


def _answered(
    each: tuple[Media, SideView, Media, SideView], by: Travel, to: Ours, wishes: Wishes
) -> Face | None:
    offered, offer_view, line, view = each
    index = view.index
    if offer_view.opaque or view.opaque:
        return PLAIN
    travel = to.travel
    by.keying.ways, travel.keying.ways = (
        by.ways.get(index, IN_CLEAR),
        travel.ways.get(index, IN_CLEAR),
    )
    said = offer_view.transport
    if said.protocol not in PROTOCOLS or offered.refused:
        return None
    face = travel.keying.answer(index, said)
    taken = not line.refused and by.keying.takes(index, view.transport, offering=False)
    if face.refused or not taken:
        return Face(said.protocol, refused=True)
    port = to.ports.get(index, 0)
    more = travel.reach.answer(index, said, offer_view.rtp, to.address, port)
    ptime = line.attribute("ptime") or offered.attribute("ptime")
    protocol = _restored(said.protocol, wishes)
    lines = (*face.lines, *more)
    return _face(protocol, lines, port, "a=rtcp-mux" in more, ptime, to, wishes)


def _restored(protocol: str, wishes: Wishes) -> str:
    """The offerer's own; only feedback may be said otherwise in clear."""
    plain = ("RTP/AVP", "RTP/AVPF")
    return wishes.protocol if protocol in plain and wishes.protocol in plain else protocol


def _face(
    protocol: str,
    lines: Sequence[str],
    port: int,
    single: bool,
    ptime: str | None,
    to: Ours,
    wishes: Wishes,
) -> Face:
    """`single`: RTCP has no port of its own."""
    own = [line for line in lines if not line.startswith("a=rtcp:")]
    if not wishes.has("no-rtcp-attribute"):
        at = f" IN {family(to.address)} {to.address}"
        full = at if wishes.has("full-rtcp-attribute") else ""
        own.append(f"a=rtcp:{port if single else port + 1}{full}")
    if ptime:
        own.append(f"a=ptime:{ptime}")
    own.sort(key=lambda line: _place(line[2:].partition(":")[0], _ORDER))
    return Face(protocol, tuple(own))


def _head(travel: Travel) -> tuple[str, ...]:
    return ("a=ice-lite",) if travel.reach.lite else ()
