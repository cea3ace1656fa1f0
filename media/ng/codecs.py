"""Which codecs of an m-line go on to the other end, as `codec` and its flags say."""

from collections.abc import Sequence

from media.ng.wishes import Wishes
from media.sdp.codec import Codec, is_real
from media.sdp.media_description import Media
from media.sdp.session import Session

_ALL = frozenset({"all", "full"})


def filtered(session: Session, wishes: Wishes, *, answer: bool) -> Session:
    """The same description without what shall not go on."""
    single = answer and wishes.has("single-codec")
    if not wishes.codec and not single:
        return session
    media = [_line(line, wishes, single) for line in session.media]
    return Session(session.lines, media, session.connection_ip)


def _line(line: Media, wishes: Wishes, single: bool) -> Media:
    codecs = _ordered(_left(line.codecs, wishes), wishes.codec.offer)
    if not any(map(is_real, codecs)) and not wishes.has("allow-no-codec-media"):
        codecs = list(line.codecs)
    if single:
        codecs = _single(codecs)
    if not codecs and not wishes.has("allow-no-codec-media"):
        return line
    return Media(
        line.kind,
        line.port,
        line.protocol,
        [str(codec.payload_type) for codec in codecs],
        line.lines,
        connection_ip=line.connection_ip,
        session_direction=line.session_direction,
        port_count=line.port_count,
    )


def _left(codecs: Sequence[Codec], wishes: Wishes) -> list[Codec]:
    strip, spared = wishes.codec.strip, (*wishes.codec.spared, *wishes.codec.offer)
    everything = any(name.lower() in _ALL for name in strip)
    return [
        codec for codec in codecs if names(spared, codec) or not (everything or names(strip, codec))
    ]


def _ordered(codecs: list[Codec], first: tuple[str, ...]) -> list[Codec]:
    """Those that are named come first, in that order."""
    ranks = {name: rank for rank, name in reversed(list(enumerate(first)))}

    def rank(codec: Codec) -> int:
        return min((ranks[name] for name in first if names((name,), codec)), default=len(ranks))

    return sorted(codecs, key=rank)


def _single(codecs: list[Codec]) -> list[Codec]:
    """The first codec, and events by its clock."""
    first = next(filter(is_real, codecs), None)
    if first is None:
        return codecs
    return [
        codec
        for codec in codecs
        if codec is first or (not is_real(codec) and codec.rate == first.rate)
    ]


def names(wanted: tuple[str, ...], codec: Codec) -> bool:
    """`PCMA`, `opus/48000/2` or `8`."""
    return any(_names(name, codec) for name in wanted)


def _names(name: str, codec: Codec) -> bool:
    if name.isdigit():
        return name == str(codec.payload_type)
    encoding, *numbers = name.lower().split("/")
    has = [str(codec.rate), str(codec.channels)]
    return encoding == codec.key[0] and numbers[:2] == has[: len(numbers[:2])]
