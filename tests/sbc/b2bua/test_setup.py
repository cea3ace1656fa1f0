"""Setting a call up: ports first, then the INVITE; another target where one fails."""

import pytest

from media.control import Close, Open
from sbc.actions import Flow
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import calling, inviting, up
from tests.support.messages import ANSWER, OFFER, answer, invite

SECOND = Flow("lan", "udp", ("10.20.0.12", 5060))
TWO_TARGETS = TWO_ZONES.replace(
    'endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] }',
    'endpoints: [{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }], '
    "identify: { sources: [10.20.0.0/24] }",
)
ONLY_PCMA = TWO_ZONES.replace(
    "inside: { trust: trusted }", "inside: { trust: trusted, codec_policy: narrow }"
).replace("trunks:\n", "codec_policies: { narrow: { allow: [pcma] } }\ntrunks:\n")


def test_the_called_side_hears_nothing_before_there_are_ports() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    assert border.heard(CALLEE) == []
    border.relay_answers()
    assert border.heard(CALLEE) == ["INVITE"]


def test_without_ports_the_call_is_refused_and_the_called_side_never_hears_of_it() -> None:
    border = Border(ports=0)
    border.receive(invite(), CALLER)
    refused = border.response(CALLER, 503)
    assert refused.headers.has("retry-after")
    assert (refused.headers.get("warning") or "").startswith("399 ")
    assert border.heard(CALLEE) == []
    assert border.over()


def test_a_caller_that_gives_up_while_ports_are_looked_for_leaves_none_open() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    cancel = invite(body="").replace(b"INVITE sip", b"CANCEL sip", 1)
    border.receive(cancel.replace(b"1 INVITE", b"1 CANCEL"), CALLER)
    assert sorted(border.heard(CALLER)) == ["200", "487"]
    border.answers_relay = True
    border.relay_answers()
    assert isinstance(border.commands[-1], Close)
    assert border.heard(CALLEE) == []
    assert border.over()


def test_nothing_in_common_is_488_before_the_called_side_hears_of_it() -> None:
    border = Border(ONLY_PCMA)
    border.receive(invite(body=OFFER.replace("RTP/AVP 8 0 101", "RTP/AVP 0 101")), CALLER)
    assert border.response(CALLER, 488).headers.has("warning")
    assert border.heard(CALLEE) == []
    assert not any(isinstance(command, Open) for command in border.commands)
    assert border.over()


def test_what_a_policy_forbids_is_gone_from_offer_and_answer() -> None:
    border = Border(ONLY_PCMA)
    request, callee = inviting(border)
    assert b"RTP/AVP 8\r\n" in request.body
    callee.answers(request, 200, body=ANSWER)
    assert b"RTP/AVP 8\r\n" in border.response(CALLER, 200).body


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_target_that_fails_is_followed_by_the_next(status: int) -> None:
    border = Border(TWO_TARGETS)
    request, callee = inviting(border)
    callee.answers(request, status)
    second = border.request(SECOND, "INVITE")
    assert second.headers.call_id != request.headers.call_id
    assert border.heard(CALLER) == []
    border.receive(answer(second, 200, body=ANSWER), SECOND)
    assert border.heard(CALLER) == ["200"]


@pytest.mark.parametrize("status", [404, 486, 603])
def test_an_answer_of_the_user_is_final(status: int) -> None:
    border = Border(TWO_TARGETS)
    request, callee = inviting(border)
    callee.answers(request, status)
    assert border.heard(SECOND) == []
    assert border.heard(CALLER) == [str(status)]
    (record,) = border.records
    assert record["attempts"] == [{"trunk": "pbx", "endpoint": "sip:10.20.0.11", "status": status}]


def test_after_early_media_nobody_else_is_tried() -> None:
    border = Border(TWO_TARGETS)
    request, callee = inviting(border)
    callee.answers(request, 183, body=ANSWER)
    callee.answers(request, 503)
    assert border.heard(SECOND) == []
    assert border.heard(CALLER) == ["183", "503"]


def test_an_offer_in_the_200_waits_for_its_ports() -> None:
    border = Border()
    border.answers_relay = False
    request, callee = inviting(border, body="")
    assert request.body == b""
    callee.answers(request, 200, body=ANSWER)
    assert border.heard(CALLER) == []
    border.relay_answers()
    border.answers_relay = True
    ok = border.response(CALLER, 200)
    assert b"c=IN IP4 203.0.113.10" in ok.body
    assert callee.inbox() == []  # its ACK waits for the answer
    caller = calling(border, ok)
    caller.ack(body=ANSWER.replace("10.20.0.11", "192.0.2.1"))
    assert b"c=IN IP4 10.20.0.5" in callee.got("ACK").body


def test_a_call_has_a_longest_duration() -> None:
    border = Border(
        TWO_ZONES.replace(
            "sources: [10.20.0.11/32] } }",
            "sources: [10.20.0.11/32] }, limits: { max_duration: 60s } }",
        )
    )
    caller, callee = up(border)
    border.wait(59)
    assert callee.inbox() == []
    border.wait(2)
    callee.answers(callee.got("BYE"), 200)
    caller.answers(caller.got("BYE"), 200)
    (record,) = border.records
    assert record["ended_by"] == "border"
    assert border.over()
