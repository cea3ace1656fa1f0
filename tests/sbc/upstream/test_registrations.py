"""All registrations together: only where one is wanted, each by itself (A3)."""

from sbc.sip.message import Request
from tests.support.accounts import with_account
from tests.support.border import Border
from tests.support.configs import TWO_ZONES


def test_two_trunks_register_each_for_itself() -> None:
    text = with_account(TWO_ZONES, "pbx", "register: { expires: 10m }, ")
    text = text.replace("  carrier: { ", "  carrier: { register: { user: other }, ")
    border = Border(text)
    border.perform(border.core.start(border.now))
    asked = [m for _, m in border.out if isinstance(m, Request)]
    assert {(each.method, each.uri) for each in asked} == {
        ("REGISTER", "sip:192.0.2.1"),
        ("REGISTER", "sip:10.20.0.11"),
    }
    assert len({each.headers.call_id for each in asked}) == 2
    assert len({each.headers.contacts[0].uri.partition("@")[0] for each in asked}) == 2


def test_before_it_starts_nothing_is_asked() -> None:
    border = Border(with_account(TWO_ZONES, "pbx", "register: { expires: 10m }, "))
    border.wait(100)
    assert border.sent == []
    border.perform(border.core.drain(border.now))
    assert border.over()
