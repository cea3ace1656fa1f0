from pathlib import Path

from tools.rfc_index import citations, page, rows

ROOT = Path(__file__).parent.parent.parent


def test_sections_that_follow_belong_to_the_same_rfc() -> None:
    text = "as RFC 3261 §17.2.3 and §18.2, RFC 6026; RFC 3264 §6, §8."
    assert list(citations(text)) == [
        (3261, "17.2.3"),
        (3261, "18.2"),
        (6026, ""),
        (3264, "6"),
        (3264, "8"),
    ]


def test_rows_are_named_in_docstrings_alone() -> None:
    text = '"""M3, A10: so it is (N6); not G711 or Q.850 nor H264."""\nX7 = "S1"\n'
    assert list(rows(text)) == [("M", 3), ("A", 10), ("N", 6)]


def test_the_committed_page_is_the_one_that_the_code_gives() -> None:
    assert (ROOT / "docs" / "rfc.md").read_text() == page(ROOT), "run: python tools/rfc_index.py"
