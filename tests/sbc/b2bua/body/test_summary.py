"""How many messages wait (RFC 3842): the counts cross, who wrote does not."""

import pytest

from sbc.b2bua.body.summary import rebuild
from sbc.b2bua.body.values import Translation
from tests.support.documents import SUMMARY, filled

AS_IS = Translation()


def test_counts_and_the_account_cross_at_our_own_address() -> None:
    assert rebuild(filled(SUMMARY, "pbx").encode(), AS_IS) == (
        b"Messages-Waiting: yes\r\nMessage-Account: sip:100@\0\r\nVoice-Message: 2/8 (0/2)\r\n"
    )


def test_line_ends_and_case_do_not_matter() -> None:
    body = b"messages-waiting:NO\nfax-message: 0/1\nNone: 1/1\n"
    assert rebuild(body, AS_IS) == b"Messages-Waiting: no\r\nFax-Message: 0/1\r\nNone: 1/1\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Voice-Message: 1/1\r\n",
        b"Messages-Waiting: perhaps\r\n",
        b"\r\nMessages-Waiting: yes",
    ],
)
def test_one_that_does_not_say_whether_there_are_any_is_none(body: bytes) -> None:
    assert rebuild(body, AS_IS) is None
