"""The JSON Schema of the configuration file, for editors: to complete and to check while typing."""

from typing import Any

from config.model import Config
from config.units import written_duration, written_share, written_size


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of the file as it is written: with units, without nulls."""
    made = Config.model_json_schema()
    tidy = _tidy(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tidy, "title": "sbc.yaml"}


def _tidy(part: Any) -> Any:
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _tidy(value) for key, value in part.items() if not _is_noise(key, value)}
    return _with_written_default(_without_null(kept))


def _is_noise(key: str, value: object) -> bool:
    """pydantic's own words for limits on a number, which here is written as text; and nulls."""
    return key in ("ge", "gt") or (key == "default" and value is None)


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """`X | None` stands for a key that may be left out; the word null is refused by the reader."""
    choices = [choice for choice in part.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) != 1:
        return {**part, "anyOf": choices} if choices else part
    rest = {key: value for key, value in part.items() if key != "anyOf"}
    return {**choices[0], **rest}


def _with_written_default(part: dict[str, Any]) -> dict[str, Any]:
    default, pattern = part.get("default"), part.get("pattern", "")
    if isinstance(default, dict):
        # The default of a whole section says nothing that the defaults of its keys do not.
        return {key: value for key, value in part.items() if key != "default"}
    if isinstance(default, bool) or not isinstance(default, int | float) or not pattern:
        return part
    return {**part, "default": _written(default, pattern)}


def _written(default: float, pattern: str) -> str:
    if "KiB" in pattern:
        return written_size(int(default))
    return written_share(default) if "%" in pattern else written_duration(default)
