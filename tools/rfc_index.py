"""Writes docs/rfc.md: which module keeps which section of which RFC, and which test holds it to it.

Read from the docstrings and comments themselves, so that the table cannot drift from the code.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("config", "sbc", "media", "stun_turn")
_CITED = re.compile(r"RFC\s(?P<number>\d{3,4})(?:\s(?:§{1,2}|section )(?P<section>[\d.]*\d))?")
_ALSO = re.compile(r"(?:, | and |; )§(?P<section>[\d.]*\d)")

HEAD = """\
# RFC section → module → test

Written by `python tools/rfc_index.py` from the citations in the code; a test compares. Behaviour
rows and the test messages of the RFCs have tests of their own: `tests/simulation`, `tests/rfc`.

| RFC | section | module | tests |
|---|---|---|---|
"""


def citations(text: str) -> Iterator[tuple[int, str]]:
    """Number and section of each RFC cited; sections that follow a first one belong to its RFC."""
    for found in _CITED.finditer(text):
        yield int(found["number"]), found["section"] or ""
        at = found.end()
        while found["section"] and (also := _ALSO.match(text, at)):
            yield int(found["number"]), also["section"]
            at = also.end()


def page(root: Path) -> str:
    rows: dict[tuple[int, str], set[str]] = defaultdict(set)
    for package in PACKAGES:
        for module in sorted((root / package).rglob("*.py")):
            for cited in citations(module.read_text()):
                rows[cited].add(module.relative_to(root).as_posix())
    across = {
        test.relative_to(root).as_posix(): set(citations(test.read_text()))
        for folder in ("rfc", "simulation")
        for test in sorted((root / "tests" / folder).rglob("test_*.py"))
    }
    lines = []
    for number, section in sorted(rows, key=_order):
        for citing in sorted(rows[number, section]):
            twin = root / "tests" / Path(citing).with_name(f"test_{Path(citing).name}")
            tests = [twin.relative_to(root).as_posix()] if twin.exists() else []
            tests += [name for name, cited in across.items() if (number, section) in cited]
            lines.append(f"| {number} | {section} | `{citing}` | {_named(tests)} |\n")
    return HEAD + "".join(lines)


def _order(row: tuple[int, str]) -> tuple[int, list[int]]:
    return row[0], [int(part) for part in row[1].split(".") if part]


def _named(tests: list[str]) -> str:
    return ", ".join(f"`{test}`" for test in tests)


if __name__ == "__main__":
    here = Path(__file__).parent.parent
    (here / "docs" / "rfc.md").write_text(page(here))
    sys.exit()
