"""Where a leg sends: by the dialog's own rules, or back where a phone behind a NAT was heard."""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import called, calling, inviting, up
from tests.support.messages import ANSWER, invite

NAT = Flow("wan", "udp", ("192.0.2.1", 61000))


def bye_goes_to(contact: str, flow: Flow) -> tuple[str, int]:
    """Where a BYE is sent to a caller that names `contact` and is heard from `flow`."""
    border = Border()
    request = invite().replace(b"Contact: <sip:200@192.0.2.1:5060>", f"Contact: {contact}".encode())
    border.receive(request, flow)
    asked = border.request(CALLEE, "INVITE")
    callee = called(border, asked)
    callee.answers(asked, 200, body=ANSWER)
    caller = calling(border, border.response(flow, 200), flow)
    caller.ack()
    callee.got("ACK")
    callee.ask("BYE")
    (sent,) = [
        to
        for to, message in border.out
        if to.interface == "wan" and isinstance(message, Request) and message.method == "BYE"
    ]
    return sent.remote


@pytest.mark.parametrize(
    ("contact", "flow", "goes_to"),
    [
        ("<sip:200@192.0.2.1:5060>", CALLER, ("192.0.2.1", 5060)),
        ("<sip:200@192.168.1.5:5060>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@10.1.2.3:5060>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@192.0.2.1:5062>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@8.8.8.8:5070>", CALLER, ("8.8.8.8", 5070)),
        ("<sip:200@phone.example>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@224.0.0.1>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@0.0.0.0>", NAT, ("192.0.2.1", 61000)),
        ("<sip:200@[2001:4860::1]>", NAT, ("192.0.2.1", 61000)),
    ],
)
def test_a_request_goes_where_the_peer_can_be_reached(
    contact: str, flow: Flow, goes_to: tuple[str, int]
) -> None:
    assert bye_goes_to(contact, flow) == goes_to


def test_a_trusted_peer_is_reached_where_it_says() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 200, body=ANSWER)
    assert callee.inbox() == ["ACK"]


def test_the_agent_of_a_peer_is_in_the_record_and_nowhere_else() -> None:
    border = Border()
    caller, callee = up(border, "User-Agent: Phone/1.0 (secret build)")
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)
    (record,) = border.records
    assert record["legs"]["a"]["user_agent"] == "Phone/1.0 (secret build)"  # type: ignore[index]
    assert "secret build" not in border.texts(CALLEE)


def test_a_contact_is_short_however_long_the_way_behind_it() -> None:
    border = Border()
    routes = [f"Record-Route: <sip:proxy{number}.inside.example;lr>" for number in range(20)]
    request, callee = inviting(border)
    callee.answers(request, 200, *routes, body=ANSWER)
    ok = border.response(CALLER, 200)
    assert len(ok.headers.get("contact") or "") <= 100
    assert not ok.headers.has("record-route")
    assert "inside.example" not in border.texts(CALLER)
