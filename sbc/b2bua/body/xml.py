"""XML as peers may send it: elements, attributes and text with namespaces, and nothing else.

No document type, so no entities of anybody's making; no processing instructions; comments stay
behind. Depth, elements, attributes and text are bounded before anything is built of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

MOST_DEPTH = 24
MOST_ELEMENTS = 2000
MOST_ATTRIBUTES = 24
MOST_TEXT = 4096
"""Characters of one element, or of one attribute."""

Name = tuple[str, str]
"""Namespace, which may be empty, and local name."""
XML = "http://www.w3.org/XML/1998/namespace"
_QUOTES = {'"': "&quot;"}


class BadXml(ValueError):
    """Not well-formed, or more than we take."""


@dataclass(slots=True)
class Element:
    name: Name
    attributes: dict[Name, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""
    """All that stands directly in it, joined."""

    def get(self, name: str) -> str | None:
        """An attribute without a namespace."""
        return self.attributes.get(("", name))


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._elements = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= MOST_DEPTH or self._elements > MOST_ELEMENTS:
            raise BadXml("too deep, or too many elements")
        if len(attributes) > MOST_ATTRIBUTES:
            raise BadXml("too many attributes")
        found = {_name(key): _bounded(value) for key, value in attributes.items()}
        element = Element(_name(tag), found)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            element = self._open[-1]
            element.text = _bounded(element.text + text)


def parse(data: bytes) -> Element:
    """The root element. Raises BadXml."""
    try:
        data.decode()
    except UnicodeDecodeError:
        raise BadXml("not UTF-8") from None
    builder = _Builder()
    # Whatever it says of its encoding: the others are ways to write what a reader takes for UTF-8.
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _forbidden
    parser.EntityDeclHandler = _forbidden
    parser.ProcessingInstructionHandler = _forbidden
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadXml(str(error)) from None
    if builder.root is None:
        raise BadXml("no element")
    return builder.root


def write(root: Element, prefixes: Mapping[str, str]) -> bytes:
    """With the namespace of the root as the default one, the others with these prefixes."""
    spaces: dict[str, str] = {root.name[0]: "", XML: "xml:"}
    _gather(root, spaces, prefixes)
    declared = "".join(
        f" xmlns{':' if prefix else ''}{prefix.rstrip(':')}={quoteattr(space)}"
        for space, prefix in spaces.items()
        if space and space != XML
    )
    out = ['<?xml version="1.0" encoding="UTF-8"?>\r\n']
    _write(root, spaces, declared, out)
    return "".join(out).encode()


def _gather(element: Element, spaces: dict[str, str], prefixes: Mapping[str, str]) -> None:
    for space, _ in (element.name, *element.attributes):
        if space and space not in spaces:
            spaces[space] = f"{prefixes.get(space, f'n{len(spaces)}')}:"
    for child in element.children:
        _gather(child, spaces, prefixes)


def _write(element: Element, spaces: Mapping[str, str], declared: str, out: list[str]) -> None:
    tag = f"{spaces[element.name[0]]}{element.name[1]}"
    said = "".join(
        f' {spaces[space] if space else ""}{name}="{escape(value, _QUOTES)}"'
        for (space, name), value in element.attributes.items()
    )
    if not element.children and not element.text:
        out.append(f"<{tag}{declared}{said}/>")
        return
    out.append(f"<{tag}{declared}{said}>{escape(element.text)}")
    for child in element.children:
        _write(child, spaces, "", out)
    out.append(f"</{tag}>")


def _name(text: str) -> Name:
    space, blank, local = text.rpartition(" ")
    return (space, local) if blank else ("", text)


def _bounded(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise BadXml("too much text")
    return text


def _forbidden(*_: object) -> None:
    raise BadXml("a document type, an entity or an instruction")
