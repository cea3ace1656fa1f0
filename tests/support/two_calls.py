"""Alice outside, who talks to Bob at one trunk inside and to Carol at another: two calls, which a
transfer or a replacement makes one."""

from dataclasses import dataclass

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling
from tests.support.messages import ANSWER, OFFER, invite, text

BRANCH = Flow("lan", "udp", ("10.20.0.12", 5060))

THREE = (
    TWO_ZONES.replace(
        "routes:\n",
        "  branch: { zone: inside, endpoints: [{ uri: 'sip:10.20.0.12' }],"
        " identify: { sources: [10.20.0.12/32] } }\nroutes:\n"
        "  - { name: to-branch, from: { trunk: carrier }, match: { to: '^3' }, to: [branch] }\n"
        "  - { name: across, from: { trunk: pbx }, match: { to: '^3' }, to: [branch] }\n"
        "  - { name: from-branch, from: { trunk: branch }, to: [carrier] }\n",
    )
    .replace("refer: relay", "refer: local")
    .replace("  pbx: { zone: inside,", "  pbx: { zone: inside, refer: local,")
)
CAROL = ANSWER.replace("6000", "8000").replace("10.20.0.11", "10.20.0.12").replace("bob", "carol")
BOB_AGAIN = ANSWER.replace("o=bob 7 7", "o=bob 7 8")
CAROL_AGAIN = CAROL.replace("o=carol 7 7", "o=carol 7 8")


@dataclass
class Parties:
    border: Border
    alice: End
    """In her call with Bob."""
    bob: End
    consulting: End
    """Alice in her call with Carol."""
    carol: End


def talking(border: Border) -> Parties:
    alice, bob = _call(border, "100", CALLEE, "first", ANSWER)
    consulting, carol = _call(border, "300", BRANCH, "second", CAROL)
    return Parties(border, alice, bob, consulting, carol)


def talking_to_callers(border: Border) -> Parties:
    """The same, but Bob and Carol have called Alice."""
    alice, bob = _called_by(border, CALLEE, "100", "first", ANSWER)
    consulting, carol = _called_by(border, BRANCH, "300", "second", CAROL)
    return Parties(border, alice, bob, consulting, carol)


def ringing_second(border: Border) -> tuple[Parties, Request]:
    """Carol's phone still rings: her INVITE."""
    alice, bob = _call(border, "100", CALLEE, "first", ANSWER)
    request = invited(border, "300", BRANCH, "second")
    carol = called(border, request, BRANCH, tag="second-there")
    carol.answers(request, 180)
    consulting = calling(border, border.response(CALLER, 180))
    consulting.vias[1] = "z9hG4bKsecond"
    return Parties(border, alice, bob, consulting, carol), request


def invited(border: Border, number: str, flow: Flow, name: str) -> Request:
    made = invite(
        number=number,
        call_id=f"{name}@192.0.2.1",
        branch=f"z9hG4bK{name}",
        tag=f"{name}-alice",
        body=OFFER,
    )
    border.receive(made, CALLER)
    return border.request(flow, "INVITE")


def _call(border: Border, number: str, flow: Flow, name: str, said: str) -> tuple[End, End]:
    request = invited(border, number, flow, name)
    there = called(border, request, flow, tag=f"{name}-there")
    there.answers(request, 200, body=said)
    alice = calling(border, border.response(CALLER, 200))
    alice.ack()
    there.got("ACK")
    return alice, there


def _called_by(border: Border, flow: Flow, number: str, name: str, said: str) -> tuple[End, End]:
    ip = flow.remote[0]
    fields = [
        f"Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{name};rport",
        f"From: <sip:{number}@{ip}>;tag={name}-there",
        "To: <sip:200@10.20.0.5>",
        f"Call-ID: {name}@{ip}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:{number}@{ip}:5060>",
        "Max-Forwards: 70",
    ]
    border.receive(text("INVITE sip:200@10.20.0.5 SIP/2.0", fields, said), flow)
    request = border.request(CALLER, "INVITE")
    alice = called(border, request, CALLER, tag=f"{name}-alice")
    alice.answers(request, 200, body=OFFER)
    there = calling(border, border.response(flow, 200), flow)
    there.ack()
    alice.got("ACK")
    return alice, there


def dialog(end: End) -> str:
    """The dialog of this end, as it names it to the border in Replaces."""
    theirs, ours = (each.rpartition("tag=")[2] for each in (end.local, end.remote))
    return f"{end.call_id};to-tag={ours};from-tag={theirs}"
