"""Latching (RFC 7362 §4): which source may send a stream, and where its peer is answered.

Any packet can be forged, so nothing in a packet proves anything (not the SSRC either): only the
source address counts, and only what signalling has said may open a latch again (`epoch`).
"""

from enum import Enum, IntEnum, auto
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import inf

from media.control import Address, SidePlan
from media.sdp.address import is_private
from media.value import Value

MODES = frozenset({"none", "signalled", "subnet", "first-packet", "ranked", "delayed", "heuristic"})
_LEARNING = MODES - {"none", "signalled"}
_SINCE_SIGNALLED = frozenset({"delayed", "heuristic"})
"""Modes whose window begins with each new plan (rtpengine's ways of learning an endpoint)."""

_remembered = lru_cache(4096)
"""To read an address takes longer than all else here, and those of a call come again and again."""
FOLLOW_AGAIN = 1.0
"""Seconds, mode `none`: a trusted end may change its port, but not make us work for each packet."""
MOVE_AGAIN = 0.1
"""Seconds, where the newest source counts: of two that send at once each packet would move it."""


class Rank(IntEnum):
    STRANGER = 0
    ALLOWED = 1
    SAME_PORT = 2
    """`heuristic` alone tells these from what is allowed."""
    SAME_ADDRESS = 3
    EXACT = 4
    """The very address of the SDP."""


class Verdict(Enum):
    KNOWN = auto()
    LATCHED = auto()
    """It is the source from now on."""
    ACCEPTED = auto()
    """Let through, but the source stays another one (mode `none`, or the plan is not strict)."""
    REJECTED = auto()


class Terms(Value, frozen=True):
    """What a latch goes by: the plan of one side, seen for RTP or for RTCP."""

    mode: str
    expected: Address | None
    signalling_ip: str | None
    window: float
    prefix: int
    strict: bool = True
    asymmetric: bool = False
    handover: bool = False

    @property
    def reachable(self) -> Address | None:
        """`expected`, if anything may be sent there before the end itself has been heard.

        A private address which is not that of the signalling lies behind somebody's NAT: from here
        it would be a stranger.
        """
        named = self.named
        if named is None or self.mode not in _LEARNING or self.signalling_ip is None:
            return named
        strange = named[0] != self.signalling_ip and is_private(named[0])
        return None if strange else named

    @property
    def named(self) -> Address | None:
        """`expected`, if it is the address of one host: that of a held stream may be 0.0.0.0."""
        if self.expected is None or not self.expected[1]:
            return None
        return self.expected if _is_unicast(self.expected[0]) else None

    def rank(self, source: Address) -> Rank:
        if not source[1]:  # nobody can be answered there
            return Rank.STRANGER
        if source == self.expected:
            return Rank.EXACT
        if self.mode == "heuristic":
            return _likeness(source, self.expected)
        return Rank.ALLOWED if self._allows(source[0]) else Rank.STRANGER

    def _allows(self, ip: str) -> bool:
        signalled = self.expected[0] if self.expected else None
        match self.mode:
            case "none":
                return ip == signalled
            case "subnet":
                return signalled is not None and _same_subnet(ip, signalled, self.prefix)
            case "ranked":
                return ip in (signalled, self.signalling_ip)
            case _:
                return self.mode in {"first-packet", "delayed"}


def rtp_terms(plan: SidePlan) -> Terms:
    """Raises ValueError when the plan makes no sense."""
    return _terms(plan, plan.rtp)


def rtcp_terms(plan: SidePlan) -> Terms:
    return _terms(plan, plan.rtcp)


def _terms(plan: SidePlan, expected: Address | None) -> Terms:
    if plan.latching not in MODES:
        raise ValueError(f"no such latching: {plan.latching}")
    if plan.prefix < 0 or plan.window < 0:
        raise ValueError("a prefix and a window are not negative")
    signalling_ip = plan.signalling_ip and canonical(plan.signalling_ip)
    if expected is not None:
        if not 0 <= expected[1] <= 65535:
            raise ValueError(f"no such port: {expected[1]}")
        expected = (canonical(expected[0]), expected[1])
    return Terms(
        plan.latching,
        expected,
        signalling_ip,
        plan.window,
        plan.prefix,
        plan.strict,
        plan.asymmetric,
        plan.handover,
    )


@_remembered
def canonical(ip: str) -> str:
    """As the kernel writes it, so that addresses can be compared as text."""
    parsed = ip_address(ip)
    if "%" in ip:
        raise ValueError(f"an address with a scope is of this host alone: {ip}")
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def _likeness(source: Address, expected: Address | None) -> Rank:
    if expected is not None and source[0] == expected[0]:
        return Rank.SAME_ADDRESS
    same_port = expected is not None and source[1] == expected[1]
    return Rank.SAME_PORT if same_port else Rank.ALLOWED


_NO_TERMS = Terms("signalled", None, None, 0.0, 32)


class Latch:
    """One stream of packets of one side. Before its first terms it lets nothing in."""

    __slots__ = (
        "_again",
        "_epoch",
        "_moved",
        "_named",
        "_rank",
        "_reachable",
        "_reopened_at",
        "_terms",
        "_until",
        "source",
    )

    def __init__(self) -> None:
        self.source: Address | None = None
        """Whose packets are taken, once somebody has been heard."""
        self._rank = Rank.STRANGER
        self._terms = _NO_TERMS
        self._reachable: Address | None = None
        self._epoch = 0
        self._until = -inf
        """Till then a better-ranked source may take over (`ranked`, `heuristic`), or any
        (`delayed`); `none`: no other one may."""
        self._again = -inf
        """Till then the source does not change for one that is no better."""
        self._reopened_at: float | None = None
        self._named: Address | None = None
        """The last address that an SDP has named; a held one may name none."""
        self._moved = False
        """It was a new one, and nobody has been heard since."""

    @property
    def mode(self) -> str:
        return self._terms.mode

    @property
    def expected(self) -> Address | None:
        return self._terms.expected

    @property
    def strict(self) -> bool:
        return self._terms.strict

    @property
    def latched(self) -> Address | None:
        return None if self.mode == "none" else self.source

    @property
    def destination(self) -> Address | None:
        """Where this side is sent its packets; None: nowhere yet."""
        moved = self._moved and self._reachable is not None
        if self._terms.asymmetric:
            return self._reachable
        if self.mode in _LEARNING and self.source is not None and not moved:
            return self.source
        return self._reachable

    def agree(self, terms: Terms, epoch: int, now: float) -> None:
        """New terms. A higher epoch opens the latch to others, while the old source goes on."""
        self._terms = terms
        self._reachable = terms.reachable
        named, self._named = self._named, terms.named or self._named
        risen, self._epoch = epoch > self._epoch, max(epoch, self._epoch)
        if self.mode in _SINCE_SIGNALLED and (risen or now < self._until):
            self._until = now + terms.window
        if self.source is None:
            return
        self._rank = terms.rank(self.source)
        if risen:
            self._reopened_at = now
            self._until = now + terms.window
            if named is not None and named != self._named:
                self._moved = self._rank is not Rank.EXACT

    def permits(self, source: Address) -> bool:
        """May it speak here at all? Whether it is whom we mean, its handshake will tell."""
        return source == self.source or self._terms.rank(source) is not Rank.STRANGER

    def forget(self) -> None:
        """As if nobody had been heard."""
        self.source = None
        self._reopened_at, self._moved = None, False

    def hear(self, source: Address, now: float, last_at: float | None) -> Verdict:
        """`last_at`: when `self.source` was last heard (most of its packets pass elsewhere)."""
        if source == self.source:
            return Verdict.KNOWN
        rank = self._terms.rank(source)
        if rank is Rank.STRANGER:
            return self._of_stranger(source)
        if self.source is None or self._may_move(rank, now, last_at):
            self.source, self._rank = source, rank
            if self.mode not in _SINCE_SIGNALLED:
                self._until = now + (FOLLOW_AGAIN if self.mode == "none" else self._terms.window)
            self._again = now + MOVE_AGAIN
            self._reopened_at, self._moved = None, False
            return Verdict.LATCHED
        lenient = self.mode == "none" or not self._terms.strict
        return Verdict.ACCEPTED if lenient else Verdict.REJECTED

    def _of_stranger(self, source: Address) -> Verdict:
        return Verdict.REJECTED if self._terms.strict or not source[1] else Verdict.ACCEPTED

    def _may_move(self, rank: Rank, now: float, last_at: float | None) -> bool:
        if self.mode == "none":
            return now >= self._until or self._reopened_at is not None
        if self._terms.handover and now >= self._again:
            return True
        if self.mode == "delayed":
            return now >= self._again and not self._settled(last_at)
        if self._reopened_at is not None:
            if not self._confirmed(self._reopened_at, now, last_at):
                return rank >= self._rank
            self._reopened_at = None
        better = self.mode in {"ranked", "heuristic"} and rank > self._rank
        return better and now < self._until

    def _settled(self, last_at: float | None) -> bool:
        """Somebody was heard when the window was over: that fixes the source."""
        return last_at is not None and last_at >= self._until

    def _confirmed(self, reopened_at: float, now: float, last_at: float | None) -> bool:
        """The SDP names the same address as before, and the same source has gone on sending."""
        heard = last_at is not None and last_at > reopened_at and self._rank is not Rank.STRANGER
        return heard and not self._moved and now >= self._until


@_remembered
def _is_unicast(text: str) -> bool:
    ip = ip_address(text)
    return not (ip.is_unspecified or ip.is_multicast or text == "255.255.255.255")


def _same_subnet(ip: str, other: str, prefix: int) -> bool:
    one, two = ip_address(ip), ip_address(other)
    if one.version != two.version:
        return False
    host_bits = max(0, one.max_prefixlen - prefix)
    return int(one) >> host_bits == int(two) >> host_bits
