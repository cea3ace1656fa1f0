from collections import Counter

from sbc.proxy.rendezvous import ranked

NODES = ["a", "b", "c", "d", "e"]


def best(key: str, nodes: list[str], weight: float = 1.0) -> str:
    return ranked(key, nodes, str, lambda _: weight)[0]


def test_the_same_key_finds_the_same_node_in_whatever_order_they_stand() -> None:
    for n in range(50):
        assert best(f"k{n}", NODES) == best(f"k{n}", NODES[::-1])


def test_a_node_that_goes_moves_its_own_keys_and_to_all_others() -> None:
    moved: Counter[str] = Counter()
    for n in range(2000):
        before, after = best(f"k{n}", NODES), best(f"k{n}", NODES[:-1])
        if before != "e":
            assert after == before
        else:
            moved[after] += 1
    assert set(moved) == set("abcd")
    assert all(60 < count < 140 for count in moved.values()), moved


def test_who_is_second_serves_when_the_first_is_gone() -> None:
    for n in range(100):
        first, second, *_ = ranked(f"k{n}", NODES, str, lambda _: 1.0)
        assert best(f"k{n}", [node for node in NODES if node != first]) == second


def test_shares_are_as_the_weights() -> None:
    weights = {"a": 3.0, "b": 1.0, "c": 0.0}
    won = Counter(ranked(f"k{n}", weights, str, weights.__getitem__)[0] for n in range(4000))
    assert 0.70 < won["a"] / 4000 < 0.80
    assert won["c"] == 0


def test_a_key_that_is_no_text_is_hashed_like_any_other() -> None:
    assert best("\udcff\udcfe", NODES) in NODES
