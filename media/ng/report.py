"""The answer to `query` and `delete`: what the relay knows of a call, in rtpengine's shape."""

from collections.abc import Sequence
from dataclasses import dataclass

from media.control import Address, SessionReport, Side, SideReport, StreamReport, Totals
from media.mos import mos
from media.ng.bencode import Value
from media.ng.interfaces import Interfaces
from media.ng.talk import OTHER, End, Talk
from media.sdp.describe import SideView

_FAMILY_NAMES = {True: "IPv6", False: "IPv4"}


@dataclass(frozen=True, slots=True)
class Clock:
    offset: float
    """What the relay's clock lacks to the seconds since 1970."""

    def wall(self, at: float) -> float:
        return at + self.offset


@dataclass(slots=True)
class Sums:
    packets: int = 0
    bytes: int = 0
    errors: int = 0

    def add(self, side: SideReport) -> None:
        self.packets += side.total.packets
        self.bytes += side.total.bytes
        self.errors += side.rejected + side.auth_failed + side.srtp_replayed

    def document(self) -> dict[str, Value]:
        return {"packets": self.packets, "bytes": self.bytes, "errors": self.errors}


def sums(reports: Sequence[SessionReport]) -> Sums:
    total = Sums()
    for report in reports:
        for stream in report.streams:
            total.add(stream.a)
            total.add(stream.b)
    return total


def call_report(
    talks: Sequence[tuple[Talk, SessionReport]], interfaces: Interfaces, clock: Clock
) -> dict[str, Value]:
    """All talks of one call."""
    created = clock.wall(min(talk.created for talk, _ in talks))
    signalled = clock.wall(max(talk.signalled_at for talk, _ in talks))
    tags: dict[str, dict[str, Value]] = {}
    sources: dict[str, Value] = {}
    for talk, report in talks:
        names = _names(talk, tags)
        for side, end in talk.ends.items():
            _add_tag(tags, names[side], end, names[OTHER[side]], clock)
            medias = tags[names[side]]["medias"]
            assert isinstance(medias, list)
            for stream in report.streams:
                medias.append(_media(talk, side, stream, interfaces, clock))
                _add_source(sources, stream, side)
    none: dict[str, Value] = Sums().document()
    return {
        "created": int(created),
        "created_us": int(created * 1_000_000) % 1_000_000,
        "created_ts": int(created),
        "last signal": int(signalled),
        "last redis update": 0,
        "SSRC": sources,
        "tags": tags,
        "totals": {"RTP": sums([report for _, report in talks]).document(), "RTCP": none},
    }


def _names(talk: Talk, tags: dict[str, dict[str, Value]]) -> dict[Side, str]:
    untagged = sum(name.startswith("<untagged") for name in tags) + 1
    return {
        side: end.tag if end.tag is not None else f"<untagged {untagged}>"
        for side, end in talk.ends.items()
    }


def _add_tag(
    tags: dict[str, dict[str, Value]], name: str, end: End, other: str, clock: Clock
) -> None:
    peer: Value = {
        "tag": other if not other.startswith("<untagged") else "",
        "type": "offer/answer",
    }
    found = tags.get(name)
    if found is not None:  # the caller of a forked call
        for key in ("subscriptions", "subscribers"):
            peers = found[key]
            assert isinstance(peers, list)
            peers.append(peer)
        return
    tag: dict[str, Value] = {"tag": end.tag or "", "created": int(clock.wall(end.created))}
    if end.label:
        tag["label"] = end.label
    if end.branch:
        tag["via-branch"] = end.branch
    tag["subscriptions"] = [peer]
    tag["subscribers"] = [peer]
    tag["medias"] = []
    tags[name] = tag


def _media(
    talk: Talk,
    side: Side,
    stream: StreamReport,
    interfaces: Interfaces,
    clock: Clock,
) -> dict[str, Value]:
    end = talk.ends[side]
    report = stream.a if side == "a" else stream.b
    view = end.views[stream.index] if stream.index < len(end.views) else None
    place = interfaces.place_of(report.interface)
    # A half-open call has no plan at the relay yet.
    expected = report.expected or (view.rtp if view else None)
    rtcp = view.rtcp if view else None
    return {
        "index": stream.index + 1,
        "type": stream.kind,
        "protocol": view.transport.protocol if view else "RTP/AVP",
        "flags": _media_flags(view, report),
        "streams": [
            _rtp(report, place, expected, clock.wall(talk.created)),
            _rtcp(report, place, rtcp, clock.wall(talk.created)),
        ],
    }


def _media_flags(view: SideView | None, report: SideReport) -> list[str]:
    if view is None:
        return ["send", "recv"]
    by_dtls = bool(view.transport.fingerprints) and not view.transport.crypto
    said = {
        "initialized": True,
        "send": view.receives,
        "recv": view.sends,
        "rtcp-mux": view.transport.mux,
        "DTLS-SRTP": report.srtp is not None and by_dtls,
        "SDES": report.srtp is not None and not by_dtls,
        "ICE": report.ice is not None,
    }
    return [flag for flag, is_so in said.items() if is_so]


def _rtp(
    side: SideReport, address: str, expected: Address | None, created: float
) -> dict[str, Value]:
    flags = ["RTP"]
    if expected is not None:
        flags.append("filled")
    if side.latched is not None:
        flags.append("confirmed")
    stream = _stream(side.port, address, expected, side.latched or expected, created)
    stream["flags"] = flags
    own = Sums()
    own.add(side)
    stream["stats"] = own.document()
    if side.srtp is not None:
        stream["crypto suite"] = side.srtp
    if side.ssrc is not None:
        stream["SSRC"] = side.ssrc
    return stream


def _rtcp(
    side: SideReport, address: str, expected: Address | None, created: float
) -> dict[str, Value]:
    """What comes on this port is carried and read, but not counted."""
    stream = _stream(side.port + 1, address, expected, expected, created)
    stream["flags"] = ["RTCP", "filled"] if expected else ["RTCP"]
    stream["stats"] = Sums().document()
    return stream


def _stream(
    port: int, address: str, expected: Address | None, found: Address | None, created: float
) -> dict[str, Value]:
    return {
        "local port": port,
        "local address": address,
        "family": _FAMILY_NAMES[":" in address],
        "endpoint": _endpoint(found),
        "advertised endpoint": _endpoint(expected),
        "last packet": int(created),
    }


def _endpoint(address: Address | None) -> dict[str, Value]:
    if address is None:
        return {}
    ip, port = address
    return {"family": _FAMILY_NAMES[":" in ip], "address": ip, "port": port}


def _add_source(sources: dict[str, Value], stream: StreamReport, side: Side) -> None:
    report = stream.a if side == "a" else stream.b
    if report.ssrc is None:
        return
    total = report.total
    source: dict[str, Value] = {
        "bytes": total.bytes,
        "packets": total.packets,
        "cumulative loss": total.lost,
    }
    average = _mos(report, total)
    if average is not None:
        known = [average]
        known += [
            each for each in (_mos(report, report.worst), _mos(report, report.interval)) if each
        ]
        source["average MOS"] = {**average, "samples": 1}
        source["lowest MOS"] = min(known, key=_score)
        source["highest MOS"] = max(known, key=_score)
    sources[str(report.ssrc)] = source


def _mos(report: SideReport, over: Totals | None) -> dict[str, int] | None:
    """In tenths, of the whole stream or of one interval: the worst one, and the last, are known."""
    if over is None or not over.packets or report.codec is None:
        return None
    loss = over.lost / (over.packets + over.lost)
    far = report.far_end
    trip = far.round_trip_ms if far else None
    score = mos(report.codec.partition("/")[0], loss, over.jitter_ms, trip)
    if score is None:
        return None
    return {
        "MOS": round(10 * score[0]),
        "round-trip time": round(1000 * (trip or 0.0)),
        "jitter": round(over.jitter_ms),
        "packet loss": round(100 * loss),
    }


def _score(told: dict[str, int]) -> int:
    return told["MOS"]
