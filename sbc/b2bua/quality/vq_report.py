"""The body of a voice quality report, `application/vq-rtcpxr` (RFC 6035 §4.6), read and written.

Phones write it freely. What is known is kept, in our units and names; everything else is passed
over. A body that is no report at all, or is far too long, is the peer's fault.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from re import ASCII, compile
from typing import Literal

from sbc.sip.errors import BadMessage

CONTENT_TYPE = "application/vq-rtcpxr"
PACKAGE = "vq-rtcpxr"

MOST_LINES = 200
LONGEST_TEXT = 256

Kind = Literal["session", "interval", "alert"]
Metrics = Mapping[str, str | float]
"""By the names of `FIGURES` and `TEXTS`: percent, milliseconds, dB, scores; codec and times."""

_KINDS: Mapping[str, Kind] = {
    "vqsessionreport": "session",
    "vqintervalreport": "interval",
    "vqalertreport": "alert",
}
FIGURES: Mapping[str, tuple[str, str]] = {
    "loss_percent": ("PacketLoss", "NLR"),
    "discard_percent": ("PacketLoss", "JDR"),
    "burst_loss_percent": ("BurstGapLoss", "BLD"),
    "burst_ms": ("BurstGapLoss", "BD"),
    "gap_loss_percent": ("BurstGapLoss", "GLD"),
    "gap_ms": ("BurstGapLoss", "GD"),
    "round_trip_ms": ("Delay", "RTD"),
    "end_system_ms": ("Delay", "ESD"),
    "one_way_ms": ("Delay", "OWD"),
    "jitter_ms": ("Delay", "IAJ"),
    "jitter_max_ms": ("Delay", "MAJ"),
    "signal_db": ("Signal", "SL"),
    "noise_db": ("Signal", "NL"),
    "echo_db": ("Signal", "RERL"),
    "r_lq": ("QualityEst", "RLQ"),
    "r_cq": ("QualityEst", "RCQ"),
    "mos_lq": ("QualityEst", "MOSLQ"),
    "mos_cq": ("QualityEst", "MOSCQ"),
    "jitter_buffer_ms": ("JitterBuffer", "JBN"),
    "rate": ("SessionDesc", "SR"),
}
"""Our name of each figure: the line and the parameter that it stands in."""
TEXTS: Mapping[str, tuple[str, str]] = {
    "codec": ("SessionDesc", "PD"),
    "start": ("Timestamps", "START"),
    "stop": ("Timestamps", "STOP"),
    "method": ("QualityEst", "QoEEstAlg"),
}
_NAMES: Mapping[tuple[str, str], str] = {
    (line.lower(), parameter.lower()): name
    for name, (line, parameter) in {**FIGURES, **TEXTS}.items()
}
_LINES = ("Timestamps", "SessionDesc", "JitterBuffer", "PacketLoss", "BurstGapLoss", "Delay")
_ORDER = (*_LINES, "Signal", "QualityEst")
_PARAMETER = compile(r'([A-Za-z]+)=("[^"]*"|\S+)', ASCII)


@dataclass(frozen=True, slots=True)
class VqReport:
    kind: Kind
    call_id: str
    """Of the dialog that it is about, as the reporter knows it."""
    local_tag: str | None = None
    """From DialogID: the reporter's own tag, and below that of the other end."""
    remote_tag: str | None = None
    local_id: str | None = None
    remote_id: str | None = None
    local_address: tuple[str, int, int | None] | None = None
    """IP, port and SSRC of its media, and below of what it hears."""
    remote_address: tuple[str, int, int | None] | None = None
    local: Metrics | None = None
    """What the reporter measured of what it received."""
    remote: Metrics | None = None
    """What the other end told it, of what the reporter sent."""


# --- reading --------------------------------------------------------------------------------------


def read_report(body: bytes) -> VqReport:
    """Raises BadMessage."""
    lines = _lines(body)
    kind = _KINDS.get(lines[0][0]) if lines else None
    if kind is None:
        raise BadMessage(400, "Not a voice quality report")
    texts: dict[str, str] = {}
    metrics: dict[str, dict[str, str | float]] = {}
    side = "local"
    for name, value in lines[1:]:
        if name in {"localmetrics", "remotemetrics"}:
            side = name.removesuffix("metrics")
        elif any(name == each.lower() for each in _ORDER):
            metrics.setdefault(side, {}).update(_parameters(name, value))
        else:
            texts.setdefault(name, value[:LONGEST_TEXT])
    dialog, *parameters = [each.strip() for each in texts.get("dialogid", "").split(";")]
    call_id = texts.get("callid") or dialog
    if not call_id:
        raise BadMessage(400, "A report without a Call-ID")
    tags = dict(each.split("=", 1) for each in parameters if "=" in each)
    return VqReport(
        kind=kind,
        call_id=call_id,
        local_tag=tags.get("from-tag"),
        remote_tag=tags.get("to-tag"),
        local_id=texts.get("localid"),
        remote_id=texts.get("remoteid"),
        local=metrics.get("local"),
        remote=metrics.get("remote"),
    )


def _lines(body: bytes) -> list[tuple[str, str]]:
    """Name, in lower case, and value of each; what begins with a space belongs to the last line."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadMessage(400, "A report that is no text") from None
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line[:1] in {" ", "\t"} and found:
            name, value = found.pop()
            found.append((name, f"{value} {line.strip()}"))
        elif line.strip():
            name, _, value = line.partition(":")
            found.append((name.strip().lower(), value.strip()))
        if len(found) > MOST_LINES:
            raise BadMessage(400, "A report of too many lines")
    return found


def _parameters(line: str, value: str) -> Iterator[tuple[str, str | float]]:
    for written, parameter in _PARAMETER.findall(value):
        name = _NAMES.get((line, written.lower()))
        if name is None:
            continue
        bare = "".join(each for each in parameter.strip('"') if each.isprintable())[:LONGEST_TEXT]
        if name in TEXTS:
            yield name, bare
        elif (figure := _figure(bare)) is not None:
            yield name, figure


def _figure(text: str) -> float | None:
    """127 says of a score that it is not known (RFC 3611 §4.7.5), but not here."""
    try:
        found = float(text) if len(text) <= 16 else None
    except ValueError:
        return None
    return found if found is not None and isfinite(found) else None


# --- writing --------------------------------------------------------------------------------------


def write_report(report: VqReport) -> bytes:
    """A report of a whole session."""
    lines = ["VQSessionReport: CallTerm", f"CallID: {report.call_id}"]
    lines += [f"LocalID: {report.local_id}"] if report.local_id else []
    lines += [f"RemoteID: {report.remote_id}"] if report.remote_id else []
    lines += _address("LocalAddr", report.local_address)
    lines += _address("RemoteAddr", report.remote_address)
    lines += ["LocalMetrics:", *_written(report.local or {})]
    if report.remote is not None:
        lines += ["RemoteMetrics:", *_written(report.remote)]
    if report.local_tag and report.remote_tag:
        tags = f"to-tag={report.remote_tag};from-tag={report.local_tag}"
        lines.append(f"DialogID: {report.call_id};{tags}")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _address(name: str, address: tuple[str, int, int | None] | None) -> list[str]:
    if address is None:
        return []
    ip, port, ssrc = address
    return [f"{name}: IP={ip} PORT={port}" + (f" SSRC=0x{ssrc:08x}" if ssrc is not None else "")]


def _written(metrics: Metrics) -> Iterator[str]:
    for line in _ORDER:
        parameters = [
            f"{parameter}={form(metrics[name])}"
            for names, form in _FORMS
            for name, (of, parameter) in names.items()
            if of == line and name in metrics
        ]
        if parameters:
            yield f"{line}: {' '.join(parameters)}"


def _number(value: str | float) -> str:
    return f"{float(value):.1f}".removesuffix(".0")


def _text(value: str | float) -> str:
    bare = str(value).replace('"', "'")
    return f'"{bare}"' if " " in bare else bare


_FORMS: tuple[tuple[Mapping[str, tuple[str, str]], Callable[[str | float], str]], ...] = (
    (TEXTS, _text),
    (FIGURES, _number),
)
