"""Statuses and Q.850 causes: RFC 6432, RFC 3398 §8.2.6.1."""

import pytest

from sbc.b2bua import causes
from sbc.b2bua.causes import Cause, passed_on, reasons, refused

RFC_3398 = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22,
    413: 127, 414: 127, 415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41,
    482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102,
    505: 127, 513: 127, 600: 17, 603: 21, 604: 1,
}  # fmt: skip
"""The table of §8.2.6.1, row by row."""
OF_OUR_OWN = {200: 16, 487: 31, 488: 65, 606: 65}
"""Where that table gives none, or asks for a Warning to be read."""


@pytest.mark.parametrize(("status", "cause"), (RFC_3398 | OF_OUR_OWN).items())
def test_a_status_has_its_cause(status: int, cause: int) -> None:
    assert refused(status).cause == cause


@pytest.mark.parametrize("status", [302, 418, 499, 699])
def test_a_status_of_no_known_cause_is_normal_unspecified(status: int) -> None:
    assert refused(status).cause == 31


def test_every_cause_is_one_of_q850() -> None:
    assert all(1 <= refused(status).cause <= 127 for status in range(100, 700))


def test_a_cause_of_its_own_goes_before_that_of_the_status() -> None:
    assert Cause(480, "Nobody answered in time", 19).cause == 19
    assert Cause(480, "No cause at all", 0).cause == 0


def test_the_reason_field_holds_the_cause_and_no_text() -> None:
    assert Cause(486, "Busy here, at 10.0.0.7").field == ("Reason", "Q.850;cause=17")


def test_bye_and_cancel_say_the_reasons_and_nothing_else() -> None:
    fields = (("Warning", "x"), ("Reason", "SIP;cause=200"), ("Reason", "Q.850;cause=16"))
    assert reasons(fields) == (("Reason", "SIP;cause=200"), ("Reason", "Q.850;cause=16"))
    assert reasons(()) == ()


OURS = {
    "TRANSFERRED": (200, 16),
    "NORMAL": (200, 16),
    "CANCELLED": (487, 31),
    "NO_ANSWER": (480, 19),  # alerting, no answer: nearer than the 18 of 480
    "TOO_LONG": (200, 31),
    "NO_ACK": (408, 102),
    "SESSION_EXPIRED": (408, 102),
    "NO_PRACK": (504, 102),
    "MEDIA_DEAD": (200, 102),
    "RELAY_LOST": (503, 41),
    "RELAY_REFUSED": (503, 41),
    "NO_RELAY": (503, 41),
    "NO_PORTS": (503, 41),
    "NOT_ACCEPTABLE": (488, 65),
    "NOT_SECURE": (488, 65),
    "WRONG_CERTIFICATE": (488, 65),
    "NO_HANDSHAKE": (488, 65),
    "BAD_ANSWER": (488, 65),
    "NOT_SECURED": (488, 65),
    "FAULT": (500, 41),
    "SHUTDOWN": (503, 41),
    "PEER_GONE": (481, 41),
}


def test_what_the_border_itself_says_has_a_status_a_cause_and_words() -> None:
    said = {name: value for name, value in vars(causes).items() if isinstance(value, Cause)}
    assert {name: (cause.sip, cause.cause) for name, cause in said.items()} == OURS
    assert len({cause.text for cause in said.values()}) == len(OURS)


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_for_us_and_the_caller_is_refused(status: int) -> None:
    assert passed_on(status) == 403


@pytest.mark.parametrize("status", [302, 400, 402, 403, 404, 406, 408, 486, 503, 603])
def test_every_other_final_answer_reaches_the_caller_as_it_is(status: int) -> None:
    assert passed_on(status) == status


def test_a_refusal_is_told_in_our_own_words() -> None:
    assert refused(486) == Cause(486, "Refused by the called side")
