"""S13: transports and address families converted between legs; what is too large for UDP goes over
TCP, with fallback and a warning. Calls to a WebSocket client go down its own connection (N7)."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, hang_up, up
from tests.support.messages import ANSWER, OFFER, answer, invite

CALLEE_TCP = Flow("lan", "tcp", CALLEE.remote)
MORE = range(102, 127)
BULKY = OFFER.replace("8 0 101", f"8 0 101 {' '.join(map(str, MORE))}") + "".join(
    f"a=rtpmap:{number} opus/48000/2\r\na=fmtp:{number} useinbandfec=1\r\n" for number in MORE
)

TLS6 = Flow("lan", "tls", ("2001:db8:1::11", 5061), ("pbx.example",))
MIXED = (
    TWO_ZONES.replace(
        "bind: 10.20.0.5, sip: [{ transport: udp, port: 5060 }, { transport: tcp, port: 5060 }]",
        'bind: "2001:db8:1::5", sip: [{ transport: tls, port: 5061, certificate: edge }]',
    )
    .replace('"sip:10.20.0.11"', '"sips:[2001:db8:1::11]"')
    .replace("10.20.0.11/32", '"2001:db8:1::11/128"')
    .replace("zones:\n", "certificates:\n  edge: { chain: /c, key: /k }\nzones:\n", 1)
)
WSS = "{ transport: wss, certificate: edge, origins: ['https://a.example'] }"
WEB = TWO_ZONES.replace(
    "bind: 203.0.113.10, sip: [",
    f"bind: 203.0.113.10, sip: [{WSS}, ",
).replace("zones:\n", "certificates:\n  edge: { chain: /c, key: /k }\nzones:\n", 1)


def large_body(border: Border, name: str) -> None:
    """An INVITE whose description is long, and stays so on the other side."""
    made = invite("Subject: " + "a" * 100, body=BULKY, call_id=f"{name}@x", branch=f"z9hG4bK{name}")
    border.receive(made, CALLER)


def bulky(border: Border, name: str = "first") -> tuple[Flow, Request]:
    large_body(border, name)
    invites = [(f, m) for f, m in border.out if isinstance(m, Request) and m.method == "INVITE"]
    ((flow, request),) = invites
    border.out = [pair for pair in border.out if pair[1] is not request]
    return flow, request


def labels(border: Border, event: str) -> list[dict[str, str]]:
    return [dict(note.labels) for note in border.noted(event)]


def test_a_large_invite_goes_over_tcp_and_the_call_comes_up_and_ends() -> None:
    border = Border()
    flow, request = bulky(border)
    assert flow == CALLEE_TCP
    assert len(request.encode()) > 1300
    assert request.headers.via.transport == "TCP"
    (told,) = labels(border, "too_large_for_udp")
    assert told == {"trunk": "pbx", "transport": "tcp", "method": "INVITE"}
    callee = called(border, request, CALLEE_TCP)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, called_over_udp(border, callee.local, request))
    assert border.over()


def called_over_udp(border: Border, local: str, request: Request):  # type: ignore[no-untyped-def]
    """Its Contact names UDP: what is small goes there."""
    end = called(border, request, CALLEE)
    end.local = local
    end.got("ACK")
    return end


def test_refused_it_goes_over_udp_at_once_and_that_trunk_is_not_asked_again_soon() -> None:
    border = Border()
    bulky(border)
    border.perform(border.core.transport_failed(CALLEE_TCP, border.now))
    request = border.request(CALLEE, "INVITE")
    assert request.headers.via.transport == "UDP"
    assert labels(border, "tcp_refused") == [{"trunk": "pbx", "transport": "udp"}]
    callee = called(border, request)
    callee.answers(request, 486)
    border.response(CALLER, 486)
    border.wait(60)
    border.take(CALLER)
    border.take(CALLEE)
    border.receive(
        invite(body=BULKY, call_id="second@192.0.2.1", branch="z9hG4bKsecond", tag="second"), CALLER
    )
    request = border.request(CALLEE, "INVITE")
    assert [told["transport"] for told in labels(border, "too_large_for_udp")] == ["tcp", "udp"]
    called(border, request).answers(request, 486)
    assert border.over()


def test_a_small_one_needs_no_connection() -> None:
    border = Border()
    caller, callee = up(border)
    hang_up(caller, callee)
    assert labels(border, "too_large_for_udp") == []
    assert border.over()


def test_a_phone_over_udp_and_ipv4_calls_a_trunk_over_tls_and_ipv6() -> None:
    border = Border(MIXED)
    border.receive(invite(), CALLER)
    ((flow, request),) = [
        (f, m) for f, m in border.out if isinstance(m, Request) and m.method == "INVITE"
    ]
    border.out.clear()
    assert (flow, flow.names) == (TLS6, ("2001:db8:1::11",))
    via = request.headers.via
    assert (via.transport, via.host, via.port) == ("TLS", "2001:db8:1::5", 5061)
    assert request.headers.contacts[0].uri.endswith("@[2001:db8:1::5]:5061;transport=tls")
    assert "[2001:db8:1::11];transport=tls" in request.uri
    assert b"c=IN IP6 2001:db8:1::5" in request.body
    assert b"203.0.113" not in request.encode()
    assert b"192.0.2" not in request.encode()
    contact = "<sip:end@[2001:db8:1::11]:5061;transport=tls>"
    body = ANSWER.replace("IP4 10.20.0.11", "IP6 2001:db8:1::11")
    border.receive(answer(request, 200, tag="bob", body=body, contact=contact), TLS6)
    ok = border.response(CALLER, 200)
    assert "transport" not in ok.headers.contacts[0].uri
    assert "@203.0.113.10:5060" in ok.headers.contacts[0].uri
    assert b"c=IN IP4 203.0.113.10" in ok.body
    assert b"2001:db8" not in ok.encode()
    caller = calling(border, ok)
    caller.ack()
    caller.ask("BYE")
    caller.heard(200)
    assert border.heard(TLS6) == ["ACK", "BYE"]
    border.perform(border.core.transport_failed(TLS6, border.now))
    assert border.over()


@pytest.mark.parametrize("answers", [True, False])
def test_calls_to_and_from_a_websocket_client_stay_on_its_connection(answers: bool) -> None:
    border = Border(WEB)
    client = Flow("wan", "wss", ("192.0.2.1", 40_000))
    unreachable = "<sip:200@x8f2k.invalid;transport=ws>"
    asked = invite().replace(b"SIP/2.0/UDP 192.0.2.1:5060", b"SIP/2.0/WSS x8f2k.invalid")
    asked = asked.replace(b"<sip:200@192.0.2.1:5060>", unreachable.encode())
    border.receive(asked, client)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    ok = border.response(client, 200)
    assert isinstance(ok, Response)
    assert ok.headers.contacts[0].uri.endswith(":443;transport=ws")
    caller = calling(border, ok, client)
    caller.ack()
    callee.got("ACK")
    callee.ask("BYE")
    callee.heard(200)
    bye = caller.got("BYE")
    assert bye.headers.via.transport == "WSS"
    if answers:
        caller.answers(bye, 200)
    else:
        border.perform(border.core.transport_failed(client, border.now))
    assert border.over()


def offerless(border: Border, name: str) -> tuple[End, Request]:
    """A call without an offer, whose answer is long and goes in the ACK; the caller, and that."""
    made = invite(body="", call_id=f"{name}@x", branch=f"z9hG4bK{name}", tag=name)
    border.receive(made, CALLER)
    request = border.request(CALLEE, "INVITE")
    called(border, request).answers(request, 200, body=BULKY.replace("192.0.2.1", "10.20.0.11"))
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=BULKY)
    ((flow, ack),) = [(f, m) for f, m in border.out if isinstance(m, Request)]
    assert ack.method == "ACK"
    assert len(ack.encode()) > 1300
    assert ack.headers.via.transport == flow.transport.upper()
    border.out = []
    return caller, ack


def test_a_large_ack_goes_over_tcp_where_that_is_known_to_work() -> None:
    """RFC 3261 §18.1.1: nobody tells us of an ACK that was refused, so nothing is tried out."""
    border = Border()
    _, ack = offerless(border, "one")
    assert ack.headers.via.transport == "UDP"
    flow, request = bulky(border)
    end = called(border, request, flow)
    end.answers(request, 486)
    border.out = []
    _, ack = offerless(border, "two")
    assert ack.headers.via.transport == "TCP"
    flow, request = bulky(border, "again")
    border.perform(border.core.transport_failed(flow, border.now))
    border.out = []
    _, ack = offerless(border, "three")
    assert ack.headers.via.transport == "UDP"
