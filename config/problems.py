"""What is wrong with a configuration file: each mistake with its place, all together."""

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
Loc = tuple[str | int, ...]
"""The way to a value: the keys and list indexes that lead to it from the top."""

MOST_SHOWN = 50
"""Nobody mends more at once; and a hostile file must not fill the terminal."""

MOST_QUOTED = 60
EXCERPT = 120


class Misread(ValueError):
    """The text of one value does not mean what its field needs; with a hint how to write it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake as a check reports it: its place is not looked up yet."""

    loc: Loc
    message: str
    hint: str = ""
    severity: Severity = "error"

    at_key: bool = False
    """The key is wrong, not what it stands for."""

    absent: bool = False
    """Nothing stands there: the last part of `loc` is what is missing."""

    place: Place | None = None
    """Known already by those who read the text; None: where `loc` leads."""

    word: str = ""
    known: Collection[str] = ()
    """What was written and what could have been, for `did you mean`. It is worked out only for what
    is shown: comparing ten thousand names with ten thousand others takes minutes."""

    conceal: bool = False
    """A secret stands in this line: never show it."""


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    line: int
    column: int
    path: str
    """As an operator says it: `trunks.carrier.endpoints[0].uri`."""
    message: str
    hint: str = ""
    severity: Severity = "error"
    source: str = ""
    """The line of the file, or the piece of it around the column."""

    def __str__(self) -> str:
        word = "" if self.severity == "error" else f"{self.severity}: "
        where = f"{self.path}: " if self.path else ""
        rows = [f"{self.file}:{self.line}:{self.column}: {word}{where}{self.message}"]
        rows += [f"    {self.source}"] if self.source else []
        rows += [f"    hint: {self.hint}"] if self.hint else []
        return "\n".join(rows)


class ConfigError(Exception):
    """The operator's mistakes, in the order of the file."""

    def __init__(self, problems: Iterable[Problem], omitted: int = 0) -> None:
        self.problems = tuple(problems)
        self.omitted = omitted
        """How many more there are beyond `MOST_SHOWN`."""
        super().__init__(self.problems, omitted)

    def __str__(self) -> str:
        rows = [str(problem) for problem in self.problems]
        rows += [f"… and {self.omitted} more"] if self.omitted else []
        return "\n".join(rows)


def printable(text: str) -> str:
    """As a terminal may show it: an escape sequence in a file must not drive the screen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(value: object) -> str:
    text = printable(str(value)[: MOST_QUOTED + 1])
    return f"`{text}`" if len(text) <= MOST_QUOTED else f"`{text[:MOST_QUOTED]}…`"


def excerpt(line: str, column: int) -> str:
    """The line without its indentation; of a very long one, what lies around the column."""
    if len(line) <= EXCERPT:
        return printable(line.strip())
    start = max(0, column - 1 - EXCERPT // 3)
    piece = printable(line[start : start + EXCERPT].strip())
    return f"{'…' if start else ''}{piece}{'…' if start + EXCERPT < len(line) else ''}"


def path_of(loc: Loc) -> str:
    text = ""
    for part in loc:
        if part == "":
            # What stands behind a key that was refused.
            continue
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + printable(part[:MOST_QUOTED])
    return text


def placed(finding: Finding, file: str, place: Place, line: str) -> Problem:
    """The finding as the operator reads it, with the line in which it stands."""
    near = did_you_mean(finding.word, finding.known) if finding.word else ""
    return Problem(
        file,
        place.line,
        place.column,
        path_of(finding.loc),
        finding.message,
        near or finding.hint,
        finding.severity,
        "" if finding.conceal else excerpt(line, place.column),
    )


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint for a misspelling; empty when nothing is near."""
    near = difflib.get_close_matches(word[:MOST_QUOTED].lower(), known, n=1)
    return f"did you mean {quoted(near[0])}?" if near else ""
