"""A call through both cores: signalling by hand, and a relay whose packets are real.

The ends protect their packets by `own_srtp`, which shares nothing with the border but the keys that
stood in the descriptions.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any

from media.control import Address, Command, Event, SideReport
from media.control import Reply as RelayReply
from media.engine.flow import Local
from media.identity import Identities
from media.ports import MediaInterface
from media.sdp.sdes import SUITES
from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling
from tests.support.messages import invite
from tests.support.own_srtp import OwnSrtp
from tests.support.relay_world import RelayWorld
from tests.support.rtp_streams import rtp
from tests.support.shaking import OURS

ALICE: Address = ("192.0.2.1", 4000)
BOB: Address = ("10.20.0.11", 6000)
OVER_TLS = Flow("wan", "tls", ("192.0.2.1", 5060))
MALLORY: Address = ("203.0.113.66", 4000)
CM, GCM = "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"

_CRYPTO = re.compile(r"a=crypto:(\d+) (\S+) inline:([^|\s]+)")


def zones(outside: str = "mode: none", inside: str = "mode: none") -> str:
    """Two zones with these `srtp` blocks; the outside is reached by TLS as well."""
    return (
        TWO_ZONES.replace("trust: untrusted", f"trust: untrusted, srtp: {{ {outside} }}")
        .replace("trust: trusted", f"trust: trusted, srtp: {{ {inside} }}")
        .replace("10, sip: [", "10, sip: [{ transport: tls, certificate: edge }, ")
        .replace("zones:\n", "certificates:\n  edge: { chain: /c, key: /k }\nzones:\n", 1)
    )


class MediaBorder(Border):
    """Its relay is the real core, in the same virtual time."""

    def __init__(self, text: str, *, identities: bool = False) -> None:
        self.relay = RelayWorld(
            MediaInterface(("203.0.113.10",), 20000, 20999, 32.0),
            MediaInterface(("10.20.0.5",), 30000, 30999, 32.0),
            identities=Identities(lambda: OURS) if identities else None,
        )
        super().__init__(text)

    def _reply(self, command: Command) -> RelayReply | None:
        self.relay.now = self.now
        return self.relay.ask(command)

    def tell(self) -> list[Event]:
        """What the relay has to say goes to signalling."""
        events = self.relay.events()
        for event in events:
            self.perform(self.core.relay_told(event, self.now))
        return events


@dataclass(frozen=True)
class Crypto:
    """One a=crypto line of a description."""

    tag: int
    suite: str
    key: str

    @property
    def own(self) -> OwnSrtp:
        return OwnSrtp(self.suite, b64decode(self.key))

    @property
    def line(self) -> str:
        return f"a=crypto:{self.tag} {self.suite} inline:{self.key}"


def cryptos(body: bytes | str) -> list[Crypto]:
    text = body.decode() if isinstance(body, bytes) else body
    return [Crypto(int(tag), suite, key) for tag, suite, key in _CRYPTO.findall(text)]


def profile(body: bytes) -> str:
    found = re.search(rb"m=audio \d+ (\S+)", body)
    assert found is not None
    return found[1].decode()


def port(body: bytes) -> int:
    found = re.search(rb"m=audio (\d+)", body)
    assert found is not None
    return int(found[1])


def sdp(at: Address, *lines: str, protocol: str = "RTP/AVP", session: int = 1) -> str:
    made = [
        *("v=0", f"o=end {session} {session} IN IP4 {at[0]}", "s=-"),
        *(f"c=IN IP4 {at[0]}", "t=0 0", f"m=audio {at[1]} {protocol} 8"),
        *lines,
        "",
    ]
    return "\r\n".join(made)


def crypto(suite: str, first: int, tag: int = 1) -> Crypto:
    """A key of an end: its bytes count from `first`."""
    octets = bytes((first + each) & 255 for each in range(SUITES[suite].size))
    return Crypto(tag, suite, b64encode(octets).decode())


@dataclass
class Party:
    """One end, and what protects its packets."""

    end: End
    at: Address
    told: bytes
    """The last description that it got from the border."""
    key: Crypto | None = None
    """Its own; None: its packets are plain."""
    index: int = 0
    """Of the last SRTCP packet."""

    @property
    def theirs(self) -> Crypto | None:
        """The border's key, of what comes to it: that of the line with the tag in use."""
        found = {each.suite: each for each in cryptos(self.told)}
        return found.get(self.key.suite) if self.key is not None else None

    def sends(self, packet: bytes, roc: int = 0) -> bytes:
        return packet if self.key is None else self.key.own.protect(packet, roc)

    def gets(self, packet: bytes, roc: int = 0) -> bytes:
        return packet if self.theirs is None else self.theirs.own.protect(packet, roc)

    def reports(self, packet: bytes) -> bytes:
        self.index += 1
        return packet if self.key is None else self.key.own.protect_rtcp(packet, self.index)


@dataclass
class SecureCall:
    """A call that is up."""

    border: MediaBorder
    caller: Party
    callee: Party
    number: int = 0

    def local(self, of: Party) -> Local:
        return "wan" if of is self.caller else "lan", port(of.told)

    def packet(self, **changes: Any) -> bytes:
        self.number += 1
        return rtp(self.number, 160 * self.number, 8, **changes)

    def arrives(self, of: Party, data: bytes, source: Address | None = None) -> list[bytes]:
        """What leaves because this came to the port that this end sends to."""
        self.border.relay.now = self.border.now
        sent = self.border.relay.arrive(self.local(of), data, source or of.at)
        return [each.data for each in sent]

    def arrives_as_rtcp(self, of: Party, data: bytes) -> list[bytes]:
        interface, number = self.local(of)
        source = (of.at[0], of.at[1] + 1)
        return [
            each.data for each in self.border.relay.arrive((interface, number + 1), data, source)
        ]

    def crosses(self, of: Party, packet: bytes, roc: int = 0) -> bool:
        """One packet of this end reaches the other one, as that one wants it protected."""
        to = self.callee if of is self.caller else self.caller
        return self.arrives(of, of.sends(packet, roc)) == [to.gets(packet, roc)]

    def both_ways(self) -> bool:
        """Three packets each: the first ones go by way of the core, the others do not."""
        return all(
            self.crosses(party, self.packet(ssrc=ssrc))
            for _ in range(3)
            for party, ssrc in ((self.caller, 1), (self.callee, 2))
        )

    def side(self, name: str) -> SideReport:
        (stream,) = self.border.relay.report(self.border.programs()[-1].session).streams
        return stream.a if name == "a" else stream.b


def offering(border: MediaBorder, body: str, flow: Flow = CALLER) -> tuple[Request, End]:
    via = f"SIP/2.0/{flow.transport.upper()}".encode()
    border.receive(invite(body=body).replace(b"SIP/2.0/UDP", via), flow)
    request = border.request(CALLEE, "INVITE")
    return request, called(border, request)


def connect(
    border: MediaBorder, *, caller: Crypto | None, callee: Crypto | None, offer: str = "RTP/AVP"
) -> SecureCall:
    """`offer`: the profile of the caller's. The callee answers in the profile that it is offered;
    its key is for the offered line with the same suite."""
    lines = [caller.line] if caller is not None else []
    request, bob = offering(border, sdp(ALICE, *lines, protocol=offer))
    if callee is not None:
        tags = {each.suite: each.tag for each in cryptos(request.body)}
        callee = replace(callee, tag=tags[callee.suite])
    lines = [callee.line] if callee is not None else []
    bob.answers(request, 200, body=sdp(BOB, *lines, protocol=profile(request.body)))
    ok = border.response(CALLER, 200)
    alice = calling(border, ok)
    alice.ack()
    bob.got("ACK")
    return SecureCall(
        border, Party(alice, ALICE, ok.body, caller), Party(bob, BOB, request.body, callee)
    )
