"""S8: what becomes of a REFER, by trunk (RFC 3515)."""

import pytest

from tests.support.border import Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, hang_up, up

UNSAID = TWO_ZONES.replace(", refer: relay", "")
TO = "Refer-To: <sip:300@203.0.113.10>"


def refused(border: Border, one: End, other: End) -> None:
    one.ask("REFER", TO)
    one.heard(403)
    assert other.inbox() == []


def relayed(border: Border, one: End, other: End) -> None:
    one.ask("REFER", TO)
    other.answers(other.got("REFER"), 202)
    one.heard(202)


@pytest.mark.parametrize("text", [UNSAID, TWO_ZONES.replace("refer: relay", "refer: reject")])
def test_an_untrusted_peer_may_not_refer_unless_it_is_said(text: str) -> None:
    border = Border(text)
    caller, callee = up(border)
    refused(border, caller, callee)
    relayed(border, callee, caller)
    hang_up(caller, callee)
    assert border.over()


def test_a_trunk_says_for_itself_what_becomes_of_its_refer() -> None:
    border = Border(
        TWO_ZONES.replace("  pbx: { zone: inside,", "  pbx: { zone: inside, refer: reject,")
    )
    caller, callee = up(border)
    refused(border, callee, caller)
    relayed(border, caller, callee)
    hang_up(caller, callee)
    assert border.over()
