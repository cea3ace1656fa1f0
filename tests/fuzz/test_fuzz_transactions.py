"""Hostile messages that pass the parser: layer and dialogs refuse, absorb, and stay bounded."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.actions import Flow, Transmit
from sbc.dialog.dialog import Dialog
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response, parse
from sbc.sip.validate import check_request, check_response
from sbc.transaction.layer import Output, RequestReceived, TransactionLayer
from tests.support.transactions import ALICE, BOB, read_request, request, response

TORTURE = sorted((Path(__file__).parents[1] / "rfc" / "torture").glob("*.dat"))
INVITE = request(fields=[("Contact", "<sip:a@192.0.2.1>"), ("Record-Route", "<sip:p;lr>")])
OURS = request(branch="z9hG4bKours", fields=[("Contact", "<sip:sbc@192.0.2.9>")])
ANSWERS = [
    response(
        OURS, status, fields=[("Contact", "<sip:b@192.0.2.2>"), ("Record-Route", "<sip:p;lr>")]
    )
    for status in (100, 183, 200, 302, 486)
]
SEEDS: list[bytes] = [
    *(path.read_bytes() for path in TORTURE),
    *(request(method, to_tag="bob").encode() for method in ("ACK", "BYE", "PRACK", "UPDATE")),
    *(each.encode() for each in (INVITE, request("CANCEL"), request(branch=None))),
    *(each.encode() for each in ANSWERS),
]
PIECES = [
    b"\0",
    b'"\\\0"',
    b'"',
    b"<",
    b">",
    b",",
    b";",
    b";lr",
    b";rport",
    b";tag=x",
    b"*",
    b"?x=y",
]
PIECES += [
    b";method=BYE",
    b"z9hG4bK",
    b"\xff",
    b"\xc3\xa9",
    b" ",
    b"[::1]",
    b";maddr=9.9.9.9",
    b"@",
]
VIA = "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKnext"


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 6))
        data = data[:at] + draw(st.sampled_from([b"", *PIECES])) + data[at + cut :]
    return data


def checked(data: bytes) -> Request | Response | None:
    try:
        message = parse(data)
        if isinstance(message, Request):
            check_request(message)
        else:
            check_response(message)
    except BadMessage:
        return None
    return message


def busy_layer() -> TransactionLayer:
    layer = TransactionLayer(max_transactions=5)
    layer.send(read_request(OURS.encode()), BOB, 0.0)
    layer.receive(read_request(INVITE.encode()), ALICE, 0.0)
    return layer


def use(layer: TransactionLayer, message: Request | Response, flow: Flow) -> list[Output]:
    """All that a TU would do with it."""
    outputs = layer.receive(message, flow, 1.0)
    for output in list(outputs):
        if isinstance(output, RequestReceived):
            answer = build_response(output.request, 486, to_tag="sbc")
            outputs += layer.respond(output.key, answer, 1.0)
    return outputs


@given(st.lists(hostile(), max_size=8), st.sampled_from([ALICE, BOB]))
def test_the_layer_takes_whatever_the_parser_lets_by(datas: list[bytes], flow: Flow) -> None:
    layer = busy_layer()
    for data in datas:
        message = checked(data)
        if message is not None:
            for output in use(layer, message, flow):
                if isinstance(output, Transmit):
                    parse(output.data)
    assert layer.counts() <= 1 + 6 + 1  # a client of ours, a quarter above the limit, a CANCEL
    layer.handle_timeout(1000.0)
    layer.handle_timeout(2000.0)
    assert layer.counts() <= 2  # the INVITEs that wait for a TU: to answer one, to cancel the other


@given(hostile())
def test_a_malformed_request_is_refused_or_ignored(data: bytes) -> None:
    layer = busy_layer()
    try:
        parse(data)
    except BadMessage as bad:
        if bad.request is not None:
            for output in layer.refuse(bad.request, ALICE, bad.status):
                assert isinstance(output, Transmit)
    assert layer.counts() == 2


@given(hostile())
def test_a_dialog_is_made_or_refused_and_speaks_clean_sip(data: bytes) -> None:
    message = checked(data)
    try:
        if isinstance(message, Request):
            dialog = Dialog.from_invite(message, "sbc", "<sip:sbc@192.0.2.9>", ALICE)
        elif message is not None:
            dialog = Dialog.from_response(OURS, message, BOB)
        else:
            return
        dialog.confirm(response(OURS, 200))
        dialog.refresh_target(message)
    except BadMessage:
        return
    for built in (dialog.request("INVITE", VIA), dialog.ack(1, VIA)):
        assert b"\0" not in built.encode()
        parse(built.encode())


@pytest.mark.parametrize("path", TORTURE, ids=lambda path: path.stem)
def test_every_torture_message_passes_through_the_layer(path: Path) -> None:
    message = checked(path.read_bytes())
    if message is not None:
        use(busy_layer(), message, ALICE)
