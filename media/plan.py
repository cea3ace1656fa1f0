"""What a stream shall be: its two ends as their descriptions want them, told to the relay."""

from dataclasses import dataclass, field
from typing import Literal

from media.value import Value

Address = tuple[str, int]


class CodecClock(Value, frozen=True):
    """What a payload type means on one side, for jitter and MOS."""

    payload_type: int
    name: str
    rate: int
    """RTP clock in Hz."""


class IceCandidate(Value, frozen=True):
    """Where the peer says that it may be reached (RFC 8839 §5.1)."""

    component: int
    """1: RTP, 2: RTCP."""
    address: Address
    priority: int


@dataclass(frozen=True, slots=True)
class IcePlan:
    """Connectivity checks decide about the media of a side (RFC 8445), and no latching.

    A dataclass, since it can keep its secrets out of what is printed of it."""

    ufrag: str
    pwd: str = field(repr=False)
    peer_ufrag: str
    peer_pwd: str = field(repr=False)
    lite: bool
    """We answer checks, and send none but for consent: the peer does the work."""
    controlling: bool
    """We nominate. A lite agent does not."""
    candidates: tuple[IceCandidate, ...] = ()
    """Of the peer; those that come later are in a later plan."""


KeyForm = Literal["rfc4733", "info", "inband"]


class KeyPlan(Value, frozen=True):
    """How an end presses the keys of a telephone, where the other end does it otherwise."""

    form: KeyForm
    """RFC 4733 events, SIP INFO (which signalling carries), or tones in G.711."""
    asked: tuple[CodecClock, ...]
    """What it takes, by its own payload types."""


@dataclass(frozen=True, slots=True)
class SrtpKey:
    """A master key with its salt (RFC 3711 §3.2.1); it is never printed."""

    text: str = field(repr=False)
    """Base64."""
    mki: str = ""
    """Hexadecimal; empty: its packets carry none."""


class Sdes(Value, frozen=True):
    """SRTP by keys that stood in the descriptions (RFC 4568)."""

    suite: str
    theirs: tuple[SrtpKey, ...]
    """Of what comes from this end."""
    ours: SrtpKey
    """Of what goes to it."""


class Dtls(Value, frozen=True):
    """SRTP by keys from a DTLS handshake (RFC 5764). A change of any field asks for a new one."""

    active: bool
    """We begin."""
    fingerprints: tuple[str, ...]
    """Values of a=fingerprint, one of which must be that of its certificate (RFC 8122 §5)."""
    association: str = ""
    """Its tls-id, if it has one (RFC 8842)."""


class SidePlan(Value, frozen=True, omit_defaults=True):
    """One end of a stream, as its SDP describes it."""

    rtp: Address | None
    """Where its SDP wants RTP; None: not known yet, or refused."""
    rtcp: Address | None
    sends: bool
    """The SDP lets this end send."""
    receives: bool
    latching: str
    """`none`, `signalled`, `subnet`, `first-packet`, `ranked`, `delayed`, `heuristic`."""
    window: float
    """Seconds, for `ranked`, `delayed` and `heuristic`."""
    prefix: int
    """Prefix length around `rtp`, for `subnet`."""
    signalling_ip: str | None
    """Where its SIP came from: second-best source in `ranked`, and the test of a private SDP."""
    codecs: tuple[CodecClock, ...]
    epoch: int
    """Raised by each new SDP of this end: only then may a latched source change."""
    ice: IcePlan | None = None
    """None: latching decides."""
    mux: bool = False
    """RTCP has no port of its own (RFC 5761)."""
    keys: KeyPlan | None = None
    """None of either side: keys cross as they are."""
    numbers: tuple[tuple[int, int], ...] = ()
    """Payload types of what it sends, and those under which the other end wants them; only where
    they differ."""
    sdes: Sdes | None = None
    dtls: Dtls | None = None
    """Neither: plain RTP."""
    extended_reports: bool = True
    """It may be sent those of the other end (RFC 3611). Our own reading of them is the same."""
    laws: tuple[int, ...] = ()
    """Those of `numbers` whose sound becomes that of the other law (G.711)."""
    strict: bool = True
    """Packets of any other source than the one that is latched are dropped. Else they cross, but
    change nothing."""
    asymmetric: bool = False
    """The end is sent to where its SDP says, wherever it sends from."""
    handover: bool = False
    """Any other source may take over at any time, as NG clients may ask."""
    most_bytes: float | None = None
    """A second, of RTP with its header: what it sends beyond that is dropped. None: it may send any
    amount."""
    bundle: int | None = None
    """Index of the stream whose port, checks and keys it shares on this side (RFC 9143)."""


class StreamPlan(Value, frozen=True, omit_defaults=True):
    index: int
    a: SidePlan
    b: SidePlan
    closed: bool = False
    """The m-line was refused or removed (port 0): free its ports."""
    opaque: bool = False
    """Not RTP: whatever its two ends send is passed on as it is, and measured by nothing but its
    count."""
