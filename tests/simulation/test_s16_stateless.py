"""S16: a stateless proxy (RFC 3261 §16.11): nothing is remembered, and yet everything that belongs
together goes the same way; so that a border can stand in front of several borders.
"""

from collections import Counter

import pytest

from sbc.actions import Flow
from sbc.core import Core
from sbc.sip.message import Request, Response
from sbc.tokens import Tokens
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import config
from tests.support.messages import ANSWER, answer, invite, text
from tests.support.proxies import proxy, recorded, register, within

FIVE = proxy("stateless", *(f'{{ uri: "sip:10.20.0.{n}" }}' for n in (9, 10, 12, 13)))
FOUR = proxy("stateless", *(f'{{ uri: "sip:10.20.0.{n}" }}' for n in (9, 10, 12)))


@pytest.fixture
def border() -> Border:
    return Border(proxy("stateless"))


def empty(border: Border) -> bool:
    return not any(border.core.left_over().values()) and border.core.next_deadline() is None


def served_by(border: Border, call_id: str, method: bytes = b"INVITE") -> str:
    border.receive(invite(call_id=call_id, body="").replace(b"INVITE", method), CALLER)
    ((flow, _),) = border.out
    border.out.clear()
    return flow.remote[0]


def test_a_whole_call_crosses_and_nothing_is_kept_at_any_time(border: Border) -> None:
    border.receive(invite(), CALLER)
    request = border.request(CALLEE, "INVITE")
    assert empty(border)
    assert not border.take(CALLER), "who has no transaction says no 100"
    for status in (100, 180, 200):
        border.receive(answer(request, status, body=ANSWER if status == 200 else ""), CALLEE)
        back = border.response(CALLER, status)
        assert [via.host for via in back.headers.vias] == ["192.0.2.1"]
        assert empty(border)
    routes = request.headers.record_route
    border.receive(within("ACK", routes[::-1], cseq=1, branch="z9hG4bKack"), CALLER)
    assert border.request(CALLEE, "ACK").headers.route == []
    border.receive(within("BYE", routes[::-1]), CALLER)
    bye = border.request(CALLEE, "BYE")
    border.receive(answer(bye, 200), CALLEE)
    border.response(CALLER, 200)
    assert empty(border)
    assert not border.commands


def test_a_repetition_its_cancel_and_its_ack_have_the_same_branch(border: Border) -> None:
    """A next element knows by it that they are of one transaction."""
    made = invite(body="")
    cancel = made.replace(b"1 INVITE", b"1 CANCEL").replace(b"INVITE sip", b"CANCEL sip")
    ack = made.replace(b"1 INVITE", b"1 ACK").replace(b"INVITE sip", b"ACK sip")
    ack = ack.replace(b"To: <sip:100@203.0.113.10>", b"To: <sip:100@203.0.113.10>;tag=bob-tag")
    for each in (made, made, cancel, ack):
        border.receive(each, CALLER)
    sent = [message for message in border.take(CALLEE) if isinstance(message, Request)]
    assert [message.method for message in sent] == ["INVITE", "INVITE", "CANCEL", "ACK"]
    assert len({message.headers.via.branch for message in sent}) == 1
    border.receive(made.replace(b"z9hG4bKfirst", b"z9hG4bKsecond"), CALLER)
    another = border.request(CALLEE, "INVITE")
    assert another.headers.via.branch != sent[0].headers.via.branch


def test_a_restart_in_the_middle_of_a_call_is_not_noticed() -> None:
    """With a key in the configuration; so does a second border in the place of the first."""

    def key(made: str) -> str:
        return made.replace("version: 1\n", "version: 1\nnode: { proxy_key: '${ENV:K}' }\n")

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("K", "of both")
        first, second = Border(key(proxy("stateless"))), Border(key(proxy("stateless")))
        second.core = Core(config(key(proxy("stateless"))), Tokens(b"another"), epoch=1.7e9)
    first.receive(invite(), CALLER)
    request = first.request(CALLEE, "INVITE")
    second.receive(answer(request, 200, body=ANSWER), CALLEE)
    assert second.heard(CALLER) == ["200"]
    second.receive(within("BYE", request.headers.record_route[::-1]), CALLER)
    assert second.heard(CALLEE) == ["BYE"]
    stranger = Border(proxy("stateless"))
    stranger.core = Core(config(proxy("stateless")), Tokens(b"third"), epoch=1.7e9)
    stranger.receive(answer(request, 200, body=ANSWER), CALLEE)
    assert not stranger.out, "without the key nothing is believed"


def test_calls_are_spread_and_each_stays_where_it_is() -> None:
    border = Border(FIVE)
    first = {f"call-{n}": served_by(border, f"call-{n}") for n in range(500)}
    shares = Counter(first.values())
    assert set(shares) == {f"10.20.0.{n}" for n in (9, 10, 11, 12, 13)}
    assert all(60 < share < 140 for share in shares.values()), shares
    for call_id, where in list(first.items())[:50]:
        assert served_by(border, call_id) == where
        assert served_by(border, call_id, b"CANCEL") == where


def test_an_endpoint_that_goes_away_moves_its_own_calls_and_no_others() -> None:
    five, four = Border(FIVE), Border(FOUR)
    moved = Counter()  # type: Counter[str]
    for n in range(300):
        before, after = served_by(five, f"call-{n}"), served_by(four, f"call-{n}")
        if before != after:
            moved[before] += 1
    assert set(moved) == {"10.20.0.13"}


def test_responses_that_answer_nothing_of_ours_go_nowhere(border: Border) -> None:
    """The callee cannot make us send to an address of its choice."""
    border.receive(invite(), CALLER)
    request = border.request(CALLEE, "INVITE")
    good = answer(request, 200, body=ANSWER)
    for change in (
        (b"Via: SIP/2.0/UDP 192.0.2.1:5060", b"Via: SIP/2.0/UDP 192.0.2.99:5060"),
        (b"received=192.0.2.1", b"received=192.0.2.99"),
        (b"rport=5060", b"rport=22"),
        (b"back=wan.udp", b"back=lan.udp"),
        (b"back=wan.udp", b"back=nowhere.udp"),
        (b"back=wan.udp", b"back=wan.tcp"),
        (b"Call-ID: abc", b"Call-ID: xyz"),
        (b";back=", b";x="),
    ):
        assert change[0] in good
        border.receive(good.replace(*change), CALLEE)
        assert not border.out, change
    border.receive(good, Flow("wan", "udp", ("192.0.2.1", 5060)))
    assert not border.out, "from the other zone"
    border.receive(good, CALLEE)
    assert border.heard(CALLER) == ["200"]


def test_a_response_goes_back_down_the_connection_of_its_request(border: Border) -> None:
    phone = Flow("wan", "tcp", ("192.0.2.1", 40123))
    border.receive(invite().replace(b"/UDP ", b"/TCP "), phone)
    border.receive(answer(border.request(CALLEE, "INVITE"), 180), CALLEE)
    assert border.heard(phone) == ["180"]


def test_a_flood_of_refused_requests_leaves_nothing(border: Border) -> None:
    """Stateless 4xx under attack: malformed, looped, with forged Routes, of strangers."""
    routes = recorded(border)[::-1]
    border.out.clear()
    forged = [each.replace("~pbx~", "~carrier~") for each in routes]
    stranger = Flow("wan", "udp", ("198.51.100.66", 5060))
    for n in range(300):
        branch = f"z9hG4bK{n}"
        fresh = invite(branch=branch, call_id=f"flood-{n}")
        border.receive(fresh.replace(b"CSeq: 1", b"CSeq: x"), CALLER)
        border.receive(fresh.replace(b"Max-Forwards: 70", b"Max-Forwards: 0"), CALLER)
        border.receive(within("BYE", forged, branch=branch), CALLER)
        border.receive(fresh, stranger)
    assert Counter(border.heard(CALLER)) == {"400": 300, "483": 300, "403": 300}
    assert not border.out
    assert empty(border)


def test_the_ack_for_a_refusal_of_ours_goes_no_further(border: Border) -> None:
    made = invite(body="").replace(b"Max-Forwards: 70", b"Max-Forwards: 70\r\nMax-Breadth: 0")
    border.receive(made, CALLER)
    refusal = border.response(CALLER, 440)
    ack = text(
        "ACK sip:100@203.0.113.10 SIP/2.0",
        [
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKfirst;rport",
            'From: "Alice" <sip:200@192.0.2.1>;tag=alice-tag',
            f"To: {refusal.headers.get('to')}",
            "Call-ID: abc@192.0.2.1",
            "CSeq: 1 ACK",
            "Max-Forwards: 70",
        ],
    )
    border.receive(ack, CALLER)
    assert not border.out


def test_a_register_is_front_to_several_registrars() -> None:
    border = Border(FIVE)
    border.receive(register(), CALLER)
    ((_, request),) = border.out
    assert isinstance(request, Request)
    assert len(request.headers.elements("path")) == 2


def test_two_fronts_in_a_row_find_each_its_own_way_back(border: Border) -> None:
    """The second has its own Via on top of that of the first."""
    second = Border(proxy("stateless"))
    border.receive(invite(), CALLER)
    onward = border.request(CALLEE, "INVITE")
    second.receive(onward, CALLER)
    last = second.request(CALLEE, "INVITE")
    assert len(last.headers.vias) == 3
    second.receive(answer(last, 180), CALLEE)
    back = second.out[0][1]
    assert isinstance(back, Response)
    border.receive(back, CALLEE)
    assert border.heard(CALLER) == ["180"]
