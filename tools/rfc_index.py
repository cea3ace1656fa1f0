"""Writes docs/rfc.md: which module keeps which section of which RFC, and which test holds it to it.

Read from the docstrings and comments themselves, so that the table cannot drift from the code.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGES = ("config", "sbc", "media", "stun_turn")
_CITED = re.compile(r"RFC\s(?P<number>\d{3,4})(?:\s(?:§{1,2}|section )(?P<section>[\d.]*\d))?")
_ALSO = re.compile(r"(?:, | and |; )§(?P<section>[\d.]*\d)")

_ROW = re.compile(r"\b([ACEHIMNPQRSXZ])(\d{1,2})\b")
_DOCSTRING = re.compile(r'"""(.*?)"""', re.DOTALL)

HEAD = """\
# RFC section → module → test

Written by `python tools/rfc_index.py` from the citations in the code; a test compares. The rows of
behaviour stand below; the test messages of the RFCs have tests of their own: `tests/rfc`.

| RFC | section | module | tests |
|---|---|---|---|
"""


ROWS = """
# Row of behaviour → module → test

A row is a promise to users, such as M3: whatever a call becomes, media flows as its descriptions
say. Modules name the rows that they are there for, tests those that would fail without them.

| row | RFCs that its tests cite | modules | tests |
|---|---|---|---|
"""


def rows(text: str) -> Iterator[tuple[str, int]]:
    """Letter and number of each row that a docstring names."""
    for docstring in _DOCSTRING.findall(text):
        for letter, number in _ROW.findall(docstring):
            yield letter, int(number)


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
    return HEAD + "".join(lines) + ROWS + "".join(_behaviour(root))


def _behaviour(root: Path) -> Iterator[str]:
    modules, tests = _naming(root, PACKAGES), _naming(root, ("tests",))
    for row in sorted(tests):
        cited = {
            number for name in tests[row] for number, _ in citations((root / name).read_text())
        }
        numbers = ", ".join(str(number) for number in sorted(cited))
        name = f"{row[0]}{row[1]}"
        yield f"| {name} | {numbers} | {_named(modules.get(row, []))} | {_named(tests[row])} |\n"


def _naming(root: Path, packages: tuple[str, ...]) -> dict[tuple[str, int], list[str]]:
    """The files that name each row."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for package in packages:
        pattern = "test_*.py" if package == "tests" else "*.py"
        for file in set((root / package).rglob(pattern)) - set((root / "tests/tools").glob("*")):
            for row in rows(file.read_text()):
                found[row].add(file.relative_to(root).as_posix())
    return {row: sorted(names) for row, names in found.items()}


def _order(row: tuple[int, str]) -> tuple[int, list[int]]:
    return row[0], [int(part) for part in row[1].split(".") if part]


def _named(tests: Sequence[str]) -> str:
    return ", ".join(f"`{test}`" for test in tests)


if __name__ == "__main__":
    here = Path(__file__).parent.parent
    (here / "docs" / "rfc.md").write_text(page(here))
    sys.exit()
