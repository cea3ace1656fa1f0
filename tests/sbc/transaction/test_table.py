"""What must hold of every figure, whatever it draws."""

import pytest

from sbc.transaction import invite_client, invite_server, non_invite_client, non_invite_server
from sbc.transaction.table import Delays, Do, Owners, State, Table, Timer, to

FIGURES: list[tuple[Table, Owners, tuple[Delays, Delays]]] = [
    (each.TABLE, each.TIMERS, (each.UNRELIABLE, each.RELIABLE))
    for each in (invite_client, invite_server, non_invite_client, non_invite_server)
]


@pytest.mark.parametrize(("table", "owners", "delays"), FIGURES)
class TestEveryFigure:
    def test_every_state_that_a_row_names_has_rows_of_its_own(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        named = {row.state for rows in table.values() for row in rows.values()}
        assert named <= set(table)

    def test_every_state_can_be_reached(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        reached, frontier = set(), {next(iter(table))}
        while frontier:
            reached |= frontier
            frontier = {row.state for at in frontier for row in table[at].values()} - reached
        assert reached == set(table)

    def test_a_terminated_transaction_does_nothing(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        assert table[State.TERMINATED] == {}

    def test_a_state_has_a_row_for_each_of_its_timers_and_for_no_other(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        for state, rows in table.items():
            assert {event for event in rows if isinstance(event, Timer)} == set(
                owners.get(state, ())
            )

    def test_over_udp_every_timer_has_a_delay(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        assert set(delays[0]) == {timer for timers in owners.values() for timer in timers}

    def test_a_reliable_transport_drops_only_the_timers_that_repeat(
        self, table: Table, owners: Owners, delays: tuple[Delays, Delays]
    ) -> None:
        unreliable, reliable = delays
        assert set(unreliable) - set(reliable) <= {Timer.A, Timer.E, Timer.G}


def test_a_row_keeps_its_effects_in_order() -> None:
    row = to(State.COMPLETED, Do.SEND_ACK, Do.PASS_UP)
    assert row.effects == (Do.SEND_ACK, Do.PASS_UP)
