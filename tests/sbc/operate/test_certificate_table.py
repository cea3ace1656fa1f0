"""The table of certificates (X7)."""

from typing import Any

from sbc.operate.certificate_table import certificate_table
from tests.sbc.operate.test_tables import lines

EDGE: dict[str, Any] = {
    "name": "edge",
    "days_left": 12.4,
    "names": ["a.example", "b.example"],
    "chain": "/edge.pem",
    "not_used": "",
}


def shown(**changes: Any) -> list[str]:
    return lines(certificate_table([{**EDGE, **changes}]))[1].split()


def test_a_certificate_has_its_names_and_its_days() -> None:
    assert shown() == ["edge", "12", "a.example,", "b.example", "/edge.pem", "–"]


def test_new_files_that_are_not_used_are_told_with_the_reason() -> None:
    assert shown(not_used="gone")[-5:] == ["new", "files", "not", "used:", "gone"]


def test_where_little_is_known_there_are_dashes() -> None:
    assert lines(certificate_table([{}]))[1].split() == ["–"] * 5


def test_the_last_days_are_coloured() -> None:
    table = certificate_table([{**EDGE, "days_left": days} for days in (100.0, 20.0, 3.0)])
    assert [str(cell.style) for cell in table.columns[1].cells] == ["", "yellow", "red"]  # type: ignore[union-attr]
