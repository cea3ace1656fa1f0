"""What happens in a simulated world: who calls whom, what each phone does, what breaks.

A script is a value. `random_script` makes one from a seed; a test may also write its own, or change
one with `dataclasses.replace`. All times are in seconds.
"""

from dataclasses import dataclass
from typing import Literal

from tests.support.network import PERFECT, Quality

Deed = Literal[
    "hold",
    "hold both ways",
    "hold by zero",
    "resume",
    "add video",
    "drop video",
    "renumber video",
    "add text",
    "drop text",
    "only PCMU",
    "every codec",
    "renumber events",
    "fax",
    "fax beside",
    "talk again",
    "drop fax",
    "move",
    "ask for an offer",
    "update",
    "refresh",
    "change its mind",
    "info",
    "options",
    "refer",
    "mute",
    "vanish",
    "hang up",
]
Offer = Literal["audio", "audio and video", "none"]
Reliable = Literal["no", "supported", "required"]

NEVER = 99
"""So many 2xx in a row stay without an ACK."""


@dataclass(frozen=True, slots=True)
class Step:
    after: float
    """Seconds from when this phone thinks that the call is up."""
    deed: Deed


@dataclass(frozen=True, slots=True)
class Manner:
    """How a phone deals with what it is asked."""

    thinks: float = 0.0
    """Seconds until it answers a re-INVITE."""
    refuses: bool = False
    """It answers every re-INVITE and UPDATE which offers with 488."""
    deaf: int = 0
    """So many 2xx to its INVITEs it does not acknowledge."""
    rude: bool = False
    """It goes on sending media, whatever was agreed."""
    proxied: bool = False
    """A proxy before it records itself in the route."""
    pace: float = 0.25
    """Seconds between its packets. Real phones take 0.02; only some tests can tell."""


@dataclass(frozen=True, slots=True)
class CallerScript:
    offer: Offer = "audio"
    reliable: Reliable = "no"
    gives_up: float | None = None
    """Seconds after its INVITE: CANCEL, unless there is a final answer."""
    by_bye: bool = False
    """It gives up by BYE in an early dialog, where there is one."""
    manner: Manner = Manner()
    steps: tuple[Step, ...] = ()
    early: tuple[Step, ...] = ()
    """What it does in an early dialog; seconds from when that has media."""


@dataclass(frozen=True, slots=True)
class Ring:
    after: float
    """Seconds from the INVITE."""
    status: int = 180
    fork: int = 0
    """Each fork answers with a To tag and ports of its own."""
    media: bool = False
    """With a description: early media."""
    reliable: bool = False
    """By RFC 3262, if the caller takes that."""


@dataclass(frozen=True, slots=True)
class Final:
    after: float = 1.0
    status: int = 200
    """0: it says nothing, and when it is cancelled, 487; -1: it vanishes."""
    fork: int = 0
    second_after: float | None = None
    """Seconds after the 200 of `fork`, another fork answers too."""


@dataclass(frozen=True, slots=True)
class CalleeScript:
    rings: tuple[Ring, ...] = (Ring(0.1),)
    final: Final = Final()
    shifts: bool = False
    """Its 200 names another port than its early media had."""
    manner: Manner = Manner()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class CallScript:
    """One call. It comes from outside, or goes out."""

    at: float = 0.0
    inwards: bool = True
    caller: CallerScript = CallerScript()
    callees: tuple[CalleeScript, ...] = (CalleeScript(),)
    """The called phones, in the order in which the border tries them."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The relay process dies."""

    at: float
    unnoticed: float = 0.05
    """Seconds until signalling knows."""
    down: float = 1.0
    """Seconds from then until a relay is there again."""
    survives: bool = False
    """Only the link breaks; the same relay is found again."""


@dataclass(frozen=True, slots=True)
class Script:
    calls: tuple[CallScript, ...] = (CallScript(),)
    outside: Quality = PERFECT
    inside: Quality = PERFECT
    link: float = 0.001
    """Seconds that a command to the relay takes, and its answer."""
    crashes: tuple[Crash, ...] = ()
    reboots: tuple[float, ...] = ()
    """When the NAT forgets its mappings."""
    drains: float | None = None
    """When the border is told to stop."""
    inserts: bool = False
    """The inside insists on offers: the border inserts one where the caller made none."""
    tcp: bool = False
    """Bob's SIP runs over TCP."""
    few_ports: bool = False
    """Each interface has ports for two streams only."""
    guesses: bool = False
    """Alice knows the address of her NAT, and thinks that its ports are hers."""

    @property
    def calm(self) -> bool:
        """Nothing is lost, repeated or broken but by the phones themselves."""
        return self.outside.perfect and self.inside.perfect and not self.reboots

    @property
    def untroubled(self) -> bool:
        """The border's own parts hold out, too."""
        return self.calm and not self.crashes and self.drains is None
