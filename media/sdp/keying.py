"""How the packets of one side are protected: what we offer it, what we take of it (RFC 4568 §5.1,
RFC 5763 §5, RFC 8643, RFC 8842).

The sides of a call agree apart from each other. What is agreed follows from what the peer said last
and from what is kept here: our keys, one for each stream and suite, and who began the handshake. So
the same description gives the same keys again, and no cipher begins anew.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.model import Srtp
from media.control import Dtls, Sdes, SrtpKey
from media.sdp.face import PLAIN, UNCHANGED, Face, Faces, Said, said, session_marks
from media.sdp.sdes import SUITES, Crypto, new_key, read, write
from media.sdp.session import Session

Random = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What may be used towards one side."""

    clear: bool = True
    """Plain RTP."""
    keying: tuple[str, ...] = ()
    """`sdes`, `dtls`, in order of preference."""
    suites: tuple[str, ...] = ()
    """Of SDES."""
    passes: bool = False
    """DTLS of its peers goes through, where the other side lets it too (RFC 7879)."""


IN_CLEAR = Ways()


def ways_of(srtp: Srtp, *, secure_signalling: bool) -> Ways:
    if srtp.mode == "none":
        return IN_CLEAR
    if srtp.mode == "pass":
        return Ways(passes=True)
    sdes = secure_signalling or srtp.sdes_over_plain != "reject"
    keying = tuple(each for each in srtp.keying if each != "sdes" or sdes)
    return Ways(srtp.mode == "optional", keying, srtp.suites)


@dataclass(frozen=True, slots=True)
class _Profile:
    """A <proto> of RTP."""

    secure: bool
    dtls: bool = False


_PROFILES: Mapping[str, _Profile] = {
    "RTP/AVP": _Profile(secure=False),
    "RTP/SAVP": _Profile(secure=True),
    "UDP/TLS/RTP/SAVP": _Profile(secure=True, dtls=True),
}
"""Each has a twin with feedback (RFC 4585, RFC 5124), ending in F."""

_FINGERPRINT = re.compile(r"(sha-(?:224|256|384|512)) +([0-9A-F]{2}(?::[0-9A-F]{2}){15,63})", re.I)
"""RFC 8122 §5, without the hashes that can be forged."""
_TLS_ID = re.compile(r"[A-Za-z0-9+/_-]{20,255}")
_TLS_ID_BYTES = 15
_SETUPS = frozenset({"active", "passive", "actpass", "holdconn"})


@dataclass(frozen=True, slots=True)
class _ByDtls:
    fingerprints: tuple[str, ...]
    active: bool
    """We are."""


_InClear = tuple[()]
_Choice = Crypto | _ByDtls | _InClear


class Keying:
    """One side of one call."""

    __slots__ = ("_active", "_keys", "_random", "_tls_ids", "fingerprint", "ways")

    def __init__(self, ways: Ways, random: Random) -> None:
        self.ways = ways
        self.fingerprint = ""
        """Of our certificate, once the relay has said it."""
        self._random = random
        self._keys: dict[tuple[int, str], str] = {}
        self._active: dict[int, bool] = {}
        """By stream: were we the one who began its handshake?"""
        self._tls_ids: dict[int, tuple[str, str]] = {}
        """By stream: the peer's, and ours in the same association."""

    def again(self, ways: Ways) -> "Keying":
        """For another peer, who must not know what this one was told."""
        fresh = Keying(ways, self._random)
        fresh.fingerprint = self.fingerprint
        return fresh

    # --- what we write ----------------------------------------------------------------------------

    def offer(self, index: int, like: str) -> Face:
        """`like`: the <proto> of the line that we stand for."""
        if _profile(like) is None:
            return PLAIN
        ways, feedback = self.ways, "F" if like.endswith("F") else ""
        if ways.clear:  # RFC 8643: all that there is, beside plain RTP
            lines = [line for way in ways.keying for line in self._lines(index, way)]
            return Face(f"RTP/AVP{feedback}", tuple(lines))
        protocol = "UDP/TLS/RTP/SAVP" if ways.keying[0] == "dtls" else "RTP/SAVP"
        return Face(f"{protocol}{feedback}", tuple(self._lines(index, ways.keying[0])))

    def _lines(self, index: int, way: str) -> list[str]:
        if way == "dtls":
            _, ours = self._tls_ids.setdefault(index, ("", self._new_tls_id()))
            return [f"a=fingerprint:{self.fingerprint}", "a=setup:actpass", f"a=tls-id:{ours}"]
        return [
            write(tag, suite, self._key(index, suite))
            for tag, suite in enumerate(self.ways.suites, 1)
        ]

    def answer(self, index: int, offered: Said) -> Face:
        """To what this side offered."""
        if _profile(offered.protocol) is None:
            return PLAIN
        match self._choose(index, offered, offering=True):
            case None:
                return Face(offered.protocol, refused=True)
            case Crypto(tag, suite, _):
                return Face(
                    offered.protocol, (write(tag, suite.name, self._key(index, suite.name)),)
                )
            case _ByDtls(_, active):
                setup = f"a=setup:{'active' if active else 'passive'}"
                return Face(
                    offered.protocol,
                    (f"a=fingerprint:{self.fingerprint}", setup, *self._tls_id(index, offered)),
                )
            case _:
                return Face(offered.protocol)

    # --- what we read -----------------------------------------------------------------------------

    def takes(self, index: int, what: Said, *, offering: bool) -> bool:
        """May this side have it so? `offering`: it does, else it answers us."""
        if _profile(what.protocol) is None:
            return True  # no RTP; whether it is carried is not for us to say
        choice = self._choose(index, what, offering=offering)
        if isinstance(choice, Crypto) and not offering:
            name = choice.suite.name
            return choice.tag == self.ways.suites.index(name) + 1
        return choice is not None

    def agreed(self, index: int, what: Said, *, offered: bool) -> tuple[Sdes | None, Dtls | None]:
        """What the relay shall do. `offered`: this side did, else it answered."""
        match self._choose(index, what, offering=offered):
            case Crypto(_, suite, keys):
                theirs = tuple(SrtpKey(key.text, key.mki) for key in keys)
                return Sdes(suite.name, theirs, SrtpKey(self._key(index, suite.name))), None
            case _ByDtls(fingerprints, active):
                self._active[index] = active
                self._tls_id(index, what)
                return None, Dtls(active, fingerprints, what.tls_id or "")
            case _:
                return None, None

    def _choose(self, index: int, what: Said, *, offering: bool) -> _Choice | None:
        """The first way that both may go; None: there is none."""
        profile = _profile(what.protocol)
        if profile is None:
            return None
        for way in self.ways.keying:
            choice: _Choice | None = None
            if way == "dtls":
                choice = self._by_dtls(index, what, offering=offering)
            elif not profile.dtls:
                choice = self._by_sdes(what)
            if choice is not None:
                return choice
        return () if self.ways.clear and not profile.secure else None

    def _by_sdes(self, what: Said) -> Crypto | None:
        """The offerer's order counts (RFC 4568 §5.1.2)."""
        for value in what.crypto:
            crypto = read(value)
            if crypto is not None and crypto.suite.name in self.ways.suites:
                return crypto
        return None

    def _by_dtls(self, index: int, what: Said, *, offering: bool) -> _ByDtls | None:
        matches = [_FINGERPRINT.fullmatch(value) for value in what.fingerprints]
        known = tuple(f"{match[1].lower()} {match[2].upper()}" for match in matches if match)
        active = self._begin(index, what.setup, offering=offering)
        return None if not known or active is None else _ByDtls(known, active)

    def _begin(self, index: int, setup: str | None, *, offering: bool) -> bool | None:
        """Is it for us to begin? None: it will not have a handshake.

        Of a peer that leaves it open we wait to hear: it may sit behind a NAT, and cannot be
        reached before it speaks. What was agreed once stays so (RFC 8842 §5.3).
        """
        match setup:
            case "active":
                return False
            case "passive":
                return True
            case "actpass" if offering:
                return self._active.get(index, False)
            case None:  # RFC 4145 §4.1: an offerer is active, an answerer passive
                return not offering
            case _:
                return None

    def _key(self, index: int, suite: str) -> str:
        if (index, suite) not in self._keys:
            self._keys[index, suite] = new_key(self._random(SUITES[suite].size))
        return self._keys[index, suite]

    def _tls_id(self, index: int, what: Said) -> tuple[str, ...]:
        """Ours, to be said to a peer that has one; another of it means another association."""
        theirs = what.tls_id
        if theirs is None or _TLS_ID.fullmatch(theirs) is None:
            return ()
        known, ours = self._tls_ids.get(index, ("", ""))
        if known != theirs:
            ours = ours if ours and not known else self._new_tls_id()
            self._tls_ids[index] = theirs, ours
        return (f"a=tls-id:{ours}",)

    def _new_tls_id(self) -> str:
        return self._random(_TLS_ID_BYTES).hex()


def offered_faces(offer: Session, by: Keying, to: Keying) -> Faces:
    """Towards `to`, of an offer that `by` made."""
    if by.ways is IN_CLEAR and to.ways is IN_CLEAR:
        return UNCHANGED
    marks = session_marks(offer.lines)
    faces: list[Face | None] = []
    for index, line in enumerate(offer.media):
        what = said(line, marks)
        if passes_by(by.ways, to.ways, what):
            faces.append(_passing(line.protocol, what))
            continue
        taken = line.refused or by.takes(index, what, offering=True)
        faces.append(to.offer(index, line.protocol) if taken and _can_offer(to.ways) else None)
    return Faces(tuple(faces))


def answered_faces(made: Session, answer: Session, by: Keying, to: Keying) -> Faces:
    """Towards `to`, which made the offer, of the answer that `by` gave."""
    if by.ways is IN_CLEAR and to.ways is IN_CLEAR:
        return UNCHANGED
    offer_marks, marks = session_marks(made.lines), session_marks(answer.lines)
    faces: list[Face | None] = []
    for index, (offered, line) in enumerate(zip(made.media, answer.media, strict=False)):
        asked, what = said(offered, offer_marks), said(line, marks)
        if passes_by(to.ways, by.ways, asked):
            passing = passes_by(by.ways, to.ways, what)
            refused = Face(offered.protocol, refused=True)
            faces.append(_passing(offered.protocol, what) if passing else refused)
            continue
        face = to.answer(index, asked)
        taken = line.refused or by.takes(index, what, offering=False)
        faces.append(face if taken else Face(face.protocol or offered.protocol, refused=True))
    return Faces(tuple(faces))


def passes_by(one: Ways, other: Ways, what: Said) -> bool:
    """A handshake that is none of ours."""
    return one.passes and other.passes and bool(what.fingerprints)


def _passing(protocol: str, what: Said) -> Face:
    """What the ends need to find each other's certificate, and nothing that says more."""
    lines = [f"a=fingerprint:{each}" for each in what.fingerprints if _FINGERPRINT.fullmatch(each)]
    if what.setup in _SETUPS:
        lines.append(f"a=setup:{what.setup}")
    if what.tls_id is not None and _TLS_ID.fullmatch(what.tls_id):
        lines.append(f"a=tls-id:{what.tls_id}")
    return Face(protocol, tuple(lines))


def _can_offer(ways: Ways) -> bool:
    return ways.clear or bool(ways.keying)


def _profile(protocol: str) -> _Profile | None:
    return _PROFILES.get(protocol.removesuffix("F"))
