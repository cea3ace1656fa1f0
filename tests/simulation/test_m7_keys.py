"""M7: keys between peers that press them in different forms, by signalling and by the relay."""

from collections import Counter
from itertools import groupby

import pytest

from media.control import Failed, KeyPressed, PressKey
from tests.support.border import CALLEE, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, hang_up, up
from tests.support.messages import ANSWER, OFFER
from tests.support.neighbourhood import CONFIG
from tests.support.scripts import CalleeScript, CallerScript, CallScript, Manner, Script, Step
from tests.support.world import World

NO_EVENTS = "m=audio 4000 RTP/AVP 8 0\r\n"
PLAIN_OFFER = OFFER[: OFFER.index("m=audio")] + NO_EVENTS
PLAIN_ANSWER = ANSWER[: ANSWER.index("m=audio")] + "m=audio 6000 RTP/AVP 8\r\n"


def forms(caller: str, callee: str) -> str:
    """A configuration that says how each trunk presses keys."""
    profiles = f"media_profiles: {{ one: {{ dtmf: {caller} }}, two: {{ dtmf: {callee} }} }}\n"
    text = TWO_ZONES.replace("trunks:\n", f"{profiles}trunks:\n")
    text = text.replace("carrier: {", "carrier: { media: one,", 1)
    return text.replace("pbx: {", "pbx: { media: two,", 1)


def talking(
    caller: str, callee: str, offer: str = OFFER, answer: str = ANSWER
) -> tuple[Border, End, End]:
    border = Border(forms(caller, callee))
    return border, *up(border, offer=offer, answer=answer)


def press(end: End, body: str = "Signal=5\r\nDuration=160\r\n") -> None:
    end.ask("INFO", body=body, kind="application/dtmf-relay")


def key_forms(border: Border) -> list[str | None]:
    (stream,) = border.programs()[-1].streams
    return [side.keys.form if side.keys is not None else None for side in (stream.a, stream.b)]


@pytest.mark.parametrize("form", ["rfc4733", "inband"])
def test_an_info_ends_here_and_the_relay_plays_it(form: str) -> None:
    border, one, other = talking("info", form)
    assert key_forms(border) == ["info", form]
    press(one)
    one.heard(200)
    assert other.inbox() == []
    assert border.commands[-1] == PressKey(border.programs()[-1].session, "b", "5", 160)
    hang_up(one, other)
    assert border.over()


@pytest.mark.parametrize(
    ("caller", "callee"), [("info", "info"), ("pass", "rfc4733"), ("info", "pass")]
)
def test_where_nothing_is_translated_an_info_crosses(caller: str, callee: str) -> None:
    border, one, other = talking(caller, callee)
    assert key_forms(border) == [None, None]
    press(one)
    assert other.got("INFO").body == b"Signal=5\r\nDuration=160\r\n"


def test_an_info_that_is_no_key_crosses() -> None:
    _, one, other = talking("info", "rfc4733")
    press(one, "Signal=!\r\nDuration=160\r\n")
    other.got("INFO")


def test_a_key_that_the_relay_cannot_play_ends_nothing() -> None:
    border, one, other = talking("info", "rfc4733")
    border.answers_relay = False
    press(one)
    one.heard(200)
    (asked,) = border.unanswered
    refusal = Failed(border.programs()[-1].session, "bad_command", "why")
    border.perform(border.core.relay_replied(asked.serial, refusal, border.now))
    assert len(border.noted("key_not_played")) == 1
    border.answers_relay = True
    hang_up(one, other)
    assert border.over()


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_key_that_the_relay_hears_is_told_by_info(side: str) -> None:
    caller, callee = ("rfc4733", "info") if side == "a" else ("info", "rfc4733")
    border, one, other = talking(caller, callee)
    session = border.programs()[-1].session
    told = KeyPressed(session, side, "#", 120)  # type: ignore[arg-type]  # both sides are tried
    border.perform(border.core.relay_told(told, border.now))
    hearer, silent = (other, one) if side == "a" else (one, other)
    info = hearer.got("INFO")
    assert info.headers.content_type == "application/dtmf-relay"
    assert info.body == b"Signal=#\r\nDuration=120\r\n"
    assert silent.inbox() == []
    hearer.answers(info, 200)
    assert silent.inbox() == []
    hang_up(one, other)
    assert border.over()


def test_a_key_after_the_end_is_nobodys() -> None:
    border, one, other = talking("rfc4733", "info")
    session = border.programs()[-1].session
    hang_up(one, other)
    border.perform(border.core.relay_told(KeyPressed(session, "a", "#", 120), border.now))
    assert border.heard(CALLEE) == []
    assert border.over()


# --- what is said of events -----------------------------------------------------------------------


def described(border: Border, flow: object) -> str:
    """The m= line of the last description that this peer was sent."""
    bodies = [data for to, data in border.sent if to == flow and b"m=audio" in data]
    return next(line for line in bodies[-1].decode().split("\r\n") if line.startswith("m=audio"))


def test_who_takes_events_is_offered_them_and_who_sends_info_hears_of_none() -> None:
    border, one, _ = talking("info", "rfc4733", PLAIN_OFFER, ANSWER)
    assert described(border, CALLEE).endswith("RTP/AVP 8 0 101")
    assert described(border, one.flow).endswith("RTP/AVP 8")


def test_who_has_offered_events_is_answered_with_them_though_the_other_has_none() -> None:
    border, one, _ = talking("rfc4733", "info", OFFER, PLAIN_ANSWER)
    assert described(border, CALLEE).endswith("RTP/AVP 8 0")
    assert described(border, one.flow).endswith("RTP/AVP 8 101")


# --- through both cores ---------------------------------------------------------------------------


def world(caller: str, callee: str, caller_steps: tuple[Step, ...]) -> World:
    profiles = (
        f"  one: {{ dtmf: {caller}, rtp_timeout: {{ initial: 10s, subsequent: 15s }} }}\n"
        f"  two: {{ dtmf: {callee}, rtp_timeout: {{ initial: 10s, subsequent: 15s }} }}\n"
    )
    text = CONFIG.replace("\ntrunks:\n", f"\n{profiles}trunks:\n")
    text = text.replace("carrier: {", "carrier: { media: one,").replace(
        "pbx: {", "pbx: { media: two,"
    )
    quick = Manner(pace=0.02)
    call = CallScript(
        caller=CallerScript(steps=(*caller_steps, Step(9.0, "hang up")), manner=quick),
        callees=(CalleeScript(manner=quick),),
    )
    return World(5, text).run(Script(calls=(call,)))


def test_keys_pressed_by_info_are_heard_as_events_between_the_sound() -> None:
    played = world("info", "rfc4733", (Step(2.0, "info"), Step(4.0, "info")))
    (callee,) = (each.forks[0] for each in played.callees[0])
    groups = [
        (number, len(list(some)))
        for number, some in groupby(callee.media.heard, lambda each: each.payload_type)
    ]
    assert [number for number, _ in groups] == [8, 101, 8, 101, 8]
    assert [count for number, count in groups if number == 101] == [
        10,
        10,
    ]  # 160 ms, and two ends more
    methods = Counter(text.partition(b" ")[0] for text in played.network.on("inside"))
    assert methods[b"INFO"] == 0
