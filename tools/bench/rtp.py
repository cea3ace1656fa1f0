"""Generator and sink of RTP, in a process of its own: `python -m tools.bench.rtp < plan.json`.

Every end is one connected socket which sends a stream and hears its partner's. One loop does both,
and never sleeps: so the time of sending is exact, and that of arriving is told by the kernel
(SO_TIMESTAMPNS) for a part of the streams. Several packets of one stream at once, which only an
overload has, are cut up by the kernel (UDP_SEGMENT) so that plain Python can offer enough.
"""

import json
import sys
from base64 import b64decode
from dataclasses import asdict, dataclass, field
from select import EPOLLIN, epoll
from socket import AF_INET, IPPROTO_UDP, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from struct import Struct
from time import monotonic, time_ns
from typing import Any

from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from stun_turn.attributes import xor_address
from stun_turn.message import HEADER, Class, build
from stun_turn.registry import Attribute, Method
from tools.bench.figures import percentile

Address = tuple[str, int]

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
}
PACKET = 172
"""20 ms of G.711 with its header."""

_HEADER = Struct("!BBHIIBIQ")
"""RTP, and in the payload: phase, number of the stream, time of sending."""
_PHASE = 12
_SENT_AT = Struct("!Q")
_SENT_AT_OFFSET = 17
_VERSION, _PCMA = 0x80, 8

_SO_TIMESTAMPNS, _TIMESPEC = 35, Struct("qq")
_SO_MEMINFO, _MEMINFO_SIZE, _MEMINFO_DROPS = 55, 36, 32
_UDP_SEGMENT = 103
_TIMED_ONE_OF = 7
_AT_ONCE = 32
_DRAIN = 0.3
_QUEUE = 1 << 20


@dataclass(frozen=True, slots=True)
class End:
    local: Address
    remote: Address
    channel: int = 0
    """Its packets travel as ChannelData of this number (RFC 8656 §12.4); 0: bare."""
    peer: Address | None = None
    """Its packets travel in Send and Data indications, to this peer and from it (RFC 8656 §11)."""
    suite: str = ""
    """Of SRTP; empty: plain RTP."""
    key: str = field(default="", repr=False)
    """Base64, of what it sends."""
    hears: str = field(default="", repr=False)
    """Base64, of what comes to it."""


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    seconds: float
    rate: float
    """Packets a second over all streams; 0: as many as the generator can make."""
    burst: int = 1
    """Packets of one stream sent together."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of the packets of one phase."""

    phase: str
    seconds: float
    sent: int
    received: int
    dropped: int
    """Came to a socket of ours while its queue was full: delivered, though not read."""
    streams: int
    """Streams of which at least one packet came."""
    first: list[float] = field(default_factory=list)
    """Seconds from the beginning of the phase to the first packet of each of them."""
    delay_p50: float | None = None
    """Seconds."""
    delay_p99: float | None = None

    @property
    def lost(self) -> float:
        """0..1"""
        return max(0.0, 1 - self.received / self.sent) if self.sent else 0.0

    @property
    def delivered(self) -> int:
        return self.received + self.dropped


class _Tally:
    def __init__(self, ends: int) -> None:
        self.sent = 0
        self.began = 0.0
        self.seconds = 0.0
        self.dropped = 0
        self.received = [0] * ends
        self.first = [0.0] * ends
        self.delays: list[int] = []


class Load:
    def __init__(self, ends: list[End], phases: list[Phase]) -> None:
        self._phases = phases
        self._tallies = [_Tally(len(ends)) for _ in phases]
        self._sockets = [self._open(end, index) for index, end in enumerate(ends)]
        self._slots = {each.fileno(): index for index, each in enumerate(self._sockets)}
        self._ciphers = [ciphers(end) for end in ends]
        self._timed = {
            each.fileno(): each
            for at, each in enumerate(self._sockets)
            if not at % _TIMED_ONE_OF and self._ciphers[at] is None
        }
        self._plain = {file: self._sockets[slot].recv_into for file, slot in self._slots.items()}
        self._heads = [_head(end) for end in ends]
        self._offsets = [None if end.peer else len(_head(end)) for end in ends]
        self._sequence = [0] * len(ends)
        self._cursor = 0
        self._buffer = bytearray(2048)
        self._epoll = epoll()
        for file in self._slots:
            self._epoll.register(file, EPOLLIN)

    @staticmethod
    def _open(end: End, index: int) -> socket:
        udp = socket(AF_INET, SOCK_DGRAM)
        udp.setblocking(False)
        udp.setsockopt(SOL_SOCKET, SO_RCVBUF, _QUEUE)
        if not index % _TIMED_ONE_OF:
            udp.setsockopt(SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        udp.bind(end.local)
        udp.connect(end.remote)
        return udp

    def run(self) -> list[Heard]:
        for number, phase in enumerate(self._phases):
            _say({"began": phase.name})
            self._carry(number, phase)
            _say({"ended": phase.name})
        end = monotonic() + _DRAIN
        while monotonic() < end:
            self._hear()
        return [
            _heard(phase, tally) for phase, tally in zip(self._phases, self._tallies, strict=True)
        ]

    def _carry(self, number: int, phase: Phase) -> None:
        tally = self._tallies[number]
        for each in self._sockets:
            each.setsockopt(IPPROTO_UDP, _UDP_SEGMENT, PACKET if phase.burst > 1 else 0)
        outgoing = bytearray(PACKET * phase.burst)
        most = _AT_ONCE * phase.burst
        dropped = self._dropped()
        tally.began = now = monotonic()
        end = now + phase.seconds
        while now < end:
            due = int((now - tally.began) * phase.rate) - tally.sent if phase.rate else most
            for _ in range(0, min(due, most), phase.burst):
                self._send(number, tally, outgoing)
            self._hear()
            now = monotonic()
        tally.seconds = now - tally.began
        tally.dropped = self._dropped() - dropped

    def _send(self, number: int, tally: _Tally, outgoing: bytearray) -> None:
        slot = self._cursor
        self._cursor = (slot + 1) % len(self._sockets)
        sequence = self._sequence[slot]
        for at in range(0, len(outgoing), PACKET):
            _HEADER.pack_into(
                outgoing,
                at,
                _VERSION,
                _PCMA,
                sequence & 0xFFFF,
                160 * sequence & 0xFFFFFFFF,
                slot + 1,
                number,
                slot,
                time_ns(),
            )
            sequence += 1
            tally.sent += 1
        self._sequence[slot] = sequence
        try:
            head, pair = self._heads[slot], self._ciphers[slot]
            if pair is not None:
                self._sockets[slot].send(pair[0].protect(bytes(outgoing)))
            else:
                self._sockets[slot].send(head + outgoing if head else outgoing)
        except OSError:  # Nobody listens there, or our own queue is full: it counts as lost.
            return

    def _hear(self) -> None:
        buffer, timed, plain = self._buffer, self._timed, self._plain
        for file, _ in self._epoll.poll(0, _AT_ONCE):
            try:
                if file in timed:
                    self._hear_timed(file)
                else:
                    size, pair = plain[file](buffer), self._ciphers[self._slots[file]]
                    if pair is not None:
                        buffer[:PACKET] = pair[1].unprotect(bytes(buffer[:size]))
                    self._count(file)
            except (OSError, SrtpError):
                continue

    def _hear_timed(self, file: int) -> None:
        _, extra, _, _ = self._timed[file].recvmsg_into([self._buffer], 64)
        tally = self._count(file)
        if extra:
            seconds, rest = _TIMESPEC.unpack(extra[0][2])
            offset = self._begin(self._slots[file]) + _SENT_AT_OFFSET
            (sent_at,) = _SENT_AT.unpack_from(self._buffer, offset)
            tally.delays.append(seconds * 1_000_000_000 + rest - sent_at)

    def _count(self, file: int) -> _Tally:
        slot = self._slots[file]
        tally = self._tallies[self._buffer[self._begin(slot) + _PHASE]]
        if not tally.received[slot]:
            tally.first[slot] = monotonic() - tally.began
        tally.received[slot] += 1
        return tally

    def _begin(self, slot: int) -> int:
        """Where in what came the packet is."""
        offset = self._offsets[slot]
        return data_at(self._buffer) if offset is None else offset

    def _dropped(self) -> int:
        """By the kernel, so far, since our own queues were full."""
        return sum(
            int.from_bytes(
                each.getsockopt(SOL_SOCKET, _SO_MEMINFO, _MEMINFO_SIZE)[_MEMINFO_DROPS:],
                sys.byteorder,
            )
            for each in self._sockets
        )


def ciphers(end: End) -> tuple[Session, Session] | None:
    """For what it sends, and for what it hears."""
    if not end.suite:
        return None
    profile = PROFILES[end.suite]
    return (
        Session(Policy(b64decode(end.key), Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)),
        Session(Policy(b64decode(end.hears), Policy.SSRC_ANY_INBOUND, srtp_profile=profile)),
    )


def _head(end: End) -> bytes:
    """What stands before each of its packets."""
    if end.peer is not None:
        transaction_id = bytes(12)
        whither = (Attribute.XOR_PEER_ADDRESS, xor_address(end.peer, transaction_id))
        values = [whither, (Attribute.DATA, bytes(PACKET))]
        return build(Method.SEND, Class.INDICATION, transaction_id, values)[:-PACKET]
    channel = end.channel
    return channel.to_bytes(2, "big") + PACKET.to_bytes(2, "big") if channel else b""


def data_at(indication: bytes | bytearray) -> int:
    """Where its data begin: servers differ in which attribute comes first."""
    first = int.from_bytes(indication[HEADER : HEADER + 2], "big")
    return HEADER + (4 if first == Attribute.DATA else 16)


def _heard(phase: Phase, tally: _Tally) -> Heard:
    first = sorted(at for at, count in zip(tally.first, tally.received, strict=True) if count)
    timed = tally.delays
    return Heard(
        phase=phase.name,
        seconds=tally.seconds,
        sent=tally.sent,
        received=sum(tally.received),
        dropped=tally.dropped,
        streams=len(first),
        first=first,
        delay_p50=percentile(timed, 0.5) / 1e9 if timed else None,
        delay_p99=percentile(timed, 0.99) / 1e9 if timed else None,
    )


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    plan = json.load(sys.stdin)
    ends = [
        End(**{**each, **{name: _tuple(each[name]) for name in ("local", "remote", "peer")}})
        for each in plan["ends"]
    ]
    phases = [Phase(**each) for each in plan["phases"]]
    heard = Load(ends, phases).run()
    _say({"heard": [asdict(each) for each in heard]})


def _tuple(value: list[Any] | None) -> Address | None:
    return None if value is None else (str(value[0]), int(value[1]))


if __name__ == "__main__":
    main()
