"""What the relay is told of one stream, from what both its ends described (RFC 3264 §5, §6)."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from media.control import KeyPlan, SidePlan, StreamPlan
from media.sdp.codec import Codec
from media.sdp.describe import SideView
from media.sdp.keying import passes_by
from media.sdp.laws import PCMA, PCMU
from media.sdp.numbering import crossing_numbers
from sbc.b2bua.media_side import Agreed, MediaSide, Transport, clocks, side_plan

_LAWS = {PCMU.payload_type, PCMA.payload_type}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One m-line as its peer has described it, and as we have described ours to that peer."""

    side: MediaSide
    view: SideView | None
    told: tuple[Codec, ...]
    """The codecs that we named to it."""
    transport: Transport
    epoch: int

    @property
    def said(self) -> tuple[Codec, ...]:
        return () if self.view is None else self.view.codecs


def closed_plan(index: int, a: Spoken, b: Spoken) -> StreamPlan:
    """The stream has ended: its ports are given back."""
    return StreamPlan(index, _plan(a), _plan(b), closed=True)


def stream_plan(index: int, a: Spoken, b: Spoken, *, keys: bool, swapped: bool) -> StreamPlan:
    """`keys`: they are pressed in different forms; `swapped`: both ends have another law."""
    # Who sends under another number than the other end wants is put right (RFC 3264 §5.1).
    plan_a = _plan(a, crossing_numbers((a.told, a.said), b.said))
    plan_b = _plan(b, crossing_numbers((b.told, b.said), a.said))
    if swapped:
        plan_a, plan_b = _with_law(plan_a), _with_law(plan_b)
    views = [view for view in (a.view, b.view) if view is not None]
    opaque = any(view.opaque for view in views) or _passes(a, b)
    if keys and not opaque and all(view.kind == "audio" for view in views):
        plan_a, plan_b = _with_keys(plan_a, a), _with_keys(plan_b, b)
    return StreamPlan(index, plan_a, plan_b, opaque=opaque)


def _passes(a: Spoken, b: Spoken) -> bool:
    """The ends have keys that we do not know."""
    one, other = a.side.ways, b.side.ways
    return all(
        each.view is not None and passes_by(one, other, each.view.transport) for each in (a, b)
    )


def _plan(spoken: Spoken, numbers: tuple[tuple[int, int], ...] = ()) -> SidePlan:
    agreed = Agreed(spoken.transport, spoken.told, numbers)
    return side_plan(spoken.side, spoken.view, agreed, spoken.epoch)


def _with_keys(plan: SidePlan, spoken: Spoken) -> SidePlan:
    form = spoken.side.profile.dtmf
    assert form != "pass"
    return replace(plan, keys=KeyPlan(form, clocks(spoken.said, ())))


def _with_law(plan: SidePlan) -> SidePlan:
    """Its sound changes its law on the way (G.711)."""
    (law,) = {codec.payload_type for codec in plan.codecs} & _LAWS
    (other,) = _LAWS - {law}
    return replace(plan, numbers=(*plan.numbers, (law, other)), laws=(law,))
