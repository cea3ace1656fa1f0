"""References by name: each must lead to an entry of its section.

They are looked up in the plain data, so that a dangling name is reported beside the mistakes for
which there is no typed configuration yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from config.nodes import Plain
from config.problems import Finding, Loc, quoted

_ANY: Final = "*"
"""Every entry of a mapping or list."""


@dataclass(frozen=True, slots=True)
class Reference:
    path: tuple[str, ...]
    section: str
    """Where the name must be a key."""
    noun: str
    also: str | None = None
    """Or here."""


REFERENCES = (
    Reference(("interfaces", _ANY, "zone"), "zones", "zone"),
    Reference(("zones", _ANY, "codec_policy"), "codec_policies", "codec policy"),
    Reference(("zones", _ANY, "media"), "media_profiles", "media profile"),
    Reference(("interfaces", _ANY, "sip", _ANY, "certificate"), "certificates", "certificate"),
    Reference(
        ("interfaces", _ANY, "sip", _ANY, "certificate", _ANY), "certificates", "certificate"
    ),
    Reference(("interfaces", _ANY, "sip", _ANY, "client_ca"), "certificates", "certificate"),
    Reference(("trunks", _ANY, "tls", "certificate"), "certificates", "certificate"),
    Reference(("trunks", _ANY, "tls", "trust"), "certificates", "certificate"),
    Reference(("trunks", _ANY, "zone"), "zones", "zone"),
    Reference(("trunks", _ANY, "codec_policy"), "codec_policies", "codec policy"),
    Reference(("trunks", _ANY, "media"), "media_profiles", "media profile"),
    Reference(("routes", _ANY, "from", "zone"), "zones", "zone"),
    Reference(("routes", _ANY, "from", "trunk"), "trunks", "trunk"),
    Reference(("routes", _ANY, "from", "access"), "access", "access group"),
    Reference(("routes", _ANY, "match", "registered"), "access", "access group"),
    Reference(("routes", _ANY, "to", _ANY), "trunks", "trunk", also="access"),
    Reference(("access", _ANY, "zone"), "zones", "zone"),
    Reference(("access", _ANY, "codec_policy"), "codec_policies", "codec policy"),
    Reference(("access", _ANY, "media"), "media_profiles", "media profile"),
    Reference(("access", _ANY, "registrar", "upstream"), "trunks", "trunk"),
    Reference(("turn", "interfaces", _ANY), "interfaces", "interface"),
)


def dangling(data: Plain) -> Iterator[Finding]:
    for reference in REFERENCES:
        known = (*_keys(data, reference.section), *_keys(data, reference.also))
        names = set(known)
        for loc, name in _at(data, reference.path, ()):
            if name not in names:
                hint = "" if known else f"the section `{reference.section}` has none"
                message = f"there is no {reference.noun} {quoted(name)}"
                yield Finding(loc, message, hint, word=name, known=known)


def _keys(data: Plain, section: str | None) -> tuple[str, ...]:
    found = data.get(section) if isinstance(data, dict) and section is not None else None
    return tuple(found) if isinstance(found, dict) else ()


def _at(data: Plain, path: tuple[str, ...], loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text to which the path leads, and its way."""
    if not path:
        if isinstance(data, str):
            yield loc, data
        return
    head, rest = path[0], path[1:]
    if isinstance(data, list) and head == _ANY:
        for index, item in enumerate(data):
            yield from _at(item, rest, (*loc, index))
    elif isinstance(data, dict):
        for key in data if head == _ANY else [head]:
            if key in data:
                yield from _at(data[key], rest, (*loc, key))
