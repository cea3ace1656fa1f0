"""YAML text as a tree of plain values, each of which knows its place in the file.

The tree is built from the parser's events, not from PyYAML's composed nodes: an alias is refused
when it is seen and never followed, so a file of nested aliases ("billion laughs") costs nothing,
and depth and size are bounded while reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from config.problems import Finding, Loc, Misread, Place, quoted
from config.scalars import Scalar, read_plain, read_quoted
from config.text import Text

MOST_DEPTH = 20
MOST_NODES = 200_000

Plain = Scalar | dict[str, "Plain"] | list["Plain"]
Content = Scalar | dict[str, "Node"] | list["Node"]

_LOADER: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)
"""libyaml where it is built in: ten times faster."""

_SYNTAX_HINTS = (
    ("mapping values are not allowed", "check the indentation; a value with `: ` needs quotes"),
    ("cannot start any token", "a value that begins with this character needs quotes"),
    ("expected alphabetic or numeric", "a value that begins with `*` or `&` needs quotes"),
    ("unknown escape", "in double quotes a backslash is written twice; single quotes keep it"),
    ("could not find expected ':'", "a key needs `: ` behind it; check the indentation"),
    ("unexpected end of stream", "a quote is not closed"),
    ("expected ',' or", "a bracket or a comma is missing"),
    ("node content", "a bracket is not closed, or a value that begins with it needs quotes"),
    ("block", "check the indentation"),
)


@dataclass(slots=True, eq=False)
class Node:
    loc: Loc
    place: Place
    key: Place | None
    """Of the key that leads here; None for an item of a list and for the whole file."""
    content: Content

    @property
    def shown(self) -> Place:
        """Where to point for a fault of this value: at a block's key, not at its first line."""
        if self.key is not None and isinstance(self.content, dict | list):
            return self.key
        return self.place


@dataclass(slots=True)
class Tree:
    root: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    broken: bool = False
    """The text could not be read to its end: what the tree lacks may stand in the rest."""


def parse(text: Text, loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = _LOADER) -> Tree:
    builder = _Builder()
    try:
        for event in yaml.parse(text.body, Loader=loader):
            builder.take(event)
    except _Stopped:
        builder.tree.broken = True
    except yaml.YAMLError as error:
        builder.tree.broken = True
        builder.tree.findings.append(_syntax_error(error))
    if builder.tree.root is None and not builder.tree.findings:
        builder.say((), "the file holds only comments", "begin with `version: 1`", Place(1, 1))
    return builder.tree


def plain(node: Node) -> Plain:
    match node.content:
        case dict() as entries:
            return {key: plain(entry) for key, entry in entries.items()}
        case list() as items:
            return [plain(item) for item in items]
        case scalar:
            return scalar


def follow(node: Node, loc: Loc) -> tuple[Node, Loc]:
    """The deepest node on the way, and what is left of the way: () when it was found."""
    for index, part in enumerate(loc):
        match node.content, part:
            case dict() as entries, str() if part in entries:
                node = entries[part]
            case list() as items, int() if 0 <= part < len(items):
                node = items[part]
            case _:
                return node, loc[index:]
    return node, ()


def without(node: Node, locs: set[Loc]) -> Node:
    """The tree with these entries cut off; what stays keeps its own `loc`."""
    match node.content:
        case dict() as entries:
            kept: Content = {k: without(n, locs) for k, n in entries.items() if n.loc not in locs}
        case list() as items:
            kept = [without(item, locs) for item in items if item.loc not in locs]
        case scalar:
            kept = scalar
    return Node(node.loc, node.place, node.key, kept)


class _Stopped(Exception):
    """Reading on would cost more than it could tell."""


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being filled."""

    node: Node
    is_key: bool
    """It stands where a key should: what is in it is read and dropped."""
    key: tuple[str | None, Place] | None = None
    """Of a mapping: its key that waits for its value; a name of None is a refused key."""


class _Builder:
    def __init__(self) -> None:
        self.tree = Tree()
        self.stack: list[_Frame] = []
        self.nodes = 0

    def say(self, loc: Loc, message: str, hint: str, place: Place, *, at_key: bool = False) -> None:
        finding = Finding(loc, message, hint, at_key=at_key, place=place)
        self.tree.findings.append(finding)

    def stop(self, message: str, hint: str, place: Place) -> None:
        self.say((), message, hint, place)
        raise _Stopped

    def take(self, event: yaml.Event) -> None:
        place = _place(event.start_mark)
        match event:
            case yaml.DocumentStartEvent():
                self._document(event, place)
            case yaml.NodeEvent():
                self._node(event, place)
            case yaml.CollectionEndEvent():
                frame = self.stack.pop()
                if frame.is_key:
                    self.stack[-1].key = (None, frame.node.place)
            case _:
                pass

    def _document(self, event: yaml.DocumentStartEvent, place: Place) -> None:
        if self.tree.root is not None:
            self.stop("a second document begins", "one file is one document: remove `---`", place)
        if event.version or event.tags:
            self.say((), "directives are refused", "remove the lines that begin with `%`", place)

    def _node(self, event: yaml.NodeEvent, place: Place) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.stop(f"more than {MOST_NODES} values", "is this the right file?", place)
        frame = self.stack[-1] if self.stack else None
        waits_for_key = (
            frame is not None and isinstance(frame.node.content, dict) and frame.key is None
        )
        if frame is not None and waits_for_key:
            self._key(event, place, frame)
        else:
            self._value(event, place, frame)

    def _key(self, event: yaml.NodeEvent, place: Place, frame: _Frame) -> None:
        loc = frame.node.loc
        if isinstance(event, yaml.CollectionStartEvent):
            self.say((*loc, ""), "a key must be a word", "no list, no mapping", place, at_key=True)
            self._open(Node((*loc, ""), place, None, _hollow(event)), is_key=True)
            return
        frame.key = (None, place)
        try:
            name = _key_name(event)
        except Misread as error:
            loc = (*loc, getattr(event, "value", ""))
            self.say(loc, str(error), error.hint, place, at_key=True)
            return
        entries = frame.node.content
        if isinstance(entries, dict) and name in entries:
            line = (entries[name].key or place).line
            message = f"the key {quoted(name)} stands twice"
            self.say((*loc, name), message, f"first on line {line}", place, at_key=True)
            return
        frame.key = (name, place)

    def _value(self, event: yaml.NodeEvent, place: Place, frame: _Frame | None) -> None:
        node = Node((), place, None, _hollow(event))
        if frame is not None:
            _attach(node, frame)
        for message, hint in _refusals(event):
            self.say(node.loc, message, hint, place)
        if isinstance(event, yaml.CollectionStartEvent):
            self._open(node, is_key=False)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, node)
        if frame is None:
            self.tree.root = node

    def _open(self, node: Node, *, is_key: bool) -> None:
        if len(self.stack) == MOST_DEPTH:
            self.stop(f"nested more than {MOST_DEPTH} deep", "is a bracket missing?", node.place)
        self.stack.append(_Frame(node, is_key))

    def _scalar(self, event: yaml.ScalarEvent, node: Node) -> None:
        try:
            node.content = _read(event)
        except Misread as error:
            node.content = event.value
            message, hint, place = str(error), error.hint, node.place
            if not event.value:
                name = quoted(node.loc[-1]) if node.key is not None else "an entry"
                message, hint = f"{name} has no value", "write one, or leave it out"
                # Where nothing stands, the reader is already at the next thing.
                place = node.key or place
            self.say(node.loc, message, hint, place)


def _hollow(event: yaml.NodeEvent) -> Content:
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    return [] if isinstance(event, yaml.SequenceStartEvent) else ""


def _attach(node: Node, frame: _Frame) -> None:
    parent = frame.node
    if isinstance(parent.content, list):
        node.loc = (*parent.loc, len(parent.content))
        parent.content.append(node)
        return
    name, node.key = frame.key or (None, node.place)
    frame.key = None
    node.loc = (*parent.loc, name or "")
    if name is not None and isinstance(parent.content, dict):
        parent.content[name] = node


def _refusals(event: yaml.NodeEvent) -> Iterator[tuple[str, str]]:
    """What YAML offers and a configuration in which every fact stands once has no use for."""
    if isinstance(event, yaml.AliasEvent):
        yield f"the alias {quoted(f'*{event.anchor}')} is refused", "text with `*` needs quotes"
    elif event.anchor is not None:
        yield f"the anchor {quoted(f'&{event.anchor}')} is refused", "text with `&` needs quotes"
    if getattr(event, "tag", None) is not None:
        yield "tags are refused", "text that begins with `!` needs quotes"


def _read(event: yaml.ScalarEvent) -> Scalar:
    # implicit[0]: written plain, without quotes and without a tag.
    return read_plain(event.value) if event.implicit[0] else read_quoted(event.value)


def _key_name(event: yaml.NodeEvent) -> str:
    for message, hint in _refusals(event):
        raise Misread(message, hint)
    name = _read(event) if isinstance(event, yaml.ScalarEvent) else ""
    if not isinstance(name, str):
        written = quoted(getattr(event, "value", ""))
        raise Misread(f"the key {written} is not text", "put it in quotes")
    return name


def _syntax_error(error: yaml.YAMLError) -> Finding:
    said = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    message = f"{context}: {said}" if context else str(said)
    hint = next((hint for part, hint in _SYNTAX_HINTS if part in message), "")
    place = _place(getattr(error, "problem_mark", None))
    return Finding((), f"not YAML: {message}", hint, place=place)


def _place(mark: Any) -> Place:
    """libyaml and the reader in Python have each their own class of marks; both count from 0."""
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
