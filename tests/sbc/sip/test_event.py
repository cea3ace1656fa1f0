"""Event and Subscription-State (RFC 6665 §8.2)."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.event import Event, SubscriptionState


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("presence", Event("presence")),
        ("Dialog ; id = x7", Event("dialog", "x7")),
        ("dialog;sla;ma;host=10.0.0.1", Event("dialog", None, ("sla",))),
        ("presence.winfo;id=", Event("presence.winfo")),
    ],
)
def test_an_event_is_its_package_its_id_and_known_flags(text: str, read: Event) -> None:
    assert Event.parse(text) == read
    assert Event.parse(str(read)) == read


@pytest.mark.parametrize(
    "text", [None, "", ";id=1", "a b", "a/b", f"dialog;id={'x' * 129}", "dialog, presence"]
)
def test_what_names_no_package_is_a_bad_event(text: str | None) -> None:
    with pytest.raises(BadMessage) as caught:
        Event.parse(text)
    assert caught.value.status == 489


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("active;expires=60", "active;expires=60"),
        ("Terminated ; Reason = GiveUp ; retry-after=5", "terminated;reason=giveup;retry-after=5"),
        ("pending;reason=10.0.0.1;x=y", "pending"),
        ("active;expires=99999999999", "active"),
        ("active;expires=9999999999", "active;expires=4294967295"),
    ],
)  # fmt: skip
def test_a_state_keeps_what_is_known_of_it(text: str, written: str) -> None:
    assert str(SubscriptionState.parse(text)) == written


@pytest.mark.parametrize("text", [None, "", "perhaps", ";expires=60"])
def test_a_state_that_is_not_known_is_bad(text: str | None) -> None:
    with pytest.raises(BadMessage) as caught:
        SubscriptionState.parse(text)
    assert caught.value.status == 400
