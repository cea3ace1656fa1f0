"""The events are a closed union: whoever dispatches on them is told of a forgotten one."""

from typing import get_args

from sbc.actions import Transmit
from sbc.transaction.events import (
    AckReceived,
    Cancelled,
    Failed,
    FellBack,
    Output,
    RequestReceived,
    ResponseReceived,
    StraySuccess,
)


def test_every_event_is_in_the_union_and_nothing_else_but_transmit() -> None:
    assert set(get_args(Output)) == {
        Transmit,
        RequestReceived,
        AckReceived,
        Cancelled,
        ResponseReceived,
        Failed,
        StraySuccess,
        FellBack,
    }


def test_events_are_values() -> None:
    assert Failed(("client", "a"), "timeout") == Failed(("client", "a"), "timeout")
    assert len({Cancelled(("server", "a")), Cancelled(("server", "a"))}) == 1
