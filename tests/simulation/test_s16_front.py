"""S16: a stateless border in front of two whole borders: calls, subscriptions and messages stay
with the border where they began, both ways, and the front keeps nothing."""

import pytest

from sbc.sip.message import Request, Response
from tests.support.front import HOSTS, PBX, Front
from tests.support.messages import ANSWER, answer, invite, text


def within(method: str, said: Response, *extra: str, cseq: int = 2, body: str = "") -> bytes:
    """A request of the caller in the dialog that this answer made, by the Route set of it."""
    headers = said.headers
    routes = headers.record_route[::-1]
    return text(
        f"{method} {headers.contacts[0].uri} SIP/2.0",
        [
            f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-{method}-{cseq};rport",
            f"From: {headers.get('from')}",
            f"To: {headers.get('to')}",
            f"Call-ID: {headers.call_id}",
            f"CSeq: {cseq} {method}",
            "Contact: <sip:200@192.0.2.1:5060>",
            "Max-Forwards: 70",
            *(f"Route: {each}" for each in routes),
            *extra,
        ],
        body,
    )  # fmt: skip


def answered(front: Front, call_id: str) -> tuple[str, Response, Request]:
    """The border that serves this call, its 200 as the caller got it, and the PBX's INVITE."""
    front.calls(invite(call_id=call_id, branch=f"z9hG4bK{call_id}"))
    ((host, request),) = front.at_pbx()
    assert isinstance(request, Request)
    front.pbx_says(host, answer(request, 200, body=ANSWER))
    (said,) = front.heard()
    assert isinstance(said, Response)
    assert said.status == 200
    front.at_pbx()  # its ACK
    return host, said, request


def test_a_call_stays_with_its_border_and_its_route_leads_through_the_front() -> None:
    front = Front()
    host, said, request = answered(front, "one")
    assert said.headers.record_route, "or the caller would leave the front out"
    assert all("203.0.113.10" in each or "10.1.0.1" in each for each in said.headers.record_route)
    front.calls(within("ACK", said, cseq=1))
    front.behind[host].wait(40)
    assert front.at_pbx() == [], "without the ACK the border would hang up"
    front.calls(within("INFO", said))
    ((at, info),) = front.at_pbx()
    assert at == host
    assert isinstance(info, Request)
    front.pbx_says(host, answer(info, 200, tag=""))
    assert [m.status for m in front.heard() if isinstance(m, Response)] == [200]
    front.calls(within("BYE", said, cseq=3))
    ((at, bye),) = front.at_pbx()
    assert at == host
    assert isinstance(bye, Request)
    front.pbx_says(host, answer(bye, 200, tag=""))
    assert front.over()
    del request


def test_the_called_side_reaches_the_caller_through_the_front() -> None:
    front = Front()
    host, said, request = answered(front, "one")
    front.calls(within("ACK", said, cseq=1))
    front.at_pbx()
    headers = request.headers
    bye = text(
        f"BYE {headers.contacts[0].uri} SIP/2.0",
        [
            "Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKpbx;rport",
            f"From: {headers.get('to')};tag=bob-tag",
            f"To: {headers.get('from')}",
            f"Call-ID: {headers.call_id}",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
        ],
    )
    front.pbx_says(host, bye)
    (heard,) = front.heard()
    assert isinstance(heard, Request)
    assert heard.method == "BYE"
    assert heard.uri == "sip:200@192.0.2.1:5060"
    front.calls(answer(heard, 200, tag=""))
    assert [m.status for _, m in front.at_pbx() if isinstance(m, Response)] == [200]
    assert front.over()


def test_calls_are_shared_and_the_front_keeps_none_of_them() -> None:
    front = Front()
    hosts = [answered(front, f"call-{number}")[0] for number in range(24)]
    assert min(hosts.count(host) for host in HOSTS) >= 6
    assert not any(front.front.core.left_over().values())
    assert front.front.core.next_deadline() is None


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_refusal_and_a_cancel_find_their_way(cancelled: bool) -> None:
    front = Front()
    front.calls(invite())
    ((host, request),) = front.at_pbx()
    assert isinstance(request, Request)
    front.pbx_says(host, answer(request, 180))
    front.heard()
    if cancelled:
        call = invite().replace(b"INVITE", b"CANCEL").partition(b"Content-Type")[0]
        front.calls(call + b"Content-Length: 0\r\n\r\n")
        ((at, cancel),) = front.at_pbx()
        assert (at, getattr(cancel, "method", "")) == (host, "CANCEL")
        front.pbx_says(host, answer(request, 487))
        assert sorted(m.status for m in front.heard() if isinstance(m, Response)) == [200, 487]
    else:
        front.pbx_says(host, answer(request, 486))
        assert [m.status for m in front.heard() if isinstance(m, Response)] == [486]
    front.calls(within_ack())
    assert front.over()


def within_ack() -> bytes:
    """Of a refusal: in the transaction of the INVITE."""
    made = invite().replace(b"INVITE", b"ACK").partition(b"Content-Type")[0]
    return made + b"Content-Length: 0\r\n\r\n"


def test_a_subscription_through_the_front_goes_on_at_its_border() -> None:
    front = Front()
    message = invite(body="").replace(b"INVITE", b"SUBSCRIBE")
    front.calls(message.replace(b"Max-Forwards", b"Event: presence\r\nExpires: 60\r\nMax-Forwards"))
    ((host, asked),) = front.at_pbx()
    assert isinstance(asked, Request)
    front.pbx_says(host, answer(asked, 200, "Expires: 60"))
    (said,) = front.heard()
    assert isinstance(said, Response)
    notify = text(
        f"NOTIFY {asked.headers.contacts[0].uri} SIP/2.0",
        [
            "Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKnot;rport",
            f"From: {asked.headers.get('to')};tag=bob-tag",
            f"To: {asked.headers.get('from')}",
            f"Call-ID: {asked.headers.call_id}",
            "CSeq: 1 NOTIFY",
            "Contact: <sip:bob@10.20.0.11>",
            "Event: presence",
            "Subscription-State: active;expires=60",
            "Max-Forwards: 70",
        ],
    )
    front.pbx_says(host, notify)
    (told,) = front.heard()
    assert isinstance(told, Request)
    assert told.method == "NOTIFY"
    front.calls(answer(told, 200, tag=""))
    front.calls(within("SUBSCRIBE", said, "Event: presence", "Expires: 0"))
    refreshed = [(at, m.method) for at, m in front.at_pbx() if isinstance(m, Request)]
    assert refreshed == [(host, "SUBSCRIBE")]
    assert PBX.remote[0] not in front.front.texts(PBX)


def test_a_message_crosses_front_and_border_and_comes_back_answered() -> None:
    front = Front()
    message = invite(body="hello").replace(b"INVITE", b"MESSAGE")
    front.calls(message.replace(b"application/sdp", b"text/plain"))
    ((host, sent),) = front.at_pbx()
    assert sent.body == b"hello"
    assert isinstance(sent, Request)
    front.pbx_says(host, answer(sent, 202))
    assert [m.status for m in front.heard() if isinstance(m, Response)] == [202]
    assert front.over()
