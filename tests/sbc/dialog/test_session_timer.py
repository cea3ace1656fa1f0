"""Session timers (RFC 4028): the figure, and who refreshes (S7)."""

import pytest

from config.model import SessionTimer as Terms
from sbc.dialog.session_timer import (
    TABLE,
    Agreement,
    Do,
    On,
    SessionTimer,
    State,
    as_uac,
    as_uas,
    min_se,
    refusal,
    session_expires,
)
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers

ACCEPT = Terms()
REQUIRE = Terms.model_validate({"mode": "require", "expires": "600s"})
NONE = Terms(mode="none")


def headers(expires: str | None = None, least: str | None = None, tag: bool = True) -> Headers:
    fields = [("Supported", "timer")] if tag else []
    if expires is not None:
        fields.append(("Session-Expires", expires))
    if least is not None:
        fields.append(("Min-SE", least))
    return Headers(fields)


def agreed(expires: str, terms: Terms = ACCEPT) -> SessionTimer:
    """After our 2xx to a request that asked for this."""
    timer = SessionTimer(terms)
    timer.answering(headers(expires), 0.0)
    return timer


@pytest.mark.parametrize("state", State)
def test_the_end_of_a_dialog_ends_its_timer(state: State) -> None:
    assert TABLE[state].get(On.STOP, (State.OVER, None)) == (State.OVER, None)


def test_we_refresh_at_half_the_interval_and_give_up_before_it_is_over() -> None:
    timer = agreed("120;refresher=uas")
    assert timer.deadline == 60.0
    assert timer.due(60.0) is Do.REFRESH
    assert timer.deadline == 120 - 32
    assert timer.due(88.0) is Do.EXPIRE
    assert timer.state is State.OVER


def test_an_answered_refresh_begins_a_new_interval() -> None:
    timer = agreed("120;refresher=uas")
    timer.due(60.0)
    timer.answered(headers("120;refresher=uac"), 61.0)
    assert (timer.state, timer.deadline) == (State.OURS, 121.0)


def test_a_refused_refresh_is_tried_again_while_there_is_time() -> None:
    timer = agreed("120;refresher=uas")
    timer.due(60.0)
    timer.refused(60.0, 2.5)
    assert (timer.state, timer.deadline) == (State.RETRYING, 62.5)
    assert timer.due(62.5) is Do.REFRESH
    timer.refused(87.0, 2.5)
    assert timer.due(88.0) is Do.EXPIRE


def test_what_is_refused_while_no_refresh_is_out_changes_nothing() -> None:
    timer = agreed("120;refresher=uas")
    timer.refused(1.0, 0.0)
    assert (timer.state, timer.deadline) == (State.OURS, 60.0)


def test_a_peer_that_refreshes_is_waited_for_until_shortly_before_the_end() -> None:
    timer = agreed("90;refresher=uac")
    assert (timer.state, timer.deadline) == (State.THEIRS, 60.0)
    assert timer.due(60.0) is Do.EXPIRE


def test_nothing_starts_a_timer_whose_dialog_is_over() -> None:
    timer = SessionTimer(ACCEPT)
    timer.stop()
    timer.answering(headers("90;refresher=uac"), 0.0)
    assert (timer.state, timer.deadline, timer.on) == (State.OVER, None, False)


@pytest.mark.parametrize(
    ("tag", "expires", "terms", "agreement"),
    [
        # The table of RFC 4028 §9: what the UAC supports and says, and who refreshes.
        (True, "120;refresher=uac", ACCEPT, Agreement(120, ours=False)),
        (True, "120;refresher=uas", ACCEPT, Agreement(120, ours=True)),
        (True, "120", ACCEPT, Agreement(120, ours=True)),
        (True, "120", Terms(refresher="remote"), Agreement(120, ours=False)),
        (False, "120", Terms(refresher="remote"), Agreement(120, ours=True)),
        (False, "120;refresher=uac", ACCEPT, Agreement(120, ours=True)),
        (True, None, ACCEPT, None),
        (True, None, REQUIRE, Agreement(600, ours=True)),
        (False, None, REQUIRE, Agreement(600, ours=True)),
        (True, "1800", REQUIRE, Agreement(600, ours=True)),
        (True, "300", REQUIRE, Agreement(300, ours=True)),
        (True, "120;refresher=uac", NONE, None),
    ],
)
def test_what_a_request_comes_to(
    tag: bool, expires: str | None, terms: Terms, agreement: Agreement | None
) -> None:
    assert as_uas(headers(expires, tag=tag), terms) == agreement


def test_nobody_gets_less_than_the_request_lets_us_say() -> None:
    assert as_uas(headers("3600", "900"), REQUIRE) == Agreement(900, ours=True)


@pytest.mark.parametrize(
    ("expires", "terms", "agreement"),
    [
        ("120;refresher=uac", ACCEPT, Agreement(120, ours=True)),
        ("120;refresher=uas", ACCEPT, Agreement(120, ours=False)),
        ("120;REFRESHER=UAS;x=y", ACCEPT, Agreement(120, ours=False)),
        ("1;refresher=uas", ACCEPT, Agreement(90, ours=False)),
        (None, ACCEPT, None),
        (None, REQUIRE, Agreement(700, ours=True)),
        ("soon", REQUIRE, Agreement(700, ours=True)),
        ("120;refresher=uac", NONE, None),
    ],
)
def test_what_an_answer_comes_to(
    expires: str | None, terms: Terms, agreement: Agreement | None
) -> None:
    assert as_uac(headers(expires), terms, 700) == agreement


def test_a_smaller_interval_is_refused_if_the_answer_will_be_understood() -> None:
    strict = Terms.model_validate({"min_se": "300s"})
    assert refusal(headers("299"), strict) == 300
    assert refusal(headers("300"), strict) is None
    assert refusal(headers(None), strict) is None
    assert refusal(headers("299", tag=False), strict) is None
    assert refusal(headers("1"), NONE) is None
    assert refusal(headers("89"), ACCEPT) == 90
    assert as_uas(headers("299", tag=False), strict) == Agreement(300, ours=True)


def test_a_422_makes_us_ask_for_longer_but_not_twice_for_the_same() -> None:
    timer = SessionTimer(REQUIRE)
    assert timer.asking()[1] == (("Session-Expires", "600;refresher=uac"),)
    assert timer.too_small(headers(None, "900"))
    assert timer.asking()[1] == (("Session-Expires", "900;refresher=uac"), ("Min-SE", "900"))
    assert not timer.too_small(headers(None, "900"))
    assert not timer.too_small(headers(None, "nonsense"))
    assert not timer.too_small(headers(None))


def test_what_an_invite_of_ours_says() -> None:
    assert SessionTimer(NONE).asking() == (None, ())
    assert SessionTimer(ACCEPT).asking() == ("timer", ())
    remote = Terms(mode="require", refresher="remote")
    assert SessionTimer(remote).asking()[1] == (("Session-Expires", "1800;refresher=uas"),)
    assert agreed("120;refresher=uac").asking()[1] == (("Session-Expires", "120;refresher=uas"),)


def test_what_our_answer_says() -> None:
    def answer(expires: str, *, tag: bool = True) -> tuple[tuple[str, str], ...]:
        return SessionTimer(ACCEPT).answering(headers(expires, tag=tag), 0.0)

    ours = (("Session-Expires", "120;refresher=uas"), ("Supported", "timer"))
    assert answer("120;refresher=uas") == ours
    theirs = (("Session-Expires", "120;refresher=uac"), ("Require", "timer"))
    assert answer("120;refresher=uac") == theirs
    assert answer("120", tag=False) == ours[:1]


@pytest.mark.parametrize(
    "value", ["", "x", "-1", "1.5", "90;;", "99999999999", "4294967295", "1 " * 200, "90,90"]
)
def test_a_malformed_interval_is_the_peer_s_fault(value: str) -> None:
    if value == "90;;":
        assert session_expires(headers(value)) == (90, None)
        return
    with pytest.raises(BadMessage):
        session_expires(headers(value))
    with pytest.raises(BadMessage):
        min_se(headers(None, value))
