"""Reason by trunk: SIP and Q.850 made from each other (RFC 3326, RFC 3398, RFC 6432)."""

from dataclasses import replace

import pytest

from config.effective import Terms, terms_of
from config.model import Reason
from sbc.b2bua.causes import CANCELLED, NORMAL, NOT_ACCEPTABLE, Cause
from sbc.b2bua.reason import Why, reason_text, told
from tests.support.configs import config

PLAIN = terms_of(config())["carrier"]
BUSY = (("Reason", "SIP;cause=486"),)
RELEASED = (("Reason", "Q.850;cause=17"),)


def terms(**said: object) -> Terms:
    return replace(PLAIN, reason=Reason.model_validate(said))


BOTH = terms(protocols=("SIP", "Q.850"))
ISUP = terms(protocols=("Q.850",))
NONE = terms(protocols=())


@pytest.mark.parametrize("fields", [BUSY, RELEASED])
@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (BOTH, "SIP;cause=486, Q.850;cause=17"),
        (ISUP, "Q.850;cause=17"),
        (terms(protocols=("SIP",)), "SIP;cause=486"),
        (NONE, None),
    ],
)
def test_the_one_is_made_from_the_other(
    fields: tuple[tuple[str, str], ...], to: Terms, expected: str | None
) -> None:
    assert reason_text(told(fields, NORMAL, to)) == expected


@pytest.mark.parametrize("said", ["SIP;cause=600, Q.850;cause=34", "Q.850;cause=34, SIP;cause=600"])
def test_what_both_worlds_said_stays_as_it_was(said: str) -> None:
    assert reason_text(told((("Reason", said),), NORMAL, BOTH)) == "SIP;cause=600, Q.850;cause=34"
    assert reason_text(told((("Reason", said),), NORMAL, PLAIN)) == said


def test_a_trunk_may_mean_something_else_both_ways() -> None:
    own = terms(protocols=("SIP", "Q.850"), causes={"486": 34})
    assert reason_text(told(BUSY, NORMAL, own)) == "SIP;cause=486, Q.850;cause=34"
    full = (("Reason", "Q.850;cause=34"),)
    assert reason_text(told(full, NORMAL, own)) == "SIP;cause=486, Q.850;cause=34"
    assert reason_text(told(full, NORMAL, BOTH)) == "SIP;cause=503, Q.850;cause=34"


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (NORMAL, "Q.850;cause=16"),  # nothing has failed: there is no status
        (CANCELLED, "SIP;cause=487, Q.850;cause=31"),
        (NOT_ACCEPTABLE, "SIP;cause=488, Q.850;cause=65"),
        (Cause(699, ""), "SIP;cause=699, Q.850;cause=31"),
    ],
)
def test_where_nobody_said_why_our_own_cause_stands(cause: Cause, expected: str) -> None:
    assert reason_text(told((), cause, BOTH)) == expected
    assert reason_text(told((), cause, PLAIN)) == f"Q.850;cause={cause.cause}"


def test_responses_speak_q850_alone_if_at_all() -> None:
    assert reason_text(told(BUSY, NORMAL, BOTH, in_response=True)) == "Q.850;cause=17"
    silent = terms(protocols=("Q.850",), in_responses=False)
    assert told((*BUSY, ("Retry-After", "5")), NORMAL, silent, in_response=True) == (
        ("Retry-After", "5"),
    )
    assert reason_text(told(BUSY, NORMAL, silent)) == "Q.850;cause=17"


def test_other_fields_are_kept() -> None:
    assert told((("Retry-After", "5"), *BUSY), NORMAL, ISUP) == (
        ("Retry-After", "5"),
        ("Reason", "Q.850;cause=17"),
    )


def test_a_cause_that_has_no_status_is_told_alone() -> None:
    odd = (("Reason", "Q.850;cause=99"),)
    assert reason_text(told(odd, NORMAL, BOTH)) == "Q.850;cause=99"
    assert reason_text(told(odd, NORMAL, terms(protocols=("SIP",)))) is None


def test_of_several_the_first_holds() -> None:
    assert Why.said((("Reason", "SIP;cause=486, SIP;cause=603"),)) == Why(486, None)
