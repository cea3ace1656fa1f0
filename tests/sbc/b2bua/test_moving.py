"""A dialog that goes over to another call (S8); whole flows: tests/simulation/test_s8_*.py."""

from sbc.b2bua.moving import is_free, leg_of, move, name
from sbc.b2bua.usage import Usage
from tests.support.border import Border
from tests.support.ends import up
from tests.support.messages import ANSWER


def dialogs(border: Border) -> tuple[Usage, Usage]:
    usages = border.core._wire.usages.values()
    one, other = sorted(usages, key=lambda usage: usage.leg.side)
    return one, other


def test_a_dialog_is_free_when_no_offer_is_open_and_nothing_is_unacknowledged() -> None:
    border = Border()
    alice, bob = up(border)
    ours, theirs = dialogs(border)
    assert is_free(ours)
    assert is_free(theirs)
    bob.ask("INVITE", body=ANSWER)
    assert not is_free(ours)
    assert not is_free(theirs)
    alice.answers(alice.got("INVITE"), 200, body=ANSWER)
    assert is_free(ours)
    assert not is_free(theirs)
    bob.ack()
    assert is_free(theirs)


def test_parties_are_called_as_in_records() -> None:
    border = Border()
    up(border)
    assert [name(each) for each in dialogs(border)] == ["caller", "callee"]


def test_its_leg_in_another_call_is_the_same_to_the_peer() -> None:
    border = Border()
    up(border)
    _, usage = dialogs(border)
    was = usage.leg
    leg = leg_of(was.call, usage, "a")
    assert (leg.side, leg.contact, leg.call_id) == ("a", was.contact, was.call_id)
    move(usage, leg)
    assert usage.leg is leg
    assert leg.usages == [usage]
    assert was.usages == []
