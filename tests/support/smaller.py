"""Makes a failing script smaller: leaves out, one after the other, whatever it fails without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

from tests.support.scripts import Script


def smallest(script: Script, fails: Callable[[Script], bool]) -> Script:
    """As small as leaving things out makes it; the same script if it does not fail."""
    if not fails(script):
        return script
    while (found := next(filter(fails, smaller(script)), None)) is not None:
        script = found
    return script


def smaller(value: Any) -> Iterator[Any]:
    """The same value with one thing less in it: a default, or one item fewer, at any depth."""
    for field in fields(value):
        now = getattr(value, field.name)
        if field.default is MISSING or now == field.default:
            continue
        yield replace(value, **{field.name: field.default})
        for less in _less(now):
            yield replace(value, **{field.name: less})


def _less(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple):
        for at, item in enumerate(value):
            before, after = value[:at], value[at + 1 :]
            yield (*before, *after)
            if is_dataclass(item):
                for less in smaller(item):
                    yield (*before, less, *after)
    elif is_dataclass(value):
        yield from smaller(value)
