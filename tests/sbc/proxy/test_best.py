"""RFC 3261 §16.7, steps 6 and 7."""

import pytest

from sbc.proxy.best import best
from sbc.sip.headers import Headers
from sbc.sip.message import Response


def final(status: int, *fields: tuple[str, str]) -> Response:
    return Response(status, "x", Headers(fields))


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [
        ([404], 404),
        ([404, 486], 404),
        ([500, 404], 404),
        ([404, 302], 302),
        ([302, 603], 603),
        ([404, 407], 407),
        ([486, 484], 484),
        ([503, 500], 500),
        ([503, 503], 503),
        ([486, 600, 302], 600),
    ],
)
def test_which_answer_goes_back(statuses: list[int], chosen: int) -> None:
    found = best([final(status) for status in statuses])
    assert found is not None
    assert found.status == chosen


def test_without_answers_there_is_none() -> None:
    assert best([]) is None


def test_a_challenge_brings_all_others_along() -> None:
    found = best(
        [
            final(401, ("WWW-Authenticate", "Digest one")),
            final(404, ("WWW-Authenticate", "Digest none")),
            final(407, ("Proxy-Authenticate", "Digest two"), ("Proxy-Authenticate", "Digest 3")),
        ]
    )
    assert found is not None
    assert found.status == 401
    assert found.headers.all("www-authenticate") == ["Digest one"]
    assert found.headers.all("proxy-authenticate") == ["Digest two", "Digest 3"]
