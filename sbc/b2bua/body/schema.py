"""An allow-list of XML: which elements and attributes cross, and in which form.

An element or an attribute without a rule stays behind with all that is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sbc.b2bua.body.values import MARK, Translation, Value
from sbc.b2bua.body.xml import XML, BadXml, Element, Name, parse, write

Rework = Callable[[Element, Element, Translation], None]
"""Of an element as it came and as it was rebuilt: what no single value of it can say."""


@dataclass(frozen=True, slots=True)
class Rule:
    attributes: Mapping[str, Value] = field(default_factory=dict)
    """By name; those without a namespace, and `xml:lang`."""
    children: Mapping[Name, Rule] = field(default_factory=dict)
    text: Value | None = None
    needs_text: bool = False
    """Without its text it means nothing."""
    rework: Rework | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    root: Name
    rule: Rule
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Usual ones, by namespace."""

    def rebuild(self, body: bytes, translation: Translation) -> bytes | None:
        """None: it is no such document."""
        try:
            root = parse(body)
        except BadXml:
            return None
        if root.name != self.root:
            return None
        return write(_rebuilt(root, self.rule, translation), self.prefixes)


def named(space: str, **children: Rule) -> dict[Name, Rule]:
    """Children of one namespace; `_` in a name stands for `-`."""
    return {(space, name.replace("_", "-")): rule for name, rule in children.items()}


def leaf(value: Value, **attributes: Value) -> Rule:
    """An element that is there for its text."""
    return Rule(attributes, text=value, needs_text=True)


def _rebuilt(element: Element, rule: Rule, translation: Translation) -> Element:
    made = Element(element.name)
    for name, value in element.attributes.items():
        known = rule.attributes.get(name[1]) if name[0] in {"", XML} else None
        kept = None if known is None else known(_unmarked(value), translation)
        if kept is not None:
            made.attributes[name] = kept
    if rule.text is not None:
        made.text = rule.text(_unmarked(element.text), translation) or ""
    for child in element.children:
        inner = rule.children.get(child.name)
        if inner is not None:
            one = _rebuilt(child, inner, translation)
            if one.text or not inner.needs_text:
                made.children.append(one)
    if rule.rework is not None:
        rule.rework(element, made, translation)
    return made


def _unmarked(text: str) -> str:
    assert MARK not in text, "XML has no such character"
    return text
