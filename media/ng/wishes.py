"""What an offer or an answer asks for beside its SDP, typed. What nobody knows is passed over."""

from dataclasses import dataclass, field

from media.ng.keys import Keys
from media.sdp.address import canonical

LEARNING = frozenset({"off", "immediate", "delayed", "heuristic"})
_FAMILIES = {"ip4": "IP4", "ipv4": "IP4", "ip6": "IP6", "ipv6": "IP6"}

_WEBRTC = {
    "transport-protocol": "UDP/TLS/RTP/SAVPF",
    "ice": "force",
}
_WEBRTC_WORDS = {
    "rtcp-mux": ["offer", "require"],
    "flags": ["trickle-ice", "no-rtcp-attribute", "generate-mid"],
    "sdes": ["off"],
}


@dataclass(frozen=True, slots=True)
class CodecWishes:
    """Names as in rtpmap, with or without rate and channels, or payload numbers; or `all`."""

    strip: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    """`except`."""
    offer: tuple[str, ...] = ()
    """Stay, and come first in this order."""

    def __bool__(self) -> bool:
        return bool(self.strip or self.offer)


@dataclass(frozen=True, slots=True)
class Wishes:
    replace: frozenset[str] = frozenset()
    ice: str | None = None
    protocol: str | None = None
    """`transport-protocol`: towards the receiver of this SDP."""
    received_from: str | None = None
    media_address: str | None = None
    family: str | None = None
    """`IP4` or `IP6`, towards the receiver."""
    interfaces: tuple[str | None, str | None] = (None, None)
    """Of the sender of this SDP, and of its receiver."""
    learning: str | None = None
    rtcp_mux: frozenset[str] = frozenset()
    dtls: str | None = None
    sdes: tuple[str, ...] = ()
    osrtp: frozenset[str] = frozenset()
    codec: CodecWishes = field(default_factory=CodecWishes)
    flags: frozenset[str] = frozenset()
    label: str | None = None
    set_label: str | None = None
    supports: frozenset[str] = frozenset()
    final: bool = False
    """It came in a final answer, so the to-tag stays."""

    def has(self, flag: str) -> bool:
        return flag in self.flags


def wishes_of(keys: Keys) -> Wishes:
    if "webrtc" in keys.lower("flags"):
        for key, text in _WEBRTC.items():
            keys.texts.setdefault(key, text)
        for key, words in _WEBRTC_WORDS.items():
            keys.add_words(key, words)
    learning = (keys.text("endpoint-learning") or "").lower()
    dtls = (keys.text("dtls") or "").lower()
    ice = (keys.text("ice") or "").lower()
    return Wishes(
        replace=keys.lower("replace"),
        ice=ice or None,
        protocol=keys.text("transport-protocol"),
        received_from=_address(keys.several("received-from")),
        media_address=_address((keys.text("media-address") or "",)),
        family=_FAMILIES.get((keys.text("address-family") or "").lower()),
        interfaces=_interfaces(keys),
        learning=learning if learning in LEARNING else None,
        rtcp_mux=keys.lower("rtcp-mux"),
        dtls=dtls or None,
        sdes=keys.several("sdes"),
        osrtp=keys.lower("osrtp"),
        codec=CodecWishes(
            keys.several("codec-strip"),
            keys.several("codec-except"),
            keys.several("codec-offer"),
        ),
        flags=keys.lower("flags"),
        label=keys.text("label") or keys.text("from-label"),
        set_label=keys.text("set-label"),
        supports=keys.lower("supports"),
        final=(keys.number("sip-code") or 0) >= 200 and "provisional" not in keys.lower("flags"),
    )


def _address(words: tuple[str, ...]) -> str | None:
    """`[IP4, 192.0.2.1]`, or the address alone."""
    return canonical(words[-1]) if words and words[-1] else None


def _interfaces(keys: Keys) -> tuple[str | None, str | None]:
    both = keys.text("interface")
    first = keys.text("from-interface") or both
    second = keys.text("to-interface") or both
    named = keys.several("direction")
    if named:
        first = first or named[0]
        second = second or (named[1] if len(named) > 1 else None)
    return first, second
