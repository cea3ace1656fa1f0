"""Plans that make no sense are refused whole, before anything is changed."""

from typing import Any

import pytest

from media.control import Sdes, SrtpKey, StreamPlan
from media.sdp.sdes import new_key
from media.terms import terms_of
from tests.support.side_plans import side_plan

GOOD = SrtpKey(new_key(bytes(30)))


def plan(**changes: Any) -> StreamPlan:
    return StreamPlan(0, side_plan(("192.0.2.7", 4000)), side_plan(("10.0.0.7", 5000), **changes))


def test_each_end_has_terms_for_rtp_and_for_rtcp() -> None:
    ((a, a_rtcp), (b, b_rtcp)) = terms_of(plan(sdes=Sdes("AES_CM_128_HMAC_SHA1_80", (GOOD,), GOOD)))
    assert [each.expected for each in (a, a_rtcp, b, b_rtcp)] == [
        ("192.0.2.7", 4000),
        ("192.0.2.7", 4001),
        ("10.0.0.7", 5000),
        ("10.0.0.7", 5001),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"latching": "anyhow"},
        {"prefix": -1},
        {"numbers": ((0, 200),)},
        {"sdes": Sdes("NULL_HMAC_SHA1_80", (GOOD,), GOOD)},
        {"sdes": Sdes("AES_CM_128_HMAC_SHA1_80", (GOOD,), SrtpKey("c2hvcnQ="))},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        terms_of(plan(**changes))
