"""The whole layer: one end alone, and two ends over a wire that loses and repeats."""

from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sbc.sip.message import Request, Response, build_response
from sbc.transaction.layer import (
    AckReceived,
    Cancelled,
    Failed,
    Key,
    Output,
    RequestReceived,
    ResponseReceived,
    StraySuccess,
    TransactionLayer,
)
from tests.support.lossy_wire import Fate, Wire
from tests.support.transactions import (
    ALICE,
    BOB,
    BOB_TCP,
    ack,
    events,
    methods,
    only,
    request,
    response,
    statuses,
)

# --- one end alone


def test_requests_and_responses_find_their_side() -> None:
    layer = TransactionLayer()
    invite = request(branch="z9hG4bKours")
    key, outputs = layer.send(invite, BOB, 0.0)
    assert methods(outputs) == ["INVITE"]
    assert only(RequestReceived, layer.receive(request(), ALICE, 0.0)).flow == ALICE
    assert only(ResponseReceived, layer.receive(response(invite, 180), BOB, 0.1)).key == key
    assert layer.counts() == 2


def test_one_alarm_serves_every_transaction() -> None:
    layer = TransactionLayer()
    assert layer.next_deadline() is None
    layer.send(request("OPTIONS", branch="z9hG4bK1"), BOB, 0.0)
    layer.receive(request("OPTIONS", branch="z9hG4bK2"), ALICE, 0.1)
    assert layer.next_deadline() == 0.5
    assert methods(layer.handle_timeout(0.5)) == ["OPTIONS"]
    assert statuses(layer.handle_timeout(3.6)) == [100]


def test_time_without_a_deadline_changes_nothing() -> None:
    assert TransactionLayer().handle_timeout(1e9) == []


def test_an_alarm_that_comes_hours_late_ends_every_client_transaction_once() -> None:
    layer = TransactionLayer()
    invite, _ = layer.send(request(branch="z9hG4bK1"), BOB, 0.0)
    message, _ = layer.send(request("MESSAGE", branch="z9hG4bK2"), BOB, 0.0)
    outputs = layer.handle_timeout(7200.0)
    assert events(outputs) == [Failed(invite, "timeout"), Failed(message, "timeout")]
    assert layer.counts() == 0


def test_a_cancel_of_ours_leaves_nothing_behind_when_nobody_answers_it() -> None:
    layer = TransactionLayer()
    invite = request()
    key, _ = layer.send(invite, BOB, 0.0)
    layer.receive(response(invite, 180), BOB, 0.1)
    assert methods(layer.cancel(key, (), 1.0)) == ["CANCEL"]
    assert events(layer.handle_timeout(50.0)) == [Failed(key, "timeout")]
    assert layer.counts() == 0
    assert layer.next_deadline() is None


def test_a_request_of_ours_that_comes_back_to_us_meets_its_own_response() -> None:
    """A route that leads from us to us: both sides of one branch live in one layer."""
    layer = TransactionLayer()
    key, _ = layer.send(request(), ALICE, 0.0)
    mine = only(RequestReceived, layer.receive(request(), ALICE, 0.0))
    layer.respond(mine.key, build_response(mine.request, 486, to_tag="x"), 0.1)
    outputs = layer.receive(response(request(), 486), ALICE, 0.1)
    assert only(ResponseReceived, outputs).key == key
    assert layer.receive(ack(request()), ALICE, 0.2) == []
    layer.handle_timeout(100.0)
    assert layer.counts() == 0


def test_a_failed_transport_reaches_both_sides() -> None:
    layer = TransactionLayer()
    key, _ = layer.send(request(branch="z9hG4bK1"), BOB_TCP, 0.0)
    layer.receive(request("MESSAGE", branch="z9hG4bK2"), BOB_TCP, 0.0)
    assert layer.transport_failed(BOB_TCP, 0.1) == [Failed(key, "transport")]
    assert layer.counts() == 0


def test_a_retransmission_after_the_end_is_a_request_of_its_own() -> None:
    layer = TransactionLayer()
    first = only(RequestReceived, layer.receive(request("MESSAGE"), ALICE, 0.0))
    layer.respond(first.key, build_response(first.request, 200, to_tag="x"), 0.0)
    layer.handle_timeout(32.0)
    assert events(layer.receive(request("MESSAGE"), ALICE, 32.1))


def test_what_is_turned_away_is_counted() -> None:
    layer = TransactionLayer(max_transactions=1)
    layer.receive(request(branch="z9hG4bK1"), ALICE, 0.0)
    layer.receive(request(branch="z9hG4bK2", call_id="other"), ALICE, 0.0)
    layer.receive(response(request(), 180), BOB, 0.0)
    assert layer.tally() == {"refused": 1, "merged": 0, "stray": 1}


def test_a_refusal_without_state_goes_through_the_layer() -> None:
    layer = TransactionLayer()
    assert statuses(layer.refuse(request(), ALICE, 403)) == [403]
    assert layer.counts() == 0


# --- two ends


@dataclass(frozen=True)
class Script:
    """What the two users do."""

    method: str
    answers: tuple[tuple[float, int], ...]
    """The callee's responses: seconds after the request came, and status. The last one is final."""
    cancel_after: float | None


class Users:
    """A caller and a callee that do their part as RFC 3261 §13 has it."""

    def __init__(self, wire: Wire, script: Script) -> None:
        self.wire = wire
        self.script = script
        self.acked = False
        self._answered = False
        wire.caller.on_event = self._caller
        wire.callee.on_event = self._callee
        self._request = request(script.method, sent_by="192.0.2.1:5060")
        self.key, outputs = wire.caller.layer.send(self._request, wire.caller.flow, 0.0)
        wire.carry(wire.caller, outputs)
        if script.cancel_after is not None:
            wire.later(script.cancel_after, self._cancel)

    def outcomes(self) -> list[Output]:
        """What ended the caller's request; a 2xx counts once, however often it came."""
        found: list[Output] = []
        accepted = False
        for _, event in self.wire.caller.told:
            if isinstance(event, Failed):
                found.append(event)
            elif isinstance(event, ResponseReceived) and event.response.status >= 200:
                success = event.response.status < 300
                if not (success and accepted):
                    found.append(event)
                accepted = accepted or success
        return found

    def _cancel(self) -> None:
        layer = self.wire.caller.layer
        self.wire.carry(self.wire.caller, layer.cancel(self.key, (), self.wire.now))

    def _caller(self, event: Output) -> None:
        accepted = isinstance(event, StraySuccess) or (
            isinstance(event, ResponseReceived)
            and self.script.method == "INVITE"
            and 200 <= event.response.status < 300
        )
        if accepted:
            confirm = ack(self._request, branch="z9hG4bKack")
            self.wire.transmit(self.wire.caller, confirm.encode())

    def _callee(self, event: Output) -> None:
        if isinstance(event, RequestReceived):
            for delay, status in self.script.answers:
                self._later(delay, event.key, event.request, status)
            self._asked = event
        elif isinstance(event, Cancelled):
            self._answer(event.key, self._asked.request, 487)
        elif isinstance(event, AckReceived):
            self.acked = True

    def _later(self, delay: float, key: Key, asked: Request, status: int) -> None:
        self.wire.later(delay, lambda: self._answer(key, asked, status))

    def _answer(self, key: Key, asked: Request, status: int) -> None:
        if self._answered:
            return
        self._answered = status >= 200
        answer = build_response(asked, status, to_tag="bob")
        self._respond(key, answer)
        if self.script.method == "INVITE" and 200 <= status < 300:
            self._keep_sending(key, answer, 0.5, self.wire.now + 32.0)

    def _respond(self, key: Key, answer: Response) -> None:
        outputs = self.wire.callee.layer.respond(key, answer, self.wire.now)
        self.wire.carry(self.wire.callee, outputs)

    def _keep_sending(self, key: Key, answer: Response, pace: float, until: float) -> None:
        def again() -> None:
            if not self.acked and self.wire.now < until:
                self._respond(key, answer)
                self._keep_sending(key, answer, min(2 * pace, 4.0), until)

        self.wire.later(pace, again)


FATES = st.lists(
    st.one_of(
        st.just(()),
        st.lists(st.floats(0.0, 0.4), min_size=1, max_size=3).map(tuple),
    ),
    max_size=60,
)
PROVISIONALS = st.lists(
    st.tuples(st.floats(0.0, 40.0), st.sampled_from([100, 180, 183])), max_size=3
)
FINALS = st.tuples(st.floats(0.0, 45.0), st.sampled_from([200, 202, 302, 404, 408, 486, 503, 603]))
SCRIPTS = st.builds(
    Script,
    st.sampled_from(["INVITE", "MESSAGE"]),
    st.builds(lambda early, final: (*early, final), PROVISIONALS, FINALS),
    st.none() | st.floats(0.0, 40.0),
)


@example(Script("INVITE", ((0.0, 200),), 0.0), [()] * 60)
@example(Script("INVITE", ((1.0, 180), (2.0, 200)), 2.0), [])
@example(Script("MESSAGE", ((45.0, 200),), None), [])
@given(SCRIPTS, FATES)
def test_whatever_is_lost_the_caller_gets_one_outcome_and_nothing_is_left(
    script: Script, fates: list[Fate]
) -> None:
    wire = Wire("udp", fates)
    users = Users(wire, script)
    wire.run()
    assert len(users.outcomes()) == 1
    _nothing_is_left(wire)
    received = [each for _, each in wire.callee.told if isinstance(each, RequestReceived)]
    assert len(received) <= 1


@given(SCRIPTS, st.floats(0.0, 60.0))
def test_a_broken_connection_ends_everything(script: Script, at: float) -> None:
    wire = Wire("tcp", ())
    users = Users(wire, script)
    wire.later(at, lambda: _break(wire))
    wire.run()
    assert len(users.outcomes()) == 1
    _nothing_is_left(wire)


@given(SCRIPTS)
def test_over_tcp_no_request_and_no_final_response_is_sent_twice(script: Script) -> None:
    wire = Wire("tcp", ())
    Users(wire, script)
    wire.run()
    once = [data for data in wire.sent if not data.startswith(b"SIP/2.0 1")]
    assert len(once) == len(set(once))
    _nothing_is_left(wire)


@given(st.lists(st.tuples(st.sampled_from(["INVITE", "MESSAGE"]), st.floats(0, 30)), max_size=20))
def test_requests_that_nobody_answers_all_fail_in_64_t1(sends: list[tuple[str, float]]) -> None:
    wire = Wire("udp", ())
    wire.callee.flow = wire.caller.flow
    layer = wire.caller.layer
    keys = []
    for number, (method, at) in enumerate(sorted(sends, key=lambda each: each[1])):
        key, _ = layer.send(request(method, branch=f"z9hG4bK{number}"), BOB, at)
        keys.append((key, at))
    failed = {}
    while (deadline := layer.next_deadline()) is not None:
        for event in events(layer.handle_timeout(deadline)):
            assert isinstance(event, Failed)
            failed[event.key] = deadline
    assert failed == {key: pytest.approx(at + 32.0) for key, at in keys}


def _break(wire: Wire) -> None:
    for end in (wire.caller, wire.callee):
        wire.carry(end, end.layer.transport_failed(end.flow, wire.now))


def _nothing_is_left(wire: Wire) -> None:
    for end in (wire.caller, wire.callee):
        assert end.layer.counts() == 0
        assert end.layer.next_deadline() is None
    assert wire.now < 200.0
