"""Figures beside one another."""

from tools.bench.table import Results, as_markdown, cells, columns


def two_rounds() -> Results:
    results = Results()
    for ours, theirs in ((8.0, 10.0), (30.0, 40.0), (9.0, 12.0)):
        results.add("processor time a packet", "µs", "sbc", ours)
        results.add("processor time a packet", "µs", "peer", theirs)
    return results


def test_each_peer_has_its_figure_and_the_ratio_beside_it() -> None:
    assert columns(["sbc", "peer", "other"], "sbc") == [
        *("", "unit", "sbc"),
        *("peer", "ratio", "other", "ratio"),
    ]


def test_figures_are_medians_and_ratios_are_medians_of_the_rounds() -> None:
    results = two_rounds()
    row = results.rows["processor time a packet"]
    assert cells(row, ["sbc", "peer"], "sbc") == [
        *("processor time a packet", "µs"),
        *("9", "12", "0.75"),
    ]


def test_a_peer_without_a_figure_leaves_its_cells_empty() -> None:
    results = two_rounds()
    row = results.rows["processor time a packet"]
    assert cells(row, ["sbc", "other"], "sbc")[-2:] == ["", ""]


def test_a_figure_that_is_not_to_be_compared_has_no_ratio() -> None:
    results = Results()
    results.add("streams that flow", "", "sbc", 500, compared=False)
    results.add("streams that flow", "", "peer", 73, compared=False)
    row = results.rows["streams that flow"]
    assert cells(row, ["sbc", "peer"], "sbc")[2:] == ["500", "73", ""]


def test_the_same_figures_as_markdown_with_the_notes_below() -> None:
    results = two_rounds()
    results.note("sippy is not installed.")
    results.note("sippy is not installed.")
    assert list(as_markdown(results, "sbc")) == [
        "|  | unit | sbc | peer | ratio |",
        "|---|---|--:|--:|--:|",
        "| processor time a packet | µs | 9 | 12 | 0.75 |",
        "",
        "* sippy is not installed.",
    ]
