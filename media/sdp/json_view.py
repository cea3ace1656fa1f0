"""A session description for people and scripts, in the shape that sdp-transform made known.

Read only: nothing is built from it. Keys and passwords are not in it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from media.sdp.codec import parse_codec
from media.sdp.media_description import DIRECTIONS, Media
from media.sdp.session import Session

Json = dict[str, Any]
Reader = Callable[[Json, str], bool]
"""Adds what a value says to the view; False when it does not understand it."""

HIDDEN = ("a=crypto:", "a=ice-pwd:", "a=key-mgmt:", "k=")

_TEXT = {"s": "name", "i": "description", "u": "uri", "e": "email", "p": "phone"}
_BANDWIDTH = re.compile(r"([A-Za-z][A-Za-z0-9-]*):([0-9]+) *")
_TIMING = re.compile(r"([0-9]+) ([0-9]+) *")
_RTCP = re.compile(r"([0-9]{1,5})(?: IN IP([46]) ([^ ]+))? *")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)? *")


def to_json(session: Session) -> Json:
    origin = session.origin
    view: Json = {
        "version": 0,
        "origin": {
            "username": _shown(origin.user),
            "sessionId": origin.session_id,
            "sessionVersion": origin.version,
            "netType": "IN",
            "ipVer": origin.ip_version,
            "address": _shown(origin.address),
        },
    }
    _add_lines(view, session.lines[2:])
    view["media"] = [_media(media) for media in session.media]
    return view


def _media(media: Media) -> Json:
    view: Json = {
        "type": media.kind,
        "port": media.port,
        "protocol": media.protocol,
        "payloads": " ".join(media.formats),
        "rtp": [],
        "fmtp": [],
    }
    if media.port_count > 1:
        view["numPorts"] = media.port_count
    _add_lines(view, media.lines)
    return view


def _add_lines(view: Json, lines: Sequence[str]) -> None:
    for line in lines:
        secret = next(filter(line.startswith, HIDDEN), None)
        if secret is not None:
            _list(view, "other").append(f"{secret}(hidden)")
        elif not _read(view, line):
            _list(view, "other").append(_shown(line))


def _read(view: Json, line: str) -> bool:
    letter, value = line[0], line[2:]
    if letter in _TEXT:
        view[_TEXT[letter]] = _shown(value)
        return True
    if letter != "a":
        return letter in _FIELDS and _FIELDS[letter](view, value)
    if value in DIRECTIONS:
        view.setdefault("direction", value)
        return True
    name, _, rest = value.partition(":")
    return name in _ATTRIBUTES and _ATTRIBUTES[name](view, rest)


def _connection(view: Json, value: str) -> bool:
    _net_type, address_type, address = value.rstrip(" ").split(" ")  # checked when it was parsed
    view["connection"] = {"version": int(address_type[-1]), "ip": address}
    return True


def _bandwidth(view: Json, value: str) -> bool:
    if match := _BANDWIDTH.fullmatch(value):
        _list(view, "bandwidth").append({"type": match[1], "limit": int(match[2])})
    return match is not None


def _timing(view: Json, value: str) -> bool:
    if match := _TIMING.fullmatch(value):
        view["timing"] = {"start": int(match[1]), "stop": int(match[2])}
    return match is not None


def _rtpmap(view: Json, value: str) -> bool:
    number, _, encoding = value.partition(" ")
    codec = parse_codec(number, encoding, None)
    if codec is None:
        return False
    entry: Json = {"payload": codec.payload_type, "codec": codec.name, "rate": codec.rate}
    if encoding.count("/") > 1:
        entry["encoding"] = codec.channels
    _list(view, "rtp").append(entry)
    return True


def _fmtp(view: Json, value: str) -> bool:
    number, _, parameters = value.partition(" ")
    _list(view, "fmtp").append({"payload": _number(number), "config": _shown(parameters)})
    return True


def _feedback(view: Json, value: str) -> bool:
    number, _, rest = value.partition(" ")
    kind, _, parameter = rest.partition(" ")
    entry: Json = {"payload": _number(number), "type": _shown(kind)}
    if parameter:
        entry["subtype"] = _shown(parameter)
    _list(view, "rtcpFb").append(entry)
    return True


def _rtcp(view: Json, value: str) -> bool:
    if match := _RTCP.fullmatch(value):
        view["rtcp"] = {"port": int(match[1])}
        if match[2]:
            view["rtcp"] |= {"netType": "IN", "ipVer": int(match[2]), "address": _shown(match[3])}
    return match is not None


def _one(name: str) -> Reader:
    def read(view: Json, value: str) -> bool:
        view[name] = _number(value)
        return True

    return read


def _mux(view: Json, value: str) -> bool:
    view["rtcpMux"] = "rtcp-mux"
    return not value


def _reduced_size(view: Json, value: str) -> bool:
    view["rtcpRsize"] = "rtcp-rsize"
    return not value


_FIELDS: Mapping[str, Reader] = {"c": _connection, "b": _bandwidth, "t": _timing}

_ATTRIBUTES: Mapping[str, Reader] = {
    "rtpmap": _rtpmap,
    "fmtp": _fmtp,
    "rtcp-fb": _feedback,
    "rtcp": _rtcp,
    "rtcp-mux": _mux,
    "rtcp-rsize": _reduced_size,
    "ptime": _one("ptime"),
    "maxptime": _one("maxptime"),
    "framerate": _one("framerate"),
    "content": _one("content"),
    "label": _one("label"),
}


def _list(view: Json, name: str) -> list[Any]:
    found: list[Any] = view.setdefault(name, [])
    return found


def _number(text: str) -> int | float | str:
    if len(text) > 15 or _NUMBER.fullmatch(text) is None:
        return _shown(text)
    return float(text) if "." in text else int(text)


def _shown(text: str) -> str:
    """Bytes that are no UTF-8 were kept as surrogates, which JSON readers refuse."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
