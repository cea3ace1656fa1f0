"""How packets travel on the two sides of a call, and so what our descriptions say of it there.

Keys (SRTP) and ways (ICE, RTCP-mux) are agreed on each side by itself. From what a peer says of its
own transport and from what we may use towards it come the faces of our m-lines, and the part of a
plan that is about them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from media.control import Side
from media.sdp.anchor import BadAnswer, NotSecured, SideView
from media.sdp.connectivity import Connectivity, dressed
from media.sdp.describe import describe
from media.sdp.face import Faces
from media.sdp.keying import IN_CLEAR, Keying, Random, answered_faces, offered_faces
from media.sdp.session import Session
from sbc.b2bua.media_side import PLAIN_TRANSPORT, MediaSide, Transport

OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}


_BROWSER = "UDP/TLS/RTP/"
_WITHOUT_FEEDBACK = {"RTP/AVPF": "RTP/AVP", "RTP/SAVPF": "RTP/SAVP"}


class Facing:
    __slots__ = ("_keyings", "_reaches", "_sides")

    def __init__(self, sides: Mapping[Side, MediaSide], random: Random) -> None:
        self._sides = dict(sides)
        self._keyings = {side: Keying(facts.ways, random) for side, facts in sides.items()}
        self._reaches = {side: Connectivity(facts.reach, random) for side, facts in sides.items()}

    def certified(self, fingerprint: str) -> None:
        """By the relay, for the handshakes of this session."""
        for keying in self._keyings.values():
            keying.fingerprint = fingerprint

    def takes(self, side: Side, facts: MediaSide) -> None:
        """Another target stands there from now on, and learns nothing of what the last one was
        told."""
        self._sides[side] = facts
        self._keyings[side] = self._keyings[side].again(facts.ways)
        self._reaches[side] = self._reaches[side].again(facts.reach)

    # --- what we write ----------------------------------------------------------------------------

    def offered(self, offer: Session, by: Side, ports: Mapping[int, int]) -> Faces:
        """Towards the other side, for an offer of this one. `ports`: ours there, by m-line."""
        to = OTHER[by]
        faces = for_phones(offer, offered_faces(offer, self._keyings[by], self._keyings[to]))
        if self._reaches[by].reach.ice == "require":
            faces = self._only_with_ice(faces, describe(offer), by)
        reach = self._reaches[to]
        if reach.idle:
            return faces
        shown, count = self._sides[to].shown, len(offer.media)
        lines = [
            reach.offer(index, shown, ports[index]) if index in ports else ()
            for index in range(count)
        ]
        return dressed(faces, reach, lines)

    def _only_with_ice(self, faces: Faces, views: Sequence[SideView], by: Side) -> Faces:
        takes = self._reaches[by].takes
        media = (
            faces.of(view.index)
            if view.refused or view.opaque or takes(view.transport, view.rtp)
            else None
            for view in views
        )
        return replace(faces, media=tuple(media))

    def answered(
        self,
        made: Session,
        answer: Session,
        views: Mapping[Side, Sequence[SideView]],
        by: Side,
        ports: Mapping[int, int],
    ) -> Faces:
        """Towards the other side, which has offered `made`, of the answer that this one gave.
        Raises NotSecured, BadAnswer."""
        to = OTHER[by]
        faces = answered_faces(made, answer, self._keyings[by], self._keyings[to])
        for index, line in enumerate(answer.media):
            face = faces.of(index)
            if face is not None and face.refused and not line.refused:
                raise NotSecured("an answer without the SRTP that is required")
        if self._reaches[by].reach.ice == "require":
            self._check_ice(views[by], by)
        reach, shown = self._reaches[to], self._sides[to].shown
        lines = [
            reach.answer(view.index, view.transport, view.rtp, shown, ports[view.index])
            if view.index in ports and not view.opaque
            else ()
            for view in views[to]
        ]
        return dressed(faces, reach, lines)

    def _check_ice(self, views: Sequence[SideView], by: Side) -> None:
        takes = self._reaches[by].takes
        for view in views:
            if not view.refused and not view.opaque and not takes(view.transport, view.rtp):
                raise BadAnswer("an answer without the ICE that is required")

    # --- what we read -----------------------------------------------------------------------------

    def agreed(self, side: Side, view: SideView, *, offered: bool) -> Transport:
        """`offered`: this side did, else it answered."""
        if view.opaque:
            return PLAIN_TRANSPORT
        sdes, dtls, said = None, None, view.transport
        if self._sides[side].ways is not IN_CLEAR:
            sdes, dtls = self._keyings[side].agreed(view.index, said, offered=offered)
        ice, mux = self._reaches[side].agreed(view.index, said, view.rtp)
        if sdes is None and dtls is None and ice is None and not mux:
            return PLAIN_TRANSPORT
        return Transport(sdes, dtls, ice, mux)


def for_phones(offer: Session, faces: Faces) -> Faces:
    """A browser asks for feedback (RFC 4585) on sound too, and phones refuse what they do not know:
    towards who is not offered DTLS its sound is under the profile without."""
    if not any(line.protocol.startswith(_BROWSER) for line in offer.media):
        return faces
    media = []
    for index, line in enumerate(offer.media):
        face = faces.of(index)
        if face is not None and line.kind == "audio" and face.protocol in _WITHOUT_FEEDBACK:
            face = replace(face, protocol=_WITHOUT_FEEDBACK[face.protocol])
        media.append(face)
    return replace(faces, media=tuple(media))
