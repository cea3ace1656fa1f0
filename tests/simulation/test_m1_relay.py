"""M1: media ports and their relay: asked for first, given back always, and what if it fails."""

import pytest

from media.control import (
    Close,
    Dead,
    Failed,
    Latched,
    Open,
    Program,
    Programmed,
    SessionReport,
    Silent,
    Welcome,
)
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, calling, hang_up, inviting, ringing, up
from tests.support.messages import ANSWER, OFFER, invite

VIDEO = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
VIDEO_BACK = VIDEO.replace("4002", "6002")


def asked(border: Border) -> list[str]:
    return [type(command).__name__ for command in border.commands]


def record(border: Border) -> dict[str, object]:
    assert border.over()
    (only,) = border.records
    return only


def cause(border: Border) -> tuple[object, object]:
    kept = record(border)
    assert isinstance(kept["cause"], dict)
    return kept["cause"]["sip"], kept["cause"]["text"]


# --- before the callee hears of the call ----------------------------------------------------------


def test_no_ports_are_a_503_before_any_invite() -> None:
    border = Border(ports=0)
    border.receive(invite(), CALLER)
    refusal = border.response(CALLER, 503).headers
    assert refusal.get("retry-after") == "5"
    assert refusal.get("warning") == '399 203.0.113.10:5060 "No media ports left"'
    assert border.heard(CALLEE) == []
    assert cause(border) == (503, "No media ports are left")


@pytest.mark.parametrize("body", [OFFER, ""])
def test_no_relay_is_a_503_before_any_invite(body: str) -> None:
    border = Border(relay=False)
    border.receive(invite(body=body), CALLER)
    assert border.response(CALLER, 503).headers.get("retry-after") == "5"
    assert border.heard(CALLEE) == []
    assert border.commands == []
    assert cause(border) == (503, "The media relay is down")


def test_a_relay_that_comes_back_is_used() -> None:
    border = Border()
    border.perform(border.core.relay_lost(border.now))
    border.perform(border.core.relay_up(Welcome(1, "another", 0), border.now))
    hang_up(*up(border))
    assert border.over()


@pytest.mark.parametrize("reason", ["no_interface", "bad_command", "no_session"])
def test_a_relay_that_will_not_open_is_as_none(reason: str) -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    reply = Failed("", reason, "why")  # type: ignore[arg-type]
    border.perform(border.core.relay_replied(1, reply, border.now))
    border.response(CALLER, 503)
    assert cause(border) == (503, "The media relay is down")


def test_a_relay_that_does_not_answer_is_not_waited_for() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    border.wait(4.9)
    assert border.heard(CALLER) == []
    border.wait(0.2)
    border.response(CALLER, 503)
    assert border.heard(CALLEE) == []
    assert cause(border) == (503, "The media relay is down")


def test_its_late_answer_changes_nothing() -> None:
    border = Border()
    border.answers_relay = False
    border.receive(invite(), CALLER)
    border.wait(5.1)
    border.answers_relay = True
    border.relay_answers()
    assert border.heard(CALLEE) == []
    assert cause(border) == (503, "The media relay is down")


def test_a_call_without_streams_needs_no_relay_ports() -> None:
    border = Border()
    silent = OFFER[: OFFER.index("m=audio")]
    request, callee = inviting(border, body=silent)
    assert border.commands == []
    callee.answers(request, 200, body=ANSWER[: ANSWER.index("m=audio")])
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


# --- ports for what comes later -------------------------------------------------------------------


def test_the_callees_offer_waits_for_its_ports() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    border.answers_relay = False
    callee.answers(request, 200, body=ANSWER)
    assert border.heard(CALLER) == []
    border.answers_relay = True
    border.relay_answers()
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(body=OFFER)
    callee.got("ACK")
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize("how", ["none left", "silence", "lost", "down"])
def test_the_callees_offer_that_gets_no_ports_ends_the_call(how: str) -> None:
    border = Border(ports=0 if how == "none left" else 1000)
    request, callee = inviting(border, body="")
    border.answers_relay = how == "none left"
    if how == "down":
        border.perform(border.core.relay_lost(border.now))
    callee.answers(request, 200, body=ANSWER)
    if how == "silence":
        border.wait(5.1)
    elif how == "lost":
        border.perform(border.core.relay_lost(border.now))
    border.response(CALLER, 503)
    assert callee.got("ACK").body == b""
    callee.answers(callee.got("BYE"), 200)
    assert cause(border)[0] == 503


def test_a_cancel_while_the_callees_offer_waits_for_ports() -> None:
    border = Border()
    caller, callee, request = ringing(border, body="")
    border.answers_relay = False
    callee.answers(request, 200, body=ANSWER)
    caller.cancel()
    assert caller.inbox() == ["200", "487"]
    assert callee.got("ACK").body == b""
    callee.answers(callee.got("BYE"), 200)
    border.answers_relay = True
    border.relay_answers()
    assert cause(border)[0] == 487


@pytest.fixture(params=["caller", "callee"])
def ends(request: pytest.FixtureRequest) -> tuple[End, End]:
    caller, callee = up(Border())
    return (caller, callee) if request.param == "caller" else (callee, caller)


def with_video(end: End) -> str:
    return f"{OFFER}{VIDEO}" if end.flow.interface == "wan" else f"{ANSWER}{VIDEO_BACK}"


def test_a_new_stream_waits_for_its_ports_and_goes_on(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    border.answers_relay = False
    one.ask("INVITE", body=with_video(one))
    assert other.inbox() == []
    border.answers_relay = True
    border.relay_answers()
    request = other.got("INVITE")
    assert b"m=video 3000" in request.body
    other.answers(request, 200, body=with_video(other))
    one.heard(200)
    one.ack()
    other.got("ACK")
    opens = [command for command in border.commands if isinstance(command, Open)]
    assert [[stream.index for stream in each.streams] for each in opens] == [[0], [1]]
    hang_up(one, other)
    assert border.over()


def test_another_offer_has_to_wait_for_it(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    border.answers_relay = False
    one.ask("INVITE", body=with_video(one))
    other.ask("UPDATE", body=with_video(other))
    other.heard(491)
    border.answers_relay = True
    border.relay_answers()
    other.answers(other.got("INVITE"), 488)
    one.heard(488)
    one.ack()
    hang_up(one, other)
    assert border.over()


@pytest.mark.parametrize("how", ["BYE", "BYE of the other", "CANCEL"])
def test_it_may_be_given_up_meanwhile(ends: tuple[End, End], how: str) -> None:
    one, other = ends
    border = one.border
    border.answers_relay = False
    one.ask("INVITE", body=with_video(one))
    if how == "CANCEL":
        one.cancel()
        one.heard(200)
    elif how == "BYE":
        one.ask("BYE")
        one.heard(200)
    else:
        other.ask("BYE")
        other.heard(200)
    one.heard(487)
    border.answers_relay = True
    border.relay_answers()
    assert "INVITE" not in other.inbox()
    if how == "CANCEL":
        one.ack()
        hang_up(one, other)
    assert border.over()


@pytest.mark.parametrize("how", ["none left", "silence"])
def test_a_new_stream_without_ports_fails_alone(ends: tuple[End, End], how: str) -> None:
    one, other = ends
    border = one.border
    border.ports_left = 0
    border.answers_relay = how == "none left"
    one.ask("INVITE", body=with_video(one))
    if how == "silence":
        border.wait(6)
    assert one.heard(503).headers.get("retry-after") == "5"
    one.ack()
    assert other.inbox() == []
    border.answers_relay = True
    hang_up(one, other)
    assert border.over()


def test_an_offer_asked_for_may_bring_a_new_stream(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    one.ask("INVITE")
    border.answers_relay = False
    other.answers(other.got("INVITE"), 200, body=with_video(other))
    assert one.inbox() == []
    border.answers_relay = True
    border.relay_answers()
    assert b"m=video 3000" in one.heard(200).body
    one.ack(body=with_video(one))
    assert b"m=video 3000" in other.got("ACK").body
    hang_up(one, other)
    assert border.over()


def test_without_ports_for_it_the_call_ends(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    one.ask("INVITE")
    border.ports_left = 0
    other.answers(other.got("INVITE"), 200, body=with_video(other))
    one.heard(487)
    one.ack()
    one.answers(one.got("BYE"), 200)
    other.got("ACK")
    other.answers(other.got("BYE"), 200)
    assert cause(border) == (503, "No media ports are left")


def test_a_stream_that_is_removed_gives_its_ports_back(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    for body, back, closed in (
        (with_video(one), with_video(other), [False, False]),
        (gone(with_video(one)), gone(with_video(other)), [False, True]),
        (with_video(one), with_video(other), [False, False]),
    ):
        one.ask("INVITE", body=body)
        other.answers(other.got("INVITE"), 200, body=back)
        one.heard(200)
        one.ack()
        other.got("ACK")
        assert [plan.closed for plan in border.programs()[-1].streams] == closed
    assert asked(border).count("Open") == 3
    hang_up(one, other)
    assert border.over()


def gone(body: str) -> str:
    head, _, video = body.partition("m=video ")
    return f"{head}m=video 0 {video.partition(' ')[2]}"


def test_a_session_without_any_stream_left_is_still_closed(ends: tuple[End, End]) -> None:
    one, other = ends
    border = one.border
    for method in ("INVITE", "INVITE"):
        one.ask(method, body=OFFER.replace("m=audio 4000", "m=audio 0"))
        other.answers(other.got(method), 200, body=ANSWER.replace("m=audio 6000", "m=audio 0"))
        one.heard(200)
        one.ack()
        other.got("ACK")
    hang_up(one, other)
    assert border.over()
    assert asked(border)[-1] == "Close"


def test_a_stream_may_be_refused_but_never_taken_away(ends: tuple[End, End]) -> None:
    one, other = ends
    one.ask("INVITE", body=with_video(one))
    other.answers(other.got("INVITE"), 200, body=with_video(other))
    one.heard(200)
    one.ack()
    other.got("ACK")
    one.ask("INVITE", body=with_video(one).partition("m=video")[0])
    one.heard(488)
    one.ack()
    assert other.inbox() == []
    hang_up(one, other)
    assert one.border.over()


# --- the end of a call, and of the relay ----------------------------------------------------------


def test_every_call_closes_its_session_once_and_keeps_the_report() -> None:
    border = Border()
    hang_up(*up(border))
    assert border.over()
    assert asked(border) == ["Open", "Program", "Close"]
    assert border.records[0]["media"] == []


@pytest.mark.parametrize("how", ["silence", "refusal", "loss"])
def test_a_record_does_not_wait_for_a_report_that_never_comes(how: str) -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    hang_up(caller, callee)
    assert border.records == []
    if how == "silence":
        border.wait(4.9)
        assert border.records == []
        border.wait(0.2)
    elif how == "loss":
        border.perform(border.core.relay_lost(border.now))
    else:
        (ask,) = border.unanswered
        reply = Failed("", "no_session", "gone")
        border.perform(border.core.relay_replied(ask.serial, reply, border.now))
    assert len(border.records) == 1
    assert border.over()


def test_a_refused_open_does_not_pass_for_the_report() -> None:
    border = Border()
    caller, callee = up(border)
    border.answers_relay = False
    caller.ask("INVITE", body=with_video(caller))
    hang_up(caller, callee)
    opened, closed = border.unanswered
    session = border.programs()[0].session
    none_left = Failed(session, "ports_exhausted", "")
    border.perform(border.core.relay_replied(opened.serial, none_left, border.now))
    assert border.records == []
    report = SessionReport(session, 0.0, 0.0, ())
    border.perform(border.core.relay_replied(closed.serial, report, border.now))
    assert len(border.records) == 1
    caller.heard(487)
    assert border.over()


def test_the_loss_of_the_relay_ends_every_call_that_has_media() -> None:
    border = Border()
    caller, callee = up(border)
    border.perform(border.core.relay_lost(border.now))
    for end in (caller, callee):
        bye = end.got("BYE")
        assert bye.headers.get("reason") == "Q.850;cause=41"
        end.answers(bye, 200)
    assert cause(border) == (503, "The media relay was lost")
    assert border.noted("relay_lost")


def test_the_loss_of_the_relay_ends_a_call_that_rings_or_waits() -> None:
    border = Border()
    _, callee, request = ringing(border)
    border.perform(border.core.relay_lost(border.now))
    border.response(CALLER, 503)
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(request, 487)
    assert cause(border) == (503, "The media relay was lost")
    waiting = Border()
    waiting.answers_relay = False
    waiting.receive(invite(), CALLER)
    waiting.perform(waiting.core.relay_lost(waiting.now))
    waiting.response(CALLER, 503)
    assert cause(waiting) == (503, "The media relay was lost")


def test_the_loss_of_the_relay_does_not_touch_a_call_without_media() -> None:
    border = Border()
    request, callee = inviting(border, body="")
    border.perform(border.core.relay_lost(border.now))
    assert callee.inbox() == []
    callee.answers(request, 486)
    border.response(CALLER, 486)
    assert border.over()


@pytest.mark.parametrize("reason", ["no_session", "bad_command"])
def test_a_plan_that_the_relay_refuses_ends_the_call(reason: str) -> None:
    border = Border()
    caller, callee = up(border)
    (program,) = border.programs()
    reply = Failed(program.session, reason, "")  # type: ignore[arg-type]
    border.perform(border.core.relay_replied(9999, reply, border.now))
    caller.answers(caller.got("BYE"), 200)
    callee.answers(callee.got("BYE"), 200)
    assert cause(border) == (503, "The media relay refused its plan")


def test_word_of_a_session_that_is_no_more_is_dropped() -> None:
    border = Border()
    for reply in (Failed("gone", "no_session", ""), Programmed("gone")):
        border.perform(border.core.relay_replied(77, reply, border.now))
    border.perform(border.core.relay_told(Dead("gone", "initial"), border.now))
    assert border.over()
    assert len(border.notes) == 1  # that the relay came up


# --- what the relay notices (M5) ------------------------------------------------------------------


def test_dead_media_ends_the_call_on_both_sides() -> None:
    border = Border()
    caller, callee = up(border)
    session = border.programs()[0].session
    border.perform(border.core.relay_told(Dead(session, "subsequent"), border.now))
    for end in (caller, callee):
        bye = end.got("BYE")
        assert bye.headers.get("reason") == "Q.850;cause=102"
        end.answers(bye, 200)
    assert cause(border) == (200, "No media in either direction")
    (note,) = border.noted("media_dead")
    assert dict(note.labels)["phase"] == "subsequent"


def test_one_silent_direction_is_noted_and_ends_nothing() -> None:
    border = Border()
    caller, callee = up(border)
    session = border.programs()[0].session
    border.perform(border.core.relay_told(Silent(session, 0, "b", "initial"), border.now))
    border.perform(
        border.core.relay_told(Latched(session, 0, "a", None, ("192.0.2.9", 4)), border.now)
    )
    (silent,) = border.noted("one_way")
    assert dict(silent.labels) == {
        "zone": "outside",
        "trunk": "carrier",
        "to_trunk": "pbx",
        "side": "b",
        "phase": "initial",
    }
    (latched,) = border.noted("latched")
    assert dict(latched.detail)["source"] == "192.0.2.9:4"
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert border.over()


def test_early_media_is_planned_but_not_supervised() -> None:
    border = Border()
    request, callee = inviting(border)
    callee.answers(request, 183, body=ANSWER)
    callee.answers(request, 200, body=ANSWER)
    early, final = border.programs()
    assert (early.supervise, final.supervise) == (False, True)
    assert early.streams == final.streams  # the same description moves no latch
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    hang_up(caller, callee)
    assert border.over()


def test_the_open_command_names_the_interfaces_of_both_sides() -> None:
    border = Border()
    hang_up(*reversed(up(border)))
    opened, *_, closed = border.commands
    assert isinstance(opened, Open)
    assert isinstance(closed, Close)
    (stream,) = opened.streams
    assert (stream.kind, stream.interface_a, stream.interface_b) == ("audio", "wan", "lan")
    assert isinstance(border.programs()[0], Program)
