"""Names of flows that are lost (RFC 5626 §5.3)."""

from sbc.registrar import gone
from sbc.registrar.gone import Gone


def test_a_lost_flow_is_known_until_upstream_forgets_it() -> None:
    lost = Gone()
    lost.add("a", 100.0)
    assert lost.has("a", 99.9)
    assert not lost.has("a", 100.0)
    assert not lost.has("b", 0.0)
    assert len(lost) == 0


def test_a_flow_that_is_there_again_is_not_lost() -> None:
    lost = Gone()
    lost.add("a", 100.0)
    lost.forget("a")
    lost.forget("never")
    assert not lost.has("a", 1.0)


def test_what_has_no_name_is_not_kept() -> None:
    lost = Gone()
    lost.add("", 100.0)
    assert len(lost) == 0


def test_a_flood_of_lost_flows_costs_the_oldest() -> None:
    lost = Gone()
    for each in range(gone.MOST + 1):
        lost.add(str(each), 100.0)
    lost.add("1", 100.0)  # again: it takes no further place
    assert len(lost) == gone.MOST
    assert not lost.has("0", 1.0)
    assert lost.has("2", 1.0)
