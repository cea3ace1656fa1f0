from sbc.transaction.flows import FlowIndex
from tests.support.transactions import ALICE, BOB


def test_a_flow_finds_its_transactions_in_the_order_they_began() -> None:
    index = FlowIndex()
    for name in ("b", "c", "a"):
        index.add(ALICE, (name,))
    index.add(BOB, ("d",))
    assert index.on(ALICE) == [("b",), ("c",), ("a",)]


def test_an_unknown_flow_has_none() -> None:
    assert FlowIndex().on(ALICE) == []


def test_a_flow_without_transactions_is_forgotten() -> None:
    index = FlowIndex()
    index.add(ALICE, ("a",))
    index.add(ALICE, ("b",))
    index.discard(ALICE, ("a",))
    assert index.on(ALICE) == [("b",)]
    index.discard(ALICE, ("b",))
    assert len(index) == 0
