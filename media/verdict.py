"""One word for each direction of a stream: was it good, and if not, what was wrong and where.

A direction is what one end sent, on its whole way to the other: `before` us, `at` us, `after` us.
The words are a closed list (`control.VerdictName`), tried in the order below; the first that holds
is said. docs/quality.md tells operators what each one means.
"""

from collections.abc import Callable, Iterator

from media.control import Losses, SideReport, Verdict, VerdictName, Where
from media.value import Value

_MOST = 0.1
"""Share of the packets from which on a fault is that of the direction, and no accident."""
_SOME = 10
"""Packets that a fault must have hit at least."""
_REFUSED_FOR = 2.0
"""Seconds over which a host must have refused: a phone that hangs up refuses what is still on its
way, and is to be forgiven."""
_REFUSALS = 3
_LEAST_EXPECTED = 50
"""Packets: of fewer no loss or jitter is judged."""


class Limits(Value, frozen=True):
    """From where on a direction is bad: `monitoring.quality.verdicts`. Seconds; `loss` 0..1."""

    no_media_after: float = 5.0
    one_way_after: float = 5.0
    late_after: float = 2.0
    loss: float = 0.03
    jitter: float = 0.04


USUAL = Limits()


class Standing(Value, frozen=True):
    """What a report does not say of one end, in seconds."""

    silent: float | None
    """Since when it is expected and has not been heard; None: nothing is expected of it."""
    waited: float | None
    """From the moment that it was first expected to its first packet; None: not yet, or never."""
    resting: bool
    """Its last packet was comfort noise."""
    refused: float
    """Between the first and the last time that its host said that nothing listens there."""


class Direction(Value, frozen=True):
    """What `sender` sent us and `receiver` was sent."""

    sender: SideReport
    receiver: SideReport
    sender_stands: Standing
    receiver_stands: Standing
    losses: Losses
    limits: Limits


def judge(direction: Direction) -> Verdict:
    for rule in _RULES:
        found = rule(direction)
        if found is not None:
            return found
    return Verdict("ok", None, "")


def losses(sender: SideReport, receiver: SideReport) -> Losses:
    """What of it was lost where. Sequence numbers pass us unchanged, so the receiver's own count is
    that of the whole way, by the rule of RFC 3550; it is older than ours by up to one of its
    intervals."""
    total = sender.total
    at = sender.kernel_drops + sender.policed
    before = max(0, total.missing - sender.kernel_drops)
    if receiver.far_end is None:
        return Losses(before, at, None)
    return Losses(before, at, max(0, receiver.far_end.lost - total.lost - sender.policed))


# --- the rules, in their order --------------------------------------------------------------------


def _inactive(way: Direction) -> Verdict | None:
    if way.sender.total.packets or way.sender_stands.silent is not None:
        return None
    return Verdict("inactive", None, "no media are wanted, or the call is not answered")


def _srtp_auth_fail(way: Direction) -> Verdict | None:
    failed = way.sender.auth_failed
    if failed < _SOME or failed < _MOST * (way.sender.total.packets + failed):
        return None
    return _bad("srtp_auth_fail", "before", f"{failed} packets failed authentication")


def _ice_failed(way: Direction) -> Verdict | None:
    """Of an end that is heard all the same, nothing is wrong."""
    sender = way.sender
    if sender.ice not in {"failed", "expired"} or _silence(way) < _patience(way):
        return None
    return _bad("ice_failed", "before", f"its ICE checks have {sender.ice}")


def _elsewhere(way: Direction) -> Verdict | None:
    """Others than the latched one speak here. Strangers beside a good stream are no fault of it."""
    sender = way.sender
    if sender.rejected < _SOME:
        return None
    crowded = sender.rejected >= sender.total.packets and _same_host(sender)
    if sender.total.packets and _silence(way) < _patience(way) and not crowded:
        return None
    sources = ", ".join(sender.rejected_sources)
    known = _written(sender.latched or sender.expected)
    said = f"{sender.rejected} packets came from {sources}, and belong to {known}"
    return _bad("latched_elsewhere", "before", said)


def _silent(way: Direction) -> Verdict | None:
    silence = _silence(way)
    if silence >= _patience(way):
        name: VerdictName = "one_way" if _is_heard(way) else "no_media"
        where: Where = "at" if _ours(way) else "before"
        known = _written(way.sender.latched or way.sender.expected)
        return _bad(name, where, f"nothing for {silence:.1f} s from {known}")
    if not way.sender.total.packets:
        return Verdict("waiting", None, f"nothing yet, after {silence:.1f} s")
    return None


def _wrong_payload(way: Direction) -> Verdict | None:
    sender = way.sender
    if sender.unmapped < _SOME or sender.unmapped < _MOST * sender.total.packets:
        return None
    said = f"{sender.unmapped} packets of payload types that its SDP lacks"
    return _bad("wrong_payload", "before", f"{said}, the last {sender.unmapped_type}")


def _unreachable(way: Direction) -> Verdict | None:
    refused = way.receiver.refused
    if refused < _REFUSALS or way.receiver_stands.refused < _REFUSED_FOR:
        return None
    to = way.receiver.latched or way.receiver.expected
    return _bad("port_unreachable", "after", f"{_written(to)} refused (ICMP), {refused} times")


def _undelivered(way: Direction) -> Verdict | None:
    sender = way.sender
    if sender.unsent < _SOME or sender.unsent < _MOST * sender.total.packets:
        return None
    said = f"{sender.unsent} packets had nowhere to go: {_written(way.receiver.expected)}"
    return _bad("undelivered", "at", f"{said} was not heard, and could not be sent to")


def _kernel_drop(way: Direction) -> Verdict | None:
    if not _ours(way):
        return None
    port = f"{way.sender.interface}:{way.sender.port}"
    return _bad("kernel_drop", "at", f"{way.sender.kernel_drops} packets overran our socket {port}")


def _policed(way: Direction) -> Verdict | None:
    sender = way.sender
    if sender.policed < _SOME:
        return None
    said = f"{sender.policed} packets were more than its SDP allows"
    return _bad("policed", "at", said)


def _lossy(way: Direction) -> Verdict | None:
    expected = way.sender.total.expected
    lost = way.losses
    whole = lost.before + lost.at + (lost.after or 0)
    if expected < _LEAST_EXPECTED or whole < way.limits.loss * expected:
        return None
    after = "unknown" if lost.after is None else str(lost.after)
    said = f"of {expected} packets lost: before us {lost.before}, here {lost.at}, after us {after}"
    return _bad("lossy", _worst(lost), said)


def _jittery(way: Direction) -> Verdict | None:
    total, far = way.sender.total, way.receiver.far_end
    most = 1000 * way.limits.jitter
    if total.packets < _LEAST_EXPECTED:
        return None
    if total.jitter_ms >= most:
        return _bad("jittery", "before", f"{total.jitter_ms:.1f} ms of jitter as it came to us")
    if far is not None and far.jitter_ms >= most:
        said = f"{far.jitter_ms:.1f} ms of jitter there, {total.jitter_ms:.1f} ms as it came to us"
        return _bad("jittery", "after", said)
    return None


def _late(way: Direction) -> Verdict | None:
    waited = way.sender_stands.waited
    if waited is None or waited < way.limits.late_after:
        return None
    return _bad("late", "before", f"its first packet came after {waited:.1f} s")


_RULES: tuple[Callable[[Direction], Verdict | None], ...] = (
    _inactive,
    _srtp_auth_fail,
    _ice_failed,
    _elsewhere,
    _silent,
    _wrong_payload,
    _unreachable,
    _undelivered,
    _kernel_drop,
    _policed,
    _lossy,
    _jittery,
    _late,
)


# --- what they ask --------------------------------------------------------------------------------


def _bad(name: VerdictName, where: Where, evidence: str) -> Verdict:
    return Verdict(name, where, evidence)


def _silence(way: Direction) -> float:
    """Seconds: that of now, or the longest one so far."""
    stands = way.sender_stands
    now = 0.0 if stands.resting else stands.silent or 0.0
    return max(now, way.sender.total.longest_gap_ms / 1000)


def _patience(way: Direction) -> float:
    limits = way.limits
    return limits.one_way_after if _is_heard(way) else limits.no_media_after


def _same_host(sender: SideReport) -> bool:
    """Do they speak from the very host that is expected, by another port?"""
    if sender.expected is None:
        return False
    return any(each.rpartition(":")[0] == sender.expected[0] for each in sender.rejected_sources)


def _is_heard(way: Direction) -> bool:
    """Is the other end, though nothing may be expected of it?"""
    if not way.receiver.total.packets:
        return False
    silent = way.receiver_stands.silent
    return silent is None or silent < way.limits.one_way_after


def _ours(way: Direction) -> bool:
    """Our own host has lost enough of it to be the cause."""
    drops = way.sender.kernel_drops
    expected = way.sender.total.expected
    return drops >= _SOME and drops >= min(_MOST, way.limits.loss) * max(expected, 1)


def _worst(lost: Losses) -> Where:
    parts: Iterator[tuple[int, Where]] = iter(
        ((lost.before, "before"), (lost.at, "at"), (lost.after or 0, "after"))
    )
    return max(parts, key=lambda part: part[0])[1]


def _written(address: tuple[str, int] | None) -> str:
    if address is None:
        return "nobody"
    ip, port = address
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
