"""Written units to SI: `20ms` is 0.02 seconds, `16KiB` is 16384 bytes.

A number without its unit is refused: nobody who reads `30` a year later knows of what.
"""

import re

from config.addresses import parse_address
from config.problems import Misread, quoted

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_BYTES = {"B": 1, "kB": 1000, "KiB": 1 << 10, "MB": 1_000_000, "MiB": 1 << 20}
_BITRATES = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
_EVERY = {"/s": 1.0, "/m": 60.0, "/h": 3600.0}
_LIKE = {
    "duration": "20ms, 32s, 10m, 4h or 30d",
    "size": "16KiB, 64kB or 1500B",
    "bit rate": "64kbit/s or 2Mbit/s",
    "rate": "10/s or 300/m",
    "share": "3% or 0.5%",
}

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([a-zA-Z]*)", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,12})([a-zA-Z]*)", re.ASCII)
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([a-zA-Z/]*)", re.ASCII)
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)(%?)", re.ASCII)
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})", re.ASCII)
_LISTEN = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([0-9]{1,5})", re.ASCII)


def parse_duration(written: object) -> float:
    """Seconds."""
    number, unit = _measure(written, _DURATION, "duration")
    if not unit:
        raise Misread(f"the duration {quoted(written)} has no unit", f"write {number}s")
    if unit not in _SECONDS:
        raise Misread(f"the unit of {quoted(written)} is not known", "units: ms, s, m, h, d")
    # A product with 0.001 is not the nearest float of 20 ms; a quotient is.
    return float(number) / 1000 if unit == "ms" else float(number) * _SECONDS[unit]


def parse_size(written: object) -> int:
    """Bytes."""
    number, unit = _measure(written, _SIZE, "size")
    if not unit:
        raise Misread(f"the size {quoted(written)} has no unit", f"write {number}B")
    if unit not in _BYTES:
        hint = "units: B, kB (1000), KiB (1024), MB, MiB"
        raise Misread(f"the unit of {quoted(written)} is not known", hint)
    return int(number) * _BYTES[unit]


def parse_bitrate(written: object) -> float:
    """Bits a second."""
    number, unit = _measure(written, _RATE, "bit rate")
    if unit not in _BITRATES:
        hint = "units: bit/s, kbit/s, Mbit/s, Gbit/s"
        raise Misread(f"the unit of {quoted(written)} is not known", hint)
    return float(number) * _BITRATES[unit]


def parse_rate(written: object) -> float:
    """Times a second."""
    number, unit = _measure(written, _RATE, "rate")
    if unit not in _EVERY:
        raise Misread(f"the unit of {quoted(written)} is not known", "write 10/s, 300/m or 20/h")
    return float(number) / _EVERY[unit]


def parse_share(written: object) -> float:
    """0 to 1."""
    number, unit = _measure(written, _SHARE, "share")
    if not unit:
        raise Misread(f"the share {quoted(written)} has no unit", f"write {number}%")
    if float(number) > 100:
        raise Misread(f"{quoted(written)} is more than all", "at most 100%")
    return float(number) / 100


def parse_port_range(written: object) -> tuple[int, int]:
    """First and last port, both used."""
    found = _RANGE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise Misread(f"{quoted(written)} is not a range of ports", "write it like 20000-29999")
    low, high = int(found[1]), int(found[2])
    if not 1 <= low <= 65_535 or not 1 <= high <= 65_535:
        raise Misread(f"{quoted(written)} leaves the ports, which are 1 to 65535")
    if low >= high:
        hint = f"write {high}-{low}" if high < low else "one port carries no media: RTP needs two"
        raise Misread(f"the range {quoted(written)} does not rise", hint)
    return low, high


def parse_listen(written: object) -> tuple[str, int]:
    """Host, without brackets, and port."""
    found = _LISTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        hint = "write it like 127.0.0.1:9100 or [::1]:9100, in quotes"
        raise Misread(f"{quoted(written)} is not an address and a port", hint)
    port = int(found[3])
    if not 1 <= port <= 65_535:
        raise Misread(f"{port} is not a port: they are 1 to 65535")
    host = parse_address(found[2] if found[1] is None else found[1])
    if (host.version == 6) != (found[1] is not None):
        raise Misread(f"{quoted(written)} has its brackets wrong", "brackets: IPv6 only")
    return str(host), port


def written_duration(seconds: float) -> str:
    """The shortest way to write it: the inverse of `parse_duration`."""
    for unit in ("d", "h", "m", "s"):
        count = seconds / _SECONDS[unit]
        if count >= 1 and count.is_integer():
            return f"{count:.0f}{unit}"
    return f"{seconds * 1000:.15g}ms" if 0 < seconds < 1 else f"{seconds:.15g}s"


def written_share(share: float) -> str:
    """The inverse of `parse_share`."""
    return f"{100 * share:.15g}%"


def written_size(size: int) -> str:
    """The shortest way to write it: the inverse of `parse_size`."""
    for unit in ("MiB", "KiB"):
        if size % _BYTES[unit] == 0:
            return f"{size // _BYTES[unit]}{unit}"
    return f"{size}B"


def _measure(written: object, pattern: re.Pattern[str], kind: str) -> tuple[str, str]:
    bare = isinstance(written, int | float) and not isinstance(written, bool)
    found = pattern.fullmatch(str(written)) if bare or isinstance(written, str) else None
    if found is None:
        raise Misread(f"{quoted(written)} is not a {kind}", f"write it like {_LIKE[kind]}")
    return found[1], found[2]
