"""The media of one call: which ports it has, what each end described, and what the relay shall do.

An offer comes from one side and goes to the other as our own; its answer comes back the same way.
Only when both are known does the relay get its plan. The relay is never spoken to from here: the
call asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from config.model import CodecPolicy, Latching, RtpTimeout
from media.control import CodecClock, Opened, Program, Side, SidePlan, StreamPlan, StreamRequest
from media.sdp.anchor import BadAnswer, OriginTrack, SideView, anchored, answered, describe
from media.sdp.anchor import wanted_streams as streams_of
from media.sdp.policy import both
from media.sdp.session import Session

OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}


class NotAcceptable(Exception):
    """Nothing is left of the offer that both sides may use (C3): 488."""


@dataclass(frozen=True, slots=True)
class MediaSide:
    """What configuration and signalling say of one side; fixed for its life."""

    interface: str
    shown: str
    """Our address there, as advertised."""
    codecs: CodecPolicy
    latching: Latching
    timeout: RtpTimeout
    signalling_ip: str | None


class MediaPlan:
    __slots__ = (
        "_epochs",
        "_offered",
        "_offers",
        "_ports",
        "_refused",
        "_tracks",
        "_views",
        "session",
        "sides",
    )

    def __init__(
        self, session: str, a: MediaSide, b: MediaSide, session_ids: tuple[int, int]
    ) -> None:
        self.session = session
        self.sides: dict[Side, MediaSide] = {"a": a, "b": b}
        self._tracks: dict[Side, OriginTrack] = {
            "a": OriginTrack(session_ids[0], a.shown),
            "b": OriginTrack(session_ids[1], b.shown),
        }
        self._ports: dict[int, dict[Side, int]] = {}
        self._offers: dict[Side, Session] = {}
        """The open or last offer as it was sent, by the side that got it."""
        self._offered: dict[Side, Session] = {}
        """The same as it came, by the side that made it."""
        self._views: dict[Side, tuple[SideView, ...]] = {"a": (), "b": ()}
        self._refused: frozenset[int] = frozenset()
        """Lines that the last answer refused, whether a peer or a policy did."""
        self._epochs: dict[Side, int] = {"a": 0, "b": 0}

    @property
    def open(self) -> bool:
        """Does the relay hold ports for it?"""
        return bool(self._ports)

    @property
    def described(self) -> bool:
        """Has an offer found its answer?"""
        return self._epochs["a"] > 0

    def lacking(self, offer: Session, by: Side) -> tuple[StreamRequest, ...]:
        """Streams of an offer which still need ports. Raises NotAcceptable."""
        wanted = streams_of(offer, self._policy(by))
        if not wanted and any(not line.refused for line in offer.media):
            raise NotAcceptable
        a, b = self.sides["a"].interface, self.sides["b"].interface
        return tuple(
            StreamRequest(index, kind, a, b) for index, kind in wanted if index not in self._ports
        )

    def opened(self, reply: Opened) -> None:
        for stream in reply.streams:
            self._ports[stream.index] = {"a": stream.a, "b": stream.b}

    def forget(self) -> None:
        """The relay holds nothing for this call any more."""
        self._ports.clear()

    def offer(self, session: Session, by: Side) -> Session:
        """The offer of one side as the other shall get it."""
        to = OTHER[by]
        track = self._tracks[to]
        ours = track.stamp(anchored(session, track.origin, self._ports_of(to), self._policy(by)))
        self._offers[to] = ours
        self._offered[by] = session
        return ours

    def answer(self, session: Session, by: Side, *, again: bool = False) -> Session:
        """The answer of one side as the other shall get it, and both are learnt. Raises BadAnswer.

        `again`: the same answer as before, in a later message; it moves no latch.
        """
        to = OTHER[by]
        track = self._tracks[to]
        sent = self._offers.get(by)
        if sent is None:
            raise BadAnswer("an answer without an offer")
        ours = track.stamp(
            answered(sent, session, track.origin, self._ports_of(to), self._policy(by))
        )
        self._views = {to: describe(self._offered[to]), by: describe(session)}
        self._refused = frozenset(at for at, line in enumerate(ours.media) if line.refused)
        if not again:
            self._epochs[by] += 1
            self._epochs[to] += 1
        return ours

    def program(self, *, supervise: bool) -> Program:
        """All streams as the last offer and answer want them; those that ended give their ports
        back."""
        plans = []
        for index in sorted(self._ports):
            a, b = self._view("a", index), self._view("b", index)
            if a is None or b is None:
                continue  # asked for by an offer that is still open
            if index in self._refused:
                plans.append(StreamPlan(index, self._side("a", None), self._side("b", None), True))
                del self._ports[index]
            else:
                plans.append(StreamPlan(index, self._side("a", a), self._side("b", b)))
        timeouts = [side.timeout for side in self.sides.values()]
        return Program(
            self.session,
            tuple(plans),
            supervise,
            min(timeout.initial for timeout in timeouts),
            min(timeout.subsequent for timeout in timeouts),
        )

    def _ports_of(self, side: Side) -> dict[int, int]:
        return {index: ports[side] for index, ports in self._ports.items()}

    def _policy(self, by: Side) -> CodecPolicy:
        return _both(self.sides[by].codecs, self.sides[OTHER[by]].codecs)

    def _view(self, side: Side, index: int) -> SideView | None:
        views = self._views[side]
        return views[index] if index < len(views) else None

    def _side(self, side: Side, view: SideView | None) -> SidePlan:
        facts = self.sides[side]
        rtp = view.rtp if view else None
        six = rtp is not None and ":" in rtp[0]
        return SidePlan(
            rtp=rtp,
            rtcp=view.rtcp if view else None,
            sends=view.sends if view else False,
            receives=view.receives if view else False,
            latching=facts.latching.mode,
            window=facts.latching.window,
            prefix=facts.latching.prefix6 if six else facts.latching.prefix,
            signalling_ip=facts.signalling_ip,
            codecs=tuple(
                CodecClock(codec.payload_type, codec.name, codec.rate)
                for codec in (view.codecs if view else ())
            ),
            epoch=self._epochs[side],
        )


_both = lru_cache(maxsize=1024)(both)
"""What both sides allow: worked out once for each pair of policies."""
