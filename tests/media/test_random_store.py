from collections import Counter

from media.random_store import RandomStore


class Kernel:
    """Gives out what a test says, and counts how often it was asked."""

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern
        self.asked = 0

    def __call__(self, size: int) -> bytes:
        self.asked += 1
        return (self.pattern * size)[:size]


def test_every_number_below_the_bound_comes_and_none_beyond() -> None:
    store = RandomStore()
    seen = Counter(store.below(5) for _ in range(5000))
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert min(seen.values()) > 700


def test_the_least_and_the_greatest_bytes_are_the_ends_of_the_range() -> None:
    assert RandomStore(Kernel(b"\x00")).below(10_000) == 0
    assert RandomStore(Kernel(b"\xff")).below(10_000) == 9_999
    assert RandomStore(Kernel(b"\xff")).below(1) == 0


def test_a_bound_of_many_bits_uses_them_all() -> None:
    assert RandomStore(Kernel(b"\xff")).below(2**96) == 2**96 - 1
    assert RandomStore(Kernel(b"\xff")).below(2**40_000) == 2**40_000 - 1


def test_the_kernel_is_asked_rarely() -> None:
    kernel = Kernel(b"\x37")
    store = RandomStore(kernel)
    for _ in range(400):
        store.below(5000)
    assert kernel.asked == 1
    store.below(5000)
    for _ in range(400):
        store.below(5000)
    assert kernel.asked == 2


def test_no_byte_is_used_twice() -> None:
    store = RandomStore(lambda size: bytes(each % 251 for each in range(size)))
    taken = [store.below(2**24) for _ in range(20)]
    assert taken == sorted(set(taken))
