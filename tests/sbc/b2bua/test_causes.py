"""Statuses and Q.850 causes: RFC 6432, RFC 3398 §8.2.6.1."""

import pytest

from sbc.b2bua import causes
from sbc.b2bua.causes import Cause, may_try_elsewhere, passed_on, reasons, refused

OURS = [value for value in vars(causes).values() if isinstance(value, Cause)]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (403, 21),
        (404, 1),
        (408, 102),
        (410, 22),
        (480, 18),
        (483, 25),
        (484, 28),
        (486, 17),
        (488, 65),
        (500, 41),
        (502, 38),
        (503, 41),
        (504, 102),
        (600, 17),
        (603, 21),
        (604, 1),
        (606, 65),
    ],
)
def test_a_status_has_its_cause(status: int, cause: int) -> None:
    assert refused(status).cause == cause


@pytest.mark.parametrize("status", [302, 418, 499, 699])
def test_a_status_of_no_known_cause_is_normal_unspecified(status: int) -> None:
    assert refused(status).cause == 31


@pytest.mark.parametrize("status", range(100, 700))
def test_every_cause_is_one_of_q850(status: int) -> None:
    assert 1 <= refused(status).cause <= 127


def test_a_cause_of_its_own_goes_before_that_of_the_status() -> None:
    assert Cause(480, "Nobody answered in time", 19).cause == 19
    assert Cause(480, "No cause at all", 0).cause == 0


def test_the_reason_field_holds_the_cause_and_no_text() -> None:
    assert Cause(486, "Busy here, at 10.0.0.7").field == ("Reason", "Q.850;cause=17")


def test_bye_and_cancel_say_the_reasons_and_nothing_else() -> None:
    fields = (("Warning", "x"), ("Reason", "SIP;cause=200"), ("Reason", "Q.850;cause=16"))
    assert reasons(fields) == (("Reason", "SIP;cause=200"), ("Reason", "Q.850;cause=16"))
    assert reasons(()) == ()


@pytest.mark.parametrize("cause", OURS, ids=lambda cause: cause.text)
def test_what_the_border_itself_says_is_a_final_status_with_words(cause: Cause) -> None:
    assert cause.sip == 200 or 400 <= cause.sip < 700
    assert cause.text


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_fault_of_that_peer_lets_another_try(status: int) -> None:
    assert may_try_elsewhere(status)


@pytest.mark.parametrize(
    "status", [200, 302, 400, 401, 403, 404, 407, 480, 486, 487, 488, 501, 505, 600, 603, 606]
)
def test_an_answer_of_the_user_ends_the_search(status: int) -> None:
    assert not may_try_elsewhere(status)


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_for_us_and_the_caller_is_refused(status: int) -> None:
    assert passed_on(status) == 403


@pytest.mark.parametrize("status", [302, 400, 402, 403, 404, 406, 408, 486, 503, 603])
def test_every_other_final_answer_reaches_the_caller_as_it_is(status: int) -> None:
    assert passed_on(status) == status


def test_a_refusal_is_told_in_our_own_words() -> None:
    assert refused(486) == Cause(486, "Refused by the called side")
