"""Secrets: written in the file only as where they lie, and never shown.

`${ENV:NAME}` is the environment variable NAME, `${FILE:/path}` the content of a file without the
line end behind it. Only a field of type `Secret` is expanded: anywhere else the same text is just
text, so nothing can be pulled out of the environment into a header or a log line.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from config.problems import Misread, quoted

MOST_BYTES = 64 << 10

_REFERENCE = re.compile(r"\$\{(ENV|FILE):([^{}]+)\}")
_HINT = "write ${ENV:NAME} or ${FILE:/path}"


class PlainSecret(Misread):
    """A secret itself stands in the file: the line must not be shown."""


def expand(written: object, environment: Mapping[str, str] = os.environ) -> str:
    """The secret that a reference names. Raises `Misread`, whose text never holds a secret."""
    found = _REFERENCE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise PlainSecret("a secret must not stand in the file", _HINT)
    kind, name = found[1], found[2]
    value = environment.get(name) if kind == "ENV" else _content(name)
    if value is None:
        raise Misread(f"the environment variable {quoted(name)} is not set")
    if not value:
        raise Misread(f"the secret in {quoted(name)} is empty")
    return value


def _content(name: str) -> str:
    path = Path(name)
    if not path.is_absolute():
        raise Misread(f"the path {quoted(name)} is not absolute", "write ${FILE:/path}")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Misread(f"{quoted(name)} cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise Misread(f"{quoted(name)} is too large for a secret")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Misread(f"{quoted(name)} is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _read(written: object) -> SecretStr:
    return SecretStr(expand(written))


Secret = Annotated[SecretStr, BeforeValidator(_read, json_schema_input_type=str)]
"""The type of a field that holds a secret; `get_secret_value()` is the one way to see it."""
