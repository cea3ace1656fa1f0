"""The media of one call: which ports it has, what each end described, and what the relay shall do.

An offer comes from one side and goes to the other as our own; its answer comes back the same way.
Only when both are known does the relay get its plan. The relay is never spoken to from here: the
call asks.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from config.model import CodecPolicy
from media.control import Opened, Program, Side, StreamPlan, StreamRequest
from media.sdp import bundle, keys, laws
from media.sdp.anchor import (
    BadAnswer,
    OriginTrack,
    SideView,
    anchored,
    answered,
    describe,
)
from media.sdp.anchor import wanted_streams as streams_of
from media.sdp.codec import Codec
from media.sdp.fragment import Part, added
from media.sdp.keying import Random
from media.sdp.laws import Swapped
from media.sdp.policy import both, rules_of
from media.sdp.session import Session
from sbc.b2bua.facing import OTHER, Facing
from sbc.b2bua.media_side import PLAIN_TRANSPORT, MediaSide, Transport
from sbc.b2bua.planning import Spoken, closed_plan, stream_plan
from sbc.b2bua.talk import Talk, Views

Branch = Hashable
"""Names one conversation of a forked call: the called side's dialog. None: there is none yet."""


class NotAcceptable(Exception):
    """Nothing is left of the offer that both sides may use (C3): 488."""


class NotSecure(NotAcceptable):
    """It asks for SRTP that a side may not have, or has none that a side requires (C1, C2)."""


class MediaPlan:
    __slots__ = (
        "_begun",
        "_bundles",
        "_epochs",
        "_facing",
        "_keys",
        "_laws",
        "_offerer",
        "_ports",
        "_rules",
        "_talks",
        "_told",
        "_tracks",
        "_views",
        "moved",
        "open",
        "released",
        "session",
        "sides",
    )

    def __init__(
        self,
        session: str,
        a: MediaSide,
        b: MediaSide,
        session_ids: tuple[int, int],
        random: Random,
    ) -> None:
        self.session = session
        self.open = False
        """The relay has the session, even if all of its streams have ended."""
        self.released = False
        """Both ends know where the other one is, and need us no more (M2)."""
        self.moved: set[Side] = set()
        """Ends which were heard from elsewhere than they said."""
        self.sides: dict[Side, MediaSide] = {"a": a, "b": b}
        self._tracks: dict[Side, OriginTrack] = {
            "a": OriginTrack(session_ids[0], a.shown),
            "b": OriginTrack(session_ids[1], b.shown),
        }
        self._facing = Facing(self.sides, random)
        self._ports: dict[int, dict[Side, int]] = {}
        self._begun = Talk()
        """As the INVITE left it: where each branch begins."""
        self._talks: dict[Branch, Talk] = {}
        self._views: Views = {"a": (), "b": ()}
        self._told: Mapping[Side, Session] = {}
        self._laws: Mapping[int, Codec] = {}
        """Of the branch that the relay serves: the one that spoke last."""
        self._offerer: Side = "a"
        """Who made the offer that those views come from."""
        self._bundles: Mapping[Side, bundle.Bundle] = {}
        self._epochs: dict[Side, int] = {"a": 0, "b": 0}
        self._rules = rules_of(a.profile, b.profile)
        self._keys = keys.meet(a.profile.dtmf, b.profile.dtmf)
        """The border translates the keys that are pressed."""

    @property
    def described(self) -> bool:
        """Has an offer found its answer, so that media may flow?"""
        return self._epochs["a"] > 0

    # --- ports ------------------------------------------------------------------------------------

    def lacking(self, offer: Session, by: Side, branch: Branch) -> tuple[StreamRequest, ...]:
        """Streams of an offer which still need ports. Raises NotAcceptable."""
        faces, rules = self._facing.offered(offer, by, {}), self._rules
        swap = self._in_other_law(offer, by)
        wanted = streams_of(swap.session, self._policy(by, swap), rules=rules, faces=faces)
        if not wanted and any(not line.refused for line in offer.media):
            raise NotSecure if None in faces.media else NotAcceptable
        if len(offer.media) < len(self._talk(branch).views[by]):
            raise NotAcceptable  # RFC 3264 §8: an m= line may be refused, never taken away
        a, b = self.sides["a"].interface, self.sides["b"].interface
        return tuple(
            StreamRequest(index, kind, a, b) for index, kind in wanted if index not in self._ports
        )

    def opened(self, reply: Opened) -> None:
        self.open = True
        self._facing.certified(reply.fingerprint)
        for stream in reply.streams:
            self._ports[stream.index] = {"a": stream.a, "b": stream.b}

    def forget(self) -> None:
        """The relay holds nothing for this call any more."""
        self.open = False
        self._ports.clear()

    # --- offer and answer -------------------------------------------------------------------------

    def offer(self, session: Session, by: Side, branch: Branch = None) -> Session:
        """The offer of one side as the other shall get it."""
        to = OTHER[by]
        track = self._tracks[to]
        swap = self._in_other_law(session, by)
        ports, policy = self._ports_of(to), self._policy(by, swap)
        faces, rules = self._facing.offered(session, by, ports), self._rules
        ours = anchored(swap.session, track.origin, ports, policy, rules=rules, faces=faces)
        if self._keys:
            ours = keys.offered(ours, self.sides[to].profile.dtmf)
        talk = self._talk(branch)
        talk.bundles[to] = kept = talk.bundles.get(to, bundle.NONE).within(ours)
        ours = track.stamp(bundle.written(ours, kept))
        talk.sent[to] = ours
        talk.made[by] = talk.said[by] = session
        talk.told[to] = ours
        talk.laws = swap.laws
        return ours

    def answer(self, session: Session, by: Side, branch: Branch, *, again: bool = False) -> Session:
        """The answer of one side as the other shall get it, and both are learnt. Raises BadAnswer.

        `again`: it may be the same as in an earlier message, which moves no latch.
        """
        ours = self._tracks[OTHER[by]].stamp(self.learn(session, by, branch, again=again))
        talk = self._talk(branch)
        talk.answer = talk.told[OTHER[by]] = ours
        return ours

    def learn(self, session: Session, by: Side, branch: Branch, *, again: bool = False) -> Session:
        """Takes up an answer that goes no further; returns what it comes to. Raises BadAnswer."""
        to = OTHER[by]
        talk = self._talk(branch)
        sent = talk.sent.get(by)
        if sent is None:
            raise BadAnswer("an answer without an offer")
        origin, ports = self._tracks[to].origin, self._ports_of(to)
        policy = self.sides[by].codecs if talk.laws else self._policy(by)
        made, rules = talk.made[to], self._rules
        views: Views = {to: describe(made), by: describe(session)}
        faces = self._facing.answered(made, session, views, by, ports)
        ours = answered(sent, session, origin, ports, policy, rules=rules, faces=faces)
        if talk.laws:
            ours = laws.back(ours, talk.laws)
        if self._keys:
            ours = keys.answered(ours, made, self.sides[to].profile.dtmf)
        talk.bundles[to] = kept = bundle.accepted(made, ours)
        ours = bundle.written(ours, kept)
        talk.said[by] = session
        talk.views = {to: views[to], by: _taken(views[by], ours)}
        talk.offerer = to
        self._serve(talk, again=again)
        return ours

    def said_again(self, to: Side, branch: Branch) -> Session | None:
        """What we last told this side, to be offered to it once more."""
        return self._talk(branch).told.get(to)

    def said_by(self, side: Side, branch: Branch) -> Session | None:
        """The last description of this side."""
        return self._talk(branch).said.get(side)

    def goes_on(self, side: Side, plan: MediaPlan, was: Side) -> None:
        """That peer has heard us in another plan: for it the versions go on (RFC 3264 §8)."""
        self._tracks[side] = plan._tracks[was]
        if was in plan._bundles:
            self._begun.bundles[side] = plan._bundles[was]

    def told_before(self, to: Side, branch: Branch) -> Session | None:
        """What we last told this side of this plan, as news after another plan has spoken."""
        talk = self._talk(branch)
        if to in talk.told:
            talk.told[to] = self._tracks[to].stamp(talk.told[to])
        return talk.told.get(to)

    def apart(self, to: Side, branch: Branch) -> Session:
        """An offer with the real address of the other end; that of a session is that of its first
        stream."""
        talk, other = self._talk(branch), OTHER[to]
        said, track = talk.said[other], self._tracks[to]
        live = [line for line in said.media if line.rtp is not None]
        ports = {index: line.port for index, line in enumerate(said.media)}
        origin = replace(track.origin, address=live[0].connection_ip or track.origin.address)
        ours = track.stamp(anchored(said, origin, ports, self._policy(other), rules=self._rules))
        talk.ours[to] = talk.told[to]
        talk.sent[to] = talk.told[to] = ours
        talk.made[other] = said
        talk.offerer = other
        return ours

    def together(self, to: Side, branch: Branch) -> Session:
        """An offer with our own address, as before."""
        talk = self._talk(branch)
        talk.told[to] = self._tracks[to].stamp(talk.ours[to])
        return talk.told[to]

    @property
    def views(self) -> Views:
        return self._views

    @property
    def converts(self) -> bool:
        """The relay changes what passes: the ends could not do without it."""
        return self._keys or bool(self._laws)

    def refreshed(self, session: Session, by: Side, branch: Branch) -> None:
        """The answer to that; where it is the same again, nothing moves. Raises BadAnswer."""
        talk, to = self._talk(branch), OTHER[by]
        talk.sent[by] = talk.told[by]
        talk.made[to] = talk.said[to]
        self.learn(session, by, branch, again=True)

    def resume(self, branch: Branch) -> Session | None:
        """This branch has the call, with what it said before: our answer as it was sent."""
        talk = self._talk(branch)
        if talk.answer is not None:
            self._serve(talk, again=True)
        return talk.answer

    def trickled(self, parts: Sequence[Part], side: Side, branch: Branch) -> bool:
        """Candidates of this side that came after its description; False: they are no news."""
        talk = self._talk(branch)
        said, views = talk.said.get(side), talk.views[side]
        new = views if said is None else added(views, said, parts)
        if new == views:
            return False
        served = self._views is talk.views
        talk.views = {**talk.views, side: new}
        if served:
            self._views = talk.views
        return served

    def settle(self, branch: Branch) -> None:
        """The other branches are over."""
        self._talks = {branch: self._talk(branch)}

    def _talk(self, branch: Branch) -> Talk:
        if branch is None:
            return self._begun
        found = self._talks.get(branch)
        if found is None:
            found = self._talks[branch] = self._begun.copy()
        return found

    def _serve(self, talk: Talk, *, again: bool) -> None:
        views = talk.views
        if not again or views != self._views:
            self._epochs["a"] += 1
            self._epochs["b"] += 1
        self._views, self._told, self._laws = views, talk.told, talk.laws
        self._offerer, self._bundles = talk.offerer, talk.bundles

    # --- how packets travel on each side ----------------------------------------------------------

    def takes(self, side: Side, facts: MediaSide) -> None:
        """Another target stands there from now on, and learns nothing of what the last one was
        told."""
        self.sides[side] = facts
        self._facing.takes(side, facts)

    # --- what the relay shall do ------------------------------------------------------------------

    def program(self, *, answered: bool) -> Program:
        """All streams as the last offer and answer want them. Once the call is answered, those that
        ended give their ports back; before, another branch may still use them."""
        plans = []
        for index in sorted(self._ports):
            a, b = self._view("a", index), self._view("b", index)
            if a is None or b is None:
                continue  # asked for by an offer that is still open
            if not a.refused and not b.refused:
                plans.append(self._stream(index, a, b))
            elif answered:
                ended = self._spoken("a", index, None), self._spoken("b", index, None)
                plans.append(closed_plan(index, *ended))
                del self._ports[index]
        timeouts = [side.profile.rtp_timeout for side in self.sides.values()]
        return Program(
            self.session,
            tuple(plans),
            answered and not self.released,
            min(timeout.initial for timeout in timeouts),
            min(timeout.subsequent for timeout in timeouts),
        )

    def _stream(self, index: int, a: SideView, b: SideView) -> StreamPlan:
        return stream_plan(
            index,
            self._spoken("a", index, a),
            self._spoken("b", index, b),
            keys=self._keys,
            swapped=index in self._laws,
        )

    def _spoken(self, side: Side, index: int, view: SideView | None) -> Spoken:
        facts, epoch = self.sides[side], self._epochs[side]
        if view is None:
            return Spoken(facts, None, (), PLAIN_TRANSPORT, epoch)
        transport = self._facing.agreed(side, view, offered=side == self._offerer)
        carrier = self._bundles.get(side, bundle.NONE).carrier(index)
        if carrier is not None:
            transport = Transport(mux=True, bundle=carrier)
        return Spoken(facts, view, self._told_codecs(side, index), transport, epoch)

    def _told_codecs(self, side: Side, index: int) -> tuple[Codec, ...]:
        told = self._told.get(side)
        lines = told.media if told is not None else ()
        return lines[index].codecs if index < len(lines) else ()

    def _ports_of(self, side: Side) -> dict[int, int]:
        return {index: ports[side] for index, ports in self._ports.items()}

    def _in_other_law(self, offer: Session, by: Side) -> Swapped:
        own, other = self.sides[by].codecs, self.sides[OTHER[by]].codecs
        return laws.for_peer(offer, own, other) if own.allow and other.allow else Swapped(offer)

    def _policy(self, by: Side, swap: Swapped | None = None) -> CodecPolicy:
        """What both let by; of an offer in the other law, the policy of who gets it."""
        if swap is not None and swap.laws:
            return self.sides[OTHER[by]].codecs
        return both(self.sides[by].codecs, self.sides[OTHER[by]].codecs)

    def _view(self, side: Side, index: int) -> SideView | None:
        views = self._views[side]
        return views[index] if index < len(views) else None


def _taken(views: tuple[SideView, ...], ours: Session) -> tuple[SideView, ...]:
    """A line that came back refused is refused, even if a policy did it and not the answerer."""
    pairs = zip(views, ours.media, strict=True)
    return tuple(
        replace(view, refused=True) if line.refused and not view.refused else view
        for view, line in pairs
    )
