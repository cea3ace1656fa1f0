from sbc.operate.pending_lines import Line, PendingLines


def line(name: str, size: int = 10) -> Line:
    return Line(name, "file", bytes(size))


def test_lines_come_out_in_the_order_they_went_in() -> None:
    pending = PendingLines(100)
    pending.push(line("1"))
    pending.push(line("2"))
    assert [each.uid for each in pending.take()] == ["1", "2"]
    assert pending.take() == []


def test_failed_lines_come_before_those_that_gathered_meanwhile() -> None:
    pending = PendingLines(100)
    pending.push(line("1"))
    pending.push(line("2"))
    taken = pending.take()
    pending.push(line("3"))
    pending.settle(taken, failed=taken[1:])
    assert [each.uid for each in pending.take()] == ["2", "3"]


def test_memory_is_bounded_also_while_lines_are_being_written() -> None:
    pending = PendingLines(20)
    pending.push(line("1"))
    taken = pending.take()
    pending.push(line("2"))
    pending.push(line("3"))
    assert (pending.size, pending.dropped) == (20, 1)
    pending.settle(taken, failed=[])
    pending.push(line("4"))
    assert [each.uid for each in pending.take()] == ["2", "4"]
    assert (pending.size, pending.dropped) == (20, 1)
