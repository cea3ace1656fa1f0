"""S1, Z7: two legs that share no Call-ID, tag, branch, host or route; and short Contacts."""

import re
from collections.abc import Iterator

from sbc.actions import Flow
from sbc.sip.message import Request, Response, parse
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import UDP_ONLY
from tests.support.ends import End, calling, hang_up, inviting
from tests.support.messages import ANSWER, OFFER

ROUTES_A = tuple(f"Record-Route: <sip:10.9.8.{n};lr;token-a-{n}>" for n in range(20))
ROUTES_B = (
    *(f"Record-Route: <sip:10.7.6.{n};lr;token-b-{n}>" for n in range(19)),
    "Record-Route: <sip:10.20.0.11;lr;token-b-19>",  # the next hop from us
)


class Watched(Border):
    """Keeps what the peers sent, beside what was sent to them."""

    def __init__(self) -> None:
        super().__init__(UDP_ONLY)
        self.came: list[tuple[Flow, bytes]] = []

    def receive(self, message: Request | Response | bytes, flow: Flow) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        self.came.append((flow, data))
        super().receive(data, flow)

    def of(self, interface: str) -> list[Request | Response]:
        """Every message on that side, both ways."""
        both = [*self.came, *self.sent]
        return [parse(data) for flow, data in both if flow.interface == interface]


def secrets(message: Request | Response) -> Iterator[str]:
    """What of a message names its own leg and nothing else."""
    headers = message.headers
    yield headers.call_id
    yield from (tag for tag in (headers.from_.tag, headers.to.tag) if tag)
    yield from (via.branch or "" for via in headers.vias)
    yield from headers.all("via")
    yield from (contact.uri for contact in headers.contacts)
    yield from re.findall(r"token-[ab]-\d+|10\.\d+\.\d+\.\d+", "\n".join(headers.record_route))
    yield from re.findall(r"token-[ab]-\d+|10\.\d+\.\d+\.\d+", "\n".join(headers.route))
    if isinstance(message, Request) and headers.cseq.method != "INVITE":
        yield message.uri


def long_call(border: Border) -> None:
    """One of everything: reliable ringing, holds, INFO, REFER with its NOTIFY, BYE."""
    request, callee = inviting(border, "Supported: 100rel", *ROUTES_A)
    callee.answers(
        request, 183, "Require: 100rel", "RSeq: 1", *ROUTES_B, "Server: PBX token-b-0", body=ANSWER
    )
    callee.answers(callee.got("PRACK"), 200)
    progress = border.response(CALLER, 183)
    caller = calling(border, progress)
    caller.ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE")
    caller.heard(200)
    callee.answers(request, 200, *ROUTES_B, body=ANSWER)
    caller.heard(200)
    caller.ack(cseq=1)
    callee.got("ACK")
    changes(caller, callee, OFFER, ANSWER)
    changes(callee, caller, ANSWER, OFFER)
    hang_up(callee, caller)


def changes(one: End, other: End, offer: str, answer: str) -> None:
    for method in ("INVITE", "UPDATE"):
        one.ask(method, body=f"{offer}a=sendonly\r\n")
        other.answers(other.got(method), 200, body=f"{answer}a=recvonly\r\n")
        one.heard(200)
    one.ack(cseq=one.cseq - 1)
    other.got("ACK")
    one.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    other.answers(other.got("INFO"), 200)
    one.heard(200)
    one.ask("REFER", "Refer-To: <sip:300@c.invalid>", "Referred-By: <sip:200@c.invalid>")
    other.answers(other.got("REFER"), 202)
    one.heard(202)
    other.ask("NOTIFY", "Event: refer", "Subscription-State: terminated;reason=noresource")
    one.answers(one.got("NOTIFY"), 200)
    other.heard(200)


def test_nothing_of_one_leg_occurs_in_the_other() -> None:
    border = Watched()
    long_call(border)
    assert border.over()
    sides = {"wan": border.of("wan"), "lan": border.of("lan")}
    assert min(len(messages) for messages in sides.values()) > 30
    for one, other in (("wan", "lan"), ("lan", "wan")):
        theirs = "\n".join(message.encode().decode() for message in sides[other])
        found = {each for message in sides[one] for each in secrets(message) if each in theirs}
        assert found == set()


def test_sequence_numbers_are_of_each_leg_alone() -> None:
    border = Watched()
    request, callee = inviting(border)
    assert request.headers.cseq.number == 1
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    caller.ask("INFO", cseq=7000)
    assert callee.got("INFO").headers.cseq.number == 2


def test_a_contact_stays_short_whatever_lies_behind_it() -> None:
    border = Watched()
    long_call(border)
    contacts = [str(contact) for _, data in border.sent for contact in parse(data).headers.contacts]
    assert contacts
    assert max(map(len, contacts)) <= 60
    assert len({*contacts}) == 2  # one for each leg, for all of the call


def test_a_peer_gets_no_route_but_its_own() -> None:
    border = Watched()
    long_call(border)
    requests = [parse(data) for _, data in border.sent if not data.startswith(b"SIP/")]
    assert not any(request.headers.has("record-route") for request in requests)
    routes = {
        flow.interface: set(parse(data).headers.all("route"))
        for flow, data in border.sent
        if parse(data).headers.has("route")
    }
    assert {interface: len(each) for interface, each in routes.items()} == {"wan": 20, "lan": 20}
    assert CALLER.interface in routes
    assert CALLEE.interface in routes
