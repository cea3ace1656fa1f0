"""Endpoints by name: looked up ahead of all calls, again when the answers run out, and used on
while the DNS is down (S15; RFC 3263)."""

from collections import Counter

from sbc.location.records import Answer, Found, Host, Nothing, Question, Record, Srv, Unanswered
from tests.support.border import CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import answer, invite

NAMED = TWO_ZONES.replace('"sip:10.20.0.11"', '"sip:pbx.example;transport=udp"').replace(
    "sources: [10.20.0.11/32]", "sources: [10.20.0.0/24]"
)
SRV = "_sip._udp.pbx.example"


class Names:
    """A DNS of a test."""

    def __init__(self, border: Border) -> None:
        self.border = border
        self.down = False
        self.asked: Counter[str] = Counter()
        self.records: dict[tuple[str, str], tuple[Record, ...]] = {
            (SRV, "SRV"): (Srv(1, 0, 5060, "a.example"), Srv(2, 0, 5070, "b.example")),
            ("a.example", "A"): (Host("10.20.0.11"),),
            ("b.example", "A"): (Host("10.20.0.12"),),
        }

    def answer_all(self) -> None:
        border = self.border
        while border.questions:
            question = border.questions.pop(0)
            self.asked[f"{question.type} {question.name}"] += 1
            border.perform(border.core.resolved(question, self.said(question), border.now))

    def said(self, question: Question) -> Answer:
        if self.down:
            return Unanswered("timeout")
        records = self.records.get((question.name, question.type))
        return Found(records, 100.0) if records else Nothing(50.0)


def started(ports: int = 1000) -> tuple[Border, Names]:
    border = Border(NAMED, ports=ports)
    border.perform(border.core.start(border.now))
    names = Names(border)
    names.answer_all()
    return border, names


def call(border: Border, number: int) -> str:
    """Where the INVITE of one more call went; empty: nowhere."""
    border.receive(invite(call_id=f"{number}@x", branch=f"z9hG4bK{number}"), CALLER)
    for flow, message in border.out:
        if getattr(message, "method", "") == "INVITE":
            border.out = []
            border.receive(answer(message, 486), flow)  # type: ignore[arg-type]
            border.out = []
            return f"{flow.remote[0]}:{flow.remote[1]}"
    return ""


def test_a_call_goes_where_the_name_leads_without_asking_first() -> None:
    border, names = started()
    assert call(border, 1) == "10.20.0.11:5060"
    assert border.questions == []
    assert names.asked == {f"SRV {SRV}": 1, "A a.example": 1, "A b.example": 1}
    (shown,) = border.core.names(border.now)
    assert shown["servers"] == ["udp 10.20.0.11:5060", "udp 10.20.0.12:5070"]


def test_until_the_name_is_known_the_caller_is_told_to_come_again() -> None:
    border = Border(NAMED)
    border.perform(border.core.start(border.now))
    border.receive(invite(), CALLER)
    refused = border.response(CALLER, 503)
    assert refused.headers.get("retry-after") == "5"
    assert border.commands == [], "no port was taken"


def test_the_next_server_is_tried_when_the_first_is_silent() -> None:
    border, _ = started()
    border.receive(invite(), CALLER)
    border.out = []
    border.wait(4)
    places = [flow.remote for flow, m in border.out if getattr(m, "method", "") == "INVITE"]
    assert ("10.20.0.12", 5070) in places


def test_answers_are_asked_for_again_when_they_run_out_and_changes_are_followed() -> None:
    border, names = started()
    names.records["a.example", "A"] = (Host("10.20.0.77"),)
    border.wait(99)
    names.answer_all()
    assert call(border, 1) == "10.20.0.11:5060"
    border.wait(2)
    names.answer_all()
    assert call(border, 2) == "10.20.0.77:5060"
    assert border.noted("dns_changed")


def test_while_the_dns_is_down_the_last_good_answers_are_used() -> None:
    border, names = started()
    names.down = True
    for number in range(20):
        border.wait(100)
        names.answer_all()
        assert call(border, number) == "10.20.0.11:5060"
    assert border.noted("dns_stale")
    names.down = False
    names.records["a.example", "A"] = (Host("10.20.0.78"),)
    border.wait(200)
    names.answer_all()
    assert call(border, 99) == "10.20.0.78:5060"


def test_a_question_whose_answer_never_comes_is_asked_again() -> None:
    border = Border(NAMED)
    border.perform(border.core.start(border.now))
    border.questions.clear()  # and nobody answers
    border.wait(20)
    names = Names(border)
    names.answer_all()
    assert call(border, 1) == "10.20.0.11:5060"


def test_an_answer_that_nobody_has_asked_for_changes_nothing() -> None:
    border, _ = started()
    forged = Question("a.example", "A")
    border.perform(border.core.resolved(forged, Found((Host("10.20.0.66"),), 1e6), border.now))
    assert call(border, 1) == "10.20.0.11:5060"


def test_a_name_that_leads_to_us_is_not_followed() -> None:
    border, names = started()
    names.records[SRV, "SRV"] = (Srv(1, 0, 5060, "a.example"),)
    names.records["a.example", "A"] = (Host("10.20.0.5"),)
    border.wait(101)
    names.answer_all()
    assert call(border, 1) == ""


def test_a_stranger_has_nothing_looked_up() -> None:
    border, _ = started()
    stranger = type(CALLER)("wan", "udp", ("203.0.113.99", 5060))
    border.receive(invite(), stranger)
    assert border.questions == []


def test_weights_share_the_calls() -> None:
    border, names = started(ports=4000)
    names.records[SRV, "SRV"] = (Srv(1, 75, 5060, "a.example"), Srv(1, 25, 5070, "b.example"))
    border.wait(101)
    names.answer_all()
    went = Counter(call(border, number) for number in range(1000))
    assert abs(went["10.20.0.11:5060"] / 1000 - 0.75) < 0.05
    assert abs(went["10.20.0.12:5070"] / 1000 - 0.25) < 0.05


def test_a_server_whose_address_is_still_asked_keeps_no_call_from_the_others() -> None:
    border, names = started()
    names.records[SRV, "SRV"] = (Srv(1, 0, 5060, "c.example"), Srv(2, 0, 5060, "a.example"))
    border.wait(101)
    kept = [question for question in border.questions if question.name != "c.example"]
    border.questions[:] = kept
    while border.questions:
        question = border.questions.pop(0)
        if question.name != "c.example":
            border.perform(border.core.resolved(question, names.said(question), border.now))
    assert call(border, 1) == "10.20.0.11:5060"


def test_a_name_that_leads_to_ourselves_or_to_nobody_leads_nowhere() -> None:
    """Whoever writes the zone must not have us speak to ourselves, or to what listens here only."""
    for ip in ("10.20.0.5", "127.0.0.1", "0.0.0.0", "224.0.0.1", "169.254.1.1"):
        border, names = started()
        names.records["a.example", "A"] = (Host(ip),)
        border.wait(101)
        names.answer_all()
        assert call(border, 1) == "10.20.0.12:5070"
    assert call(*started()[:1], 2) == "10.20.0.11:5060"


def test_an_address_that_only_this_host_knows_as_ours_is_ours_as_well() -> None:
    border = Border(NAMED.replace("bind: 10.20.0.5", "bind: 172.16.0.5, advertise: 10.20.0.5"))
    border.perform(border.core.start(border.now))
    names = Names(border)
    names.records["a.example", "A"] = (Host("172.16.0.5"),)
    names.answer_all()
    assert call(border, 1) == "10.20.0.12:5070"
