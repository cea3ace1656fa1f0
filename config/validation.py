"""Plain data into the model, and pydantic's complaints into the operator's language.

pydantic reports every mistake at once; here each gets its way in the file, the words of the field,
and for a misspelling what was probably meant.
"""

import re
from collections.abc import Callable
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.model import LIST, MAPPING, NAME_PATTERN, WORD, Config
from config.problems import Finding, Loc, Misread, quoted
from config.secrets import PlainSecret

_KEY = "[key]"
"""What pydantic puts behind a key of a mapping that is itself wrong."""

_SKIPPED = (WORD, MAPPING, LIST, _KEY)

_MISSING_HINTS = {
    "version": "begin with `version: 1`",
    "ports": "such as 20000-29999",
    "trust": "trusted or untrusted",
}


def validate(data: object) -> tuple[Config | None, list[Finding]]:
    try:
        return Config.model_validate(data), []
    except ValidationError as error:
        return None, complaints(error)


def complaints(error: ValidationError) -> list[Finding]:
    details = error.errors(include_url=False)
    return [_finding(detail) for detail in details if not _follows(detail)]


def keys_at(loc: Loc) -> list[str]:
    """The keys known in the mapping to which `loc` leads; none for a mapping of names."""
    kinds: list[object] = [Config]
    for part in loc:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return [
        field.alias or name
        for kind in kinds
        for model in _models(kind)
        for name, field in model.model_fields.items()
    ]


def _follows(detail: ErrorDetails) -> bool:
    """pydantic also calls a list too short when its items are wrong, which is said already."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _finding(detail: ErrorDetails) -> Finding:
    kind = detail["type"]
    loc = tuple(part for part in detail["loc"] if part not in _SKIPPED)
    if kind == "value_error":
        return _misread(detail, loc)
    if kind == "missing":
        name = str(loc[-1])
        return Finding(loc, "is missing", _MISSING_HINTS.get(name, ""), absent=True)
    if kind == "extra_forbidden":
        known = keys_at(loc[:-1])
        hint = f"keys: {', '.join(known)}" if known else ""
        name = str(loc[-1])
        message = f"the key {quoted(name)} is not known here"
        return Finding(loc, message, hint, at_key=True, word=name, known=known)
    if kind == "literal_error":
        return _no_choice(detail, loc)
    message, hint = _WORDING.get(kind, _other)(detail)
    return Finding(loc, message, hint, at_key=detail["loc"][-1:] == (_KEY,))


def _misread(detail: ErrorDetails, loc: Loc) -> Finding:
    error = detail.get("ctx", {}).get("error")
    hint = error.hint if isinstance(error, Misread) else ""
    return Finding(loc, str(error), hint, conceal=isinstance(error, PlainSecret))


def _no_choice(detail: ErrorDetails, loc: Loc) -> Finding:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    choices = re.findall(r"'([^']*)'", expected) or [expected]
    written = detail["input"]
    word = written if isinstance(written, str) else ""
    message = f"{quoted(written)} is not one of: {', '.join(choices)}"
    # Of a choice between a word and a mapping, the mapping is what is mostly forgotten.
    hint = "write { trunk: NAME } or { zone: NAME }" if detail["loc"][-1] == WORD else ""
    return Finding(loc, message, hint, word=word, known=choices)


def _no_name(detail: ErrorDetails) -> tuple[str, str]:
    written = str(detail["input"])
    if detail.get("ctx", {}).get("pattern") != NAME_PATTERN:
        return f"{quoted(written)} holds a character that is not allowed here", ""
    better = re.sub(r"[^a-z0-9]+", "-", written.lower()).strip("-")
    hint = f"write {quoted(better)}" if better else ""
    return f"{quoted(written)} is not a name: small letters, digits and hyphens", hint


def _no_text(detail: ErrorDetails) -> tuple[str, str]:
    written = detail["input"]
    hint = f'write "{written}"' if isinstance(written, int | float) else ""
    return f"expected text, not {_form(written)}", hint.lower()


def _no_whole_number(detail: ErrorDetails) -> tuple[str, str]:
    written = detail["input"]
    digits = isinstance(written, str) and written.isdecimal()
    return f"expected a whole number, not {_form(written)}", "no quotes" if digits else ""


def _expected(what: str) -> Callable[[ErrorDetails], tuple[str, str]]:
    return lambda detail: (f"expected {what}, not {_form(detail['input'])}", "")


def _other(detail: ErrorDetails) -> tuple[str, str]:
    return detail["msg"].replace("Input should be", "must be"), ""


_WORDING: dict[str, Callable[[ErrorDetails], tuple[str, str]]] = {
    "string_pattern_mismatch": _no_name,
    "string_type": _no_text,
    "int_type": _no_whole_number,
    "model_type": _expected("a mapping"),
    "dict_type": _expected("a mapping"),
    "tuple_type": _expected("a list"),
    "too_short": lambda _: ("is empty: at least one entry is needed", ""),
}


def _form(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return quoted(value).lower()
    return f"the number {quoted(value)}" if isinstance(value, int | float) else quoted(value)


def _step(kind: object, part: str | int) -> list[object]:
    """The annotations one step further in, seen from this one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is dict:
        return [arguments[1]]
    if origin is tuple:
        return [arguments[0]]
    if arguments:
        return [inner for argument in arguments for inner in _step(argument, part)]
    return [
        field.annotation
        for model in _models(kind)
        for name, field in model.model_fields.items()
        if (field.alias or name) == part
    ]


def _models(kind: object) -> list[type[BaseModel]]:
    """The sections that may stand here: of `Latching | None` one, of a mapping of names none."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    if get_origin(kind) in (dict, tuple):
        return []
    return [model for argument in get_args(kind) for model in _models(argument)]
