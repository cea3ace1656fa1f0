"""Codec policy: which codecs of an m-line may stay, in which order, and what must go with them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from config.model import CodecPolicy, MediaProfile
from media.sdp.allowlist import EVERY_KIND, Rules
from media.sdp.codec import Codec, is_real
from media.sdp.datagrams import FORMS

EVERY_CODEC = CodecPolicy()

NO_CODEC = ("-",)
"""Allows nothing, where an empty list would allow everything: no codec has this name."""

_APT = re.compile(r"(?:^|[; ])apt=([0-9]{1,3}) *(?:;|$)")
_RED = re.compile(r"[0-9]{1,3}(?:/[0-9]{1,3})*")


def apply_codecs(
    codecs: Sequence[Codec], policy: CodecPolicy, *, reorder: bool = True
) -> tuple[Codec, ...]:
    """What is left of `codecs`; nothing when no real codec is (RFC 3264 §6: refuse the line).

    An answer must not be reordered: its first codec is the one that the answerer uses. A line that
    never had a real codec, such as one for telephone-events (RFC 4317 §2.4), may stay without.
    """
    allowed = _lower(policy.allow)
    kept = [codec for codec in codecs if not allowed or codec.key[0] in allowed]
    if any(map(is_real, codecs)):
        kept = _in_step(kept)
    if reorder and policy.order:
        ranks = _ranks(policy.order)
        kept.sort(key=lambda codec: ranks.get(codec.key[0], len(ranks)))
    return tuple(kept)


def _in_step(codecs: list[Codec]) -> list[Codec]:
    """Without the companions whose clock or whose codec is gone."""
    rates = {codec.rate for codec in codecs if is_real(codec)}
    kept = [codec for codec in codecs if codec.rate in rates]
    # red names its codecs by number, and rtx may name red: in this order nothing dangles.
    names = {codec.key[0] for codec in kept}
    for name, is_whole in _NAMING:
        if name in names:
            numbers = {codec.payload_type for codec in kept}
            kept = [c for c in kept if c.key[0] != name or is_whole(c, numbers)]
    return kept


def _red_is_whole(red: Codec, numbers: set[int]) -> bool:
    """RFC 2198 §5; video may leave the list out."""
    if red.fmtp is None:
        return True
    if _RED.fullmatch(red.fmtp.strip()) is None:
        return False
    return all(int(number) in numbers for number in red.fmtp.split("/"))


def _rtx_is_whole(rtx: Codec, numbers: set[int]) -> bool:
    """RFC 4588 §8.6: `apt` names the payload type that is sent again."""
    match = _APT.search(rtx.fmtp or "")
    return match is not None and int(match[1]) in numbers


_NAMING = (("red", _red_is_whole), ("rtx", _rtx_is_whole))


@lru_cache(maxsize=256)
def both(first: CodecPolicy, second: CodecPolicy) -> CodecPolicy:
    """One policy that lets by what both do; the order is that of `second`, if it has one."""
    order = second.order or first.order
    if not first.allow or not second.allow:
        return CodecPolicy(allow=first.allow or second.allow, order=order)
    common = tuple(name for name in second.allow if name.lower() in _lower(first.allow))
    return CodecPolicy(allow=common or NO_CODEC, order=order)


@lru_cache(maxsize=256)
def _lower(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


@lru_cache(maxsize=256)
def _ranks(names: tuple[str, ...]) -> dict[str, int]:
    return {name.lower(): rank for rank, name in reversed(list(enumerate(names)))}


@lru_cache(maxsize=256)
def rules_of(first: MediaProfile, second: MediaProfile) -> Rules:
    """What two peers may exchange: only what both profiles relay."""

    def both_relay(name: str) -> bool:
        return {getattr(first, name), getattr(second, name)} == {"relay"}

    return Rules(
        kinds=EVERY_KIND - {kind for kind in ("video", "text") if not both_relay(kind)},
        datagrams=frozenset(name for name in FORMS if both_relay(name)),
    )
