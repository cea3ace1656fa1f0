"""A call through both cores whose ends may use ICE: signalling by hand, checks and media real."""

import re
from dataclasses import dataclass

from media.control import Address, SideReport
from media.engine.flow import Local
from media.ice.check import Credentials, Role, request
from media.ice.pair import HOST, priority
from sbc.sip.message import Request
from stun_turn.message import Class, Message, parse
from tests.support.border import CALLEE, CALLER
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling
from tests.support.ice import answer_to
from tests.support.messages import invite
from tests.support.rtp_streams import rtp
from tests.support.secure_call import MediaBorder
from tests.support.virtual_engine import Datagram

ALICE: Address = ("192.0.2.1", 4000)
BOB: Address = ("10.20.0.11", 6000)
MAPPED: Address = ("198.51.100.7", 61_000)
"""Where the border sees Alice: she knows nothing of her NAT."""
OWN_PWD = "0123456789abcdef0123456789"


def zones(outside: str = "accept", inside: str = "none", mux: str = "accept") -> str:
    return TWO_ZONES.replace(
        "trust: untrusted", f"trust: untrusted, ice: {outside}, rtcp_mux: {mux}"
    ).replace("trust: trusted", f"trust: trusted, ice: {inside}, rtcp_mux: {mux}")


def ice_lines(
    at: Address, ufrag: str = "Peer", *, mux: bool = True, lite: bool = False
) -> list[str]:
    lines = [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{OWN_PWD}",
        f"a=candidate:1 1 udp 2130706431 {at[0]} {at[1]} typ host",
        "a=rtcp-mux",
    ]
    return [*(["a=ice-lite"] if lite else []), *lines]


def sdp(at: Address, *lines: str, session: int = 1) -> str:
    head = ["v=0", f"o=end {session} {session} IN IP4 {at[0]}", "s=-", f"c=IN IP4 {at[0]}", "t=0 0"]
    of_session = [line for line in lines if line == "a=ice-lite"]
    own = [line for line in lines if line != "a=ice-lite"]
    return "\r\n".join([*head, *of_session, f"m=audio {at[1]} RTP/AVP 8", *own, ""])


def value(body: bytes, name: str) -> str:
    found = re.search(rf"a={name}:(.*?)\r\n", body.decode())
    assert found is not None, f"no {name}"
    return found[1]


@dataclass
class IceEnd:
    """One end: its dialog, its place, and the description of ours that it got last."""

    call: "IceCall"
    end: End
    interface: str
    at: Address
    told: bytes
    ufrag: str = "Peer"
    number: int = 0

    @property
    def local(self) -> Local:
        found = re.search(rb"m=audio (\d+)", self.told)
        assert found is not None
        return self.interface, int(found[1])

    @property
    def credentials(self) -> Credentials:
        """As this end holds them."""
        return Credentials(
            self.ufrag, OWN_PWD, value(self.told, "ice-ufrag"), value(self.told, "ice-pwd")
        )

    def checks(self, source: Address | None = None, *, nominates: bool = False) -> Message:
        """The answer to a connectivity check."""
        self.number += 1
        data = request(
            self.credentials,
            self.number.to_bytes(12, "big"),
            Role.CONTROLLING,
            1,
            priority(HOST, 1),
            nominates=nominates,
        )
        (answer,) = self.call.arrives(self.local, data, source or self.at)
        return parse(answer.data)

    def answers(self, asked: Datagram) -> None:
        """A check of ours, from where it was sent to."""
        message = parse(asked.data)
        assert message.kind is Class.REQUEST
        assert message.is_authentic(OWN_PWD.encode())
        self.call.arrives(asked.local, answer_to(asked.data, self.credentials), asked.to)

    def speaks(self, source: Address | None = None) -> list[tuple[Local, Address]]:
        """From where to where its next packet went on."""
        self.number += 1
        data = rtp(self.number, 160 * self.number, 8, ssrc=len(self.interface))
        sent = self.call.arrives(self.local, data, source or self.at)
        return [(each.local, each.to) for each in sent]


class IceCall:
    """A call that is up."""

    def __init__(self, text: str, offer: list[str], answer: list[str]) -> None:
        self.border = border = MediaBorder(text)
        border.receive(invite(body=sdp(ALICE, *offer)), CALLER)
        request = border.request(CALLEE, "INVITE")
        callee = called(border, request)
        callee.answers(request, 200, body=sdp(BOB, *answer))
        response = border.response(CALLER, 200)
        caller = calling(border, response)
        caller.ack()
        callee.got("ACK")
        self.alice = IceEnd(self, caller, "wan", ALICE, response.body)
        self.bob = IceEnd(self, callee, "lan", BOB, request.body)

    def arrives(self, local: Local, data: bytes, source: Address) -> list[Datagram]:
        self.border.relay.now = self.border.now
        return self.border.relay.arrive(local, data, source)

    def asks_again(self, lines: list[str], answer: list[str], version: int = 2) -> Request:
        """A re-INVITE of Alice, and what Bob got of it."""
        self.alice.end.ask("INVITE", body=sdp(ALICE, *lines, session=version))
        request = self.bob.end.got("INVITE")
        self.bob.told = request.body
        self.bob.end.answers(request, 200, body=sdp(BOB, *answer, session=version))
        self.alice.told = self.alice.end.heard(200).body
        self.alice.end.ack()
        self.bob.end.got("ACK")
        return request

    def side(self, name: str) -> SideReport:
        session = self.border.programs()[-1].session
        (stream,) = self.border.relay.report(session).streams
        return stream.a if name == "a" else stream.b

    def wait(self, seconds: float) -> list[Datagram]:
        """What the relay sent by itself meanwhile."""
        self.border.relay.engine.taken_out()
        self.border.relay.now = self.border.now
        self.border.relay.advance(seconds)
        self.border.wait(seconds)
        return self.border.relay.engine.taken_out()
