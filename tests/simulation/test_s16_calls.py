"""S16, P1: calls of a stateful proxy are counted, limited and recorded; servers that fail are
passed over, in both roles; a trunk's challenges are answered by our account there."""

import pytest

from sbc.actions import Flow
from sbc.location.records import Found, Host, Nothing
from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.messages import ANSWER, answer, invite
from tests.support.proxies import SECOND, proxy, within

OTHER = Flow("lan", "udp", ("10.20.0.12", 5060))
LIMITED = proxy().replace("refer: relay", "refer: relay, limits: { calls: 1, max_duration: 1h }")


def up(border: Border, call_id: str = "abc@192.0.2.1") -> list[str]:
    """A call that is answered; its Route set as the caller has it."""
    border.receive(invite(call_id=call_id, branch=f"z9hG4bK{call_id}"), CALLER)
    request = border.request(CALLEE, "INVITE")
    border.receive(answer(request, 180), CALLEE)
    border.wait(2)
    border.receive(answer(request, 200, body=ANSWER), CALLEE)
    border.take(CALLER)
    return request.headers.record_route[::-1]


def part(record: dict[str, object], *names: str) -> object:
    found: object = record
    for name in names:
        assert isinstance(found, dict)
        found = found[name]
    return found


# --- records and limits ---


@pytest.mark.parametrize("by", ["caller", "callee"])
def test_a_call_has_one_record_that_tells_who_ended_it_and_how_long_it_was(by: str) -> None:
    border = Border(proxy())
    routes = up(border)
    (live,) = border.core.calls(border.now)
    assert live["state"] == "up"
    border.wait(30)
    if by == "caller":
        border.receive(within("BYE", routes), CALLER)
    else:
        bye = within("BYE", routes[::-1], uri="sip:200@192.0.2.1:5060", host="10.20.0.11")
        swapped = (
            bye.replace(b"From:", b"X:").replace(b"To:", b"From:").replace(b"\r\nX:", b"\r\nTo:")
        )
        border.receive(swapped, CALLEE)
    (record,) = border.records
    assert record["ended_by"] == by
    assert record["route"] == "in"
    assert (record["from"], record["to"]) == ("200", "100")
    assert record["setup_s"] == 2.0
    assert record["duration_s"] == 30.0
    assert part(record, "cause", "sip") == 200
    assert part(record, "legs", "a", "remote_tag") == "alice-tag"
    assert part(record, "legs", "b", "remote_tag") == "bob-tag"
    assert record["attempts"] == [{"trunk": "pbx", "endpoint": "sip:10.20.0.11", "status": 200}]
    assert record["media"] == []
    assert border.core.calls(border.now) == []


def test_a_refused_and_a_cancelled_call_have_theirs() -> None:
    border = Border(proxy())
    border.receive(invite(), CALLER)
    border.receive(answer(border.request(CALLEE, "INVITE"), 486), CALLEE)
    border.receive(invite(call_id="two", branch="z9hG4bKtwo"), CALLER)
    second = border.request(CALLEE, "INVITE")
    border.receive(answer(second, 180), CALLEE)
    cancel = invite(call_id="two", branch="z9hG4bKtwo", body="").replace(b"INVITE", b"CANCEL")
    border.receive(cancel, CALLER)
    border.receive(answer(second, 487), CALLEE)
    ends = [(each["ended_by"], part(each, "cause", "sip")) for each in border.records]
    assert ends == [("callee", 486), ("caller", 487)]
    assert border.over()


def test_more_calls_than_a_trunk_may_have_are_503_and_recorded() -> None:
    border = Border(LIMITED)
    routes = up(border)
    border.receive(invite(call_id="two", branch="z9hG4bKtwo"), CALLER)
    assert border.response(CALLER, 503).headers.get("retry-after") == "5"
    assert border.heard(CALLEE) == ["ACK"] or border.heard(CALLEE) == []
    assert part(border.records[0], "cause", "text") == "trunk is full"
    border.receive(within("BYE", routes), CALLER)
    up(border, "three")


def test_one_whose_bye_is_never_seen_counts_no_longer_than_the_longest_duration() -> None:
    border = Border(LIMITED)
    up(border)
    border.wait(3601)
    (record,) = border.records
    assert (record["ended_by"], part(record, "cause", "text")) == ("border", "No BYE came this way")
    up(border, "two")


def test_when_the_border_stops_the_books_are_closed_and_the_call_goes_on() -> None:
    border = Border(proxy())
    up(border)
    border.take(CALLEE)
    border.perform(border.core.drain(border.now))
    (record,) = border.records
    assert part(record, "cause", "text") == "The border is stopping"
    assert border.heard(CALLEE) == []
    assert border.over()


# --- servers that fail ---


def test_a_silent_server_is_left_after_four_seconds_and_tried_last_from_then_on() -> None:
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    first = border.take(CALLEE)[0]
    border.wait(3.9)
    assert border.take(OTHER) == []
    border.wait(0.2)
    second = border.request(OTHER, "INVITE")
    border.receive(answer(second, 200, body=ANSWER), OTHER)
    assert border.heard(CALLER) == ["200"]
    assert border.noted("target_cools")
    for number in range(4):
        border.receive(invite(call_id=f"c{number}", branch=f"z9hG4bKc{number}"), CALLER)
        assert [m.method for m in border.take(OTHER) if isinstance(m, Request)] == ["INVITE"]
    assert isinstance(first, Request)


def test_the_silent_one_that_accepts_after_all_wins_and_the_other_is_cancelled() -> None:
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    first = border.take(CALLEE)[0]
    border.wait(4.1)
    second = border.request(OTHER, "INVITE")
    border.receive(answer(second, 180), OTHER)
    assert isinstance(first, Request)
    border.receive(answer(first, 200, body=ANSWER), CALLEE)
    assert border.heard(CALLER) == ["180", "200"]
    cancel = [m for m in border.take(OTHER) if isinstance(m, Request)]
    assert [m.method for m in cancel] == ["CANCEL"]
    border.receive(answer(second, 487), OTHER)
    assert border.heard(CALLER) == []


def test_who_has_said_something_is_waited_for() -> None:
    border = Border(proxy("proxy", SECOND))
    border.receive(invite(), CALLER)
    border.receive(answer(border.request(CALLEE, "INVITE"), 180), CALLEE)
    border.wait(60)
    assert border.take(OTHER) == []


def test_after_the_budget_no_other_is_tried() -> None:
    tight = proxy("proxy", SECOND).replace(
        "to: [pbx], mode: proxy", "to: [pbx], mode: proxy, failover: { setup_budget: 3s }"
    )
    border = Border(tight)
    border.receive(invite(), CALLER)
    request = border.request(CALLEE, "INVITE")
    border.receive(answer(request, 100), CALLEE)
    border.wait(3.5)
    border.receive(answer(request, 500), CALLEE)
    assert border.take(OTHER) == []
    assert border.heard(CALLER) == ["500"]


def stateless_goes_to(border: Border, call_id: str) -> Flow:
    message = invite(call_id=call_id, branch=f"z9hG4bK{call_id}", body="")
    border.receive(message, CALLER)
    ((flow, _),) = border.out
    border.out.clear()
    return flow


def test_a_stateless_proxy_passes_over_what_said_503_or_cannot_be_reached() -> None:
    border = Border(proxy("stateless", SECOND))
    calls = [f"call{number}" for number in range(16)]
    before = {call: stateless_goes_to(border, call) for call in calls}
    assert set(before.values()) == {CALLEE, OTHER}
    border.receive(invite(call_id="x", branch="z9hG4bKx", body=""), CALLER)
    ((flow, request),) = border.out
    border.out.clear()
    assert isinstance(request, Request)
    border.receive(answer(request, 503), flow)
    border.out.clear()
    left = OTHER if flow == CALLEE else CALLEE
    assert {stateless_goes_to(border, call) for call in calls} == {left}
    border.wait(31)
    assert {call: stateless_goes_to(border, call) for call in calls} == before
    border.perform(border.core.transport_failed(CALLEE, border.now))
    assert {stateless_goes_to(border, call) for call in calls} == {OTHER}
    assert not any(border.core.left_over().values())


def test_a_stateless_proxy_sends_what_is_too_large_for_udp_over_tcp() -> None:
    border = Border(proxy("stateless"))
    over_tcp = Flow("lan", "tcp", ("10.20.0.11", 5060))
    border.receive(invite(f"X-Long: {'x' * 1300}"), CALLER)
    request = border.request(over_tcp, "INVITE")
    assert request.headers.via.transport == "TCP"
    border.receive(answer(request, 200, body=ANSWER), over_tcp)
    assert border.heard(CALLER) == ["200"]
    border.perform(border.core.transport_failed(over_tcp, border.now))
    border.receive(invite(f"X-Long: {'x' * 1300}", call_id="two", branch="z9hG4bKtwo"), CALLER)
    assert border.request(CALLEE, "INVITE").headers.via.transport == "UDP"


# --- accounts ---


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Border:
    monkeypatch.setenv("TRUNK", "secret")
    return Border(
        proxy().replace(
            'endpoints: [{ uri: "sip:10.20.0.11" }],',
            'endpoints: [{ uri: "sip:10.20.0.11" }],'
            ' auth: { user: sbc, password: "${ENV:TRUNK}", realm: inside },',
        )
    )


CHALLENGE = 'Proxy-Authenticate: Digest realm="inside", nonce="n", algorithm=MD5, qop="auth"'


def test_a_challenge_of_a_trunk_is_answered_by_our_account_there(account: Border) -> None:
    account.receive(invite(), CALLER)
    first = account.request(CALLEE, "INVITE")
    account.receive(answer(first, 407, CHALLENGE), CALLEE)
    account.out = [pair for pair in account.out if getattr(pair[1], "method", "") != "ACK"]
    again = account.request(CALLEE, "INVITE")
    assert 'username="sbc"' in (again.headers.get("proxy-authorization") or "")
    assert again.headers.cseq == first.headers.cseq
    assert [via.host for via in again.headers.vias] == [via.host for via in first.headers.vias]
    assert again.headers.via.branch != first.headers.via.branch
    account.receive(answer(again, 200, body=ANSWER), CALLEE)
    said = account.take(CALLER)
    assert [m.status for m in said if isinstance(m, Response) and m.status != 100] == [200]
    account.receive(invite(call_id="two", branch="z9hG4bKtwo"), CALLER)
    assert "proxy-authorization" in account.request(CALLEE, "INVITE").headers.present()


def test_a_caller_that_brings_credentials_answers_for_itself(account: Border) -> None:
    account.receive(invite('Proxy-Authorization: Digest realm="inside", username="x"'), CALLER)
    first = account.request(CALLEE, "INVITE")
    assert (first.headers.get("proxy-authorization") or "").endswith('username="x"')
    account.receive(answer(first, 407, CHALLENGE), CALLEE)
    assert account.heard(CALLER) == ["407"]


def test_a_challenge_for_another_realm_is_the_callers(account: Border) -> None:
    account.receive(invite(), CALLER)
    elsewhere = CHALLENGE.replace("inside", "elsewhere")
    account.receive(answer(account.request(CALLEE, "INVITE"), 407, elsewhere), CALLEE)
    assert account.response(CALLER, 407).headers.has("proxy-authenticate")


# --- names ---


@pytest.mark.parametrize(("host", "server"), [("b.example", OTHER), ("a.example", CALLEE)])
def test_a_contact_by_the_name_of_an_endpoint_leads_to_that_endpoint(
    host: str, server: Flow
) -> None:
    """Whatever the Call-ID would choose; and nothing is looked up for it."""
    text = proxy().replace(
        '{ uri: "sip:10.20.0.11" }],', '{ uri: "sip:a.example" }, { uri: "sip:b.example" }],'
    )
    border = Border(text)
    border.perform(border.core.start(border.now))
    known = {"a.example": "10.20.0.11", "b.example": "10.20.0.12"}
    while border.questions:
        question = border.questions.pop(0)
        ip = known.get(question.name) if question.type == "A" else None
        said = Found((Host(ip),), 1000.0) if ip else Nothing(1000.0)
        border.perform(border.core.resolved(question, said, border.now))
    border.receive(invite(), CALLER)
    ((first, request),) = [
        (to, m) for to, m in border.out if isinstance(m, Request) and m.method == "INVITE"
    ]
    border.receive(answer(request, 200, body=ANSWER, contact=f"<sip:bob@{host}>"), first)
    border.out.clear()
    routes = request.headers.record_route[::-1]
    border.receive(within("BYE", routes, uri=f"sip:bob@{host}"), CALLER)
    assert [m.method for m in border.take(server) if isinstance(m, Request)] == ["BYE"]
    assert border.questions == []
