"""Reads the configuration: file to text to tree to model to checks, and every mistake at once.

Each step reports all it can find. What a step refused does not silence the next: the checks then
run over the entries that could be read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from config.checks import OF_WHAT_IS_ABSENT, OF_WHAT_IS_THERE
from config.checks.names import dangling
from config.model import Config
from config.nodes import Node, follow, parse, plain, without
from config.problems import (
    MOST_SHOWN,
    ConfigError,
    Finding,
    Loc,
    Place,
    Problem,
    placed,
)
from config.text import MOST_BYTES, Text, from_bytes, from_str
from config.validation import validate

__all__ = [
    "ConfigError",
    "Loaded",
    "Problem",
    "load",
    "load_with_warnings",
    "loads",
    "loads_with_warnings",
]

_SECTIONS_OF_ENTRIES = {
    "interfaces",
    "zones",
    "certificates",
    "codec_policies",
    "media_profiles",
    "trunks",
    "routes",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    config: Config
    warnings: tuple[Problem, ...]
    text: Text = field(repr=False)
    root: Node = field(repr=False)

    def refused(self, findings: Iterable[Finding]) -> ConfigError:
        """What turned out to be impossible only when it was tried on this host, with its places."""
        return _error(self.text, self.root, findings)


def load(path: Path | str) -> Config:
    """Raises `ConfigError`."""
    return load_with_warnings(path).config


def load_with_warnings(path: Path | str) -> Loaded:
    """Raises `ConfigError`."""
    return _loaded(_text(Path(path)))


def loads(body: str, name: str = "<text>") -> Config:
    """The same for a text that is at hand. Raises `ConfigError`."""
    return loads_with_warnings(body, name).config


def loads_with_warnings(body: str, name: str = "<text>") -> Loaded:
    """Raises `ConfigError`."""
    return _loaded(from_str(name, body))


def _text(path: Path) -> Text:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError([Problem(str(path), 1, 1, "", f"cannot be read: {reason}")]) from None
    return from_bytes(str(path), data)


def _loaded(text: Text) -> Loaded:
    if text.findings:
        raise _error(text, None, text.findings)
    tree = parse(text)
    if tree.root is None or tree.broken:
        raise _error(text, tree.root, tree.findings)
    config, findings = _judge(tree.root, tree.findings)
    if config is None or any(finding.severity == "error" for finding in findings):
        raise _error(text, tree.root, findings)
    return Loaded(config, tuple(_problems(text, tree.root, findings)), text, tree.root)


def _judge(root: Node, refused: list[Finding]) -> tuple[Config | None, list[Finding]]:
    data = plain(root)
    config, shapes = validate(data)
    bad = _joined(refused, _not_lost(shapes, refused))
    findings = _joined(bad, dangling(data))
    if config is not None and not bad:
        checks = OF_WHAT_IS_THERE if findings else OF_WHAT_IS_THERE + OF_WHAT_IS_ABSENT
        return config, _joined(findings, *(check(config) for check in checks))
    readable = without(root, {_entry(finding.loc) for finding in bad})
    rest = validate(plain(readable))[0]
    if rest is None:
        return None, findings
    late = (finding for check in OF_WHAT_IS_THERE for finding in check(rest))
    return None, _joined(findings, (_original(finding, readable) for finding in late))


def _not_lost(shapes: list[Finding], refused: list[Finding]) -> Iterator[Finding]:
    """Where a key was refused, a key is missing too: that is not worth a word of its own."""
    lost = {finding.loc[:-1] for finding in refused if finding.at_key}
    return (finding for finding in shapes if not (finding.absent and finding.loc[:-1] in lost))


def _entry(loc: Loc) -> Loc:
    """The smallest piece without which the rest can still be judged."""
    return loc[: 2 if loc and loc[0] in _SECTIONS_OF_ENTRIES else 1]


def _original(finding: Finding, readable: Node) -> Finding:
    """Back to where it stands in the file: what was cut off has moved the items of lists."""
    node, rest = follow(readable, finding.loc)
    return replace(finding, loc=(*node.loc, *rest))


def _joined(*steps: Iterable[Finding]) -> list[Finding]:
    """What the steps found; of one value only the first step that complains of it is heard."""
    found: list[Finding] = []
    for step in steps:
        heard = {finding.loc for finding in found}
        found += [finding for finding in step if finding.loc not in heard]
    return found


def _error(text: Text, root: Node | None, findings: Iterable[Finding]) -> ConfigError:
    every = list(findings)
    shown = _problems(text, root, every)
    return ConfigError(shown, len(every) - len(shown))


def _problems(text: Text, root: Node | None, findings: Iterable[Finding]) -> list[Problem]:
    """In the order of the file; when there are too many, errors before warnings."""
    every = [(_place(text, root, finding), finding) for finding in findings]
    every.sort(key=lambda one: (one[1].severity != "error", one[0].line, one[0].column))
    shown = sorted(every[:MOST_SHOWN], key=lambda one: (one[0].line, one[0].column))
    return [placed(f, text.name, at, text.lines[at.line - 1]) for at, f in shown]


def _place(text: Text, root: Node | None, finding: Finding) -> Place:
    if finding.place is not None or root is None:
        return text.inside(finding.place or Place(1, 1))
    node, rest = follow(root, finding.loc)
    where = node.key if finding.at_key and not rest and node.key is not None else node.shown
    return text.inside(where)
