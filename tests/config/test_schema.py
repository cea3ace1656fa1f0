import re
from typing import Any

import pytest

from config.schema import schema


def section(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema()["$defs"][name]["properties"]
    return found


def test_the_schema_says_what_it_is() -> None:
    made = schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (made["title"], made["additionalProperties"]) == ("sbc.yaml", False)
    assert made["required"] == ["version", "interfaces", "zones", "trunks", "routes"]


def test_a_duration_is_text_with_a_unit_and_so_is_its_default() -> None:
    found = section("MediaPorts")["quarantine"]
    assert (found["type"], found["default"]) == ("string", "32s")
    assert re.search(found["pattern"], "20ms")
    assert not re.search(found["pattern"], "20")
    assert "ge" not in found


def test_a_size_is_text_with_a_unit_and_so_is_its_default() -> None:
    limits = section("MessageLimits")
    assert [limits[key]["default"] for key in ("bytes", "header_bytes")] == ["65535B", "8KiB"]
    assert re.search(limits["bytes"]["pattern"], "16KiB")
    assert limits["headers"]["default"] == 160


def test_a_key_that_may_be_left_out_may_not_be_null() -> None:
    assert "null" not in repr(schema())
    assert section("Zone")["latching"]["$ref"] == "#/$defs/Latching"
    assert len(section("Interface")["advertise"]["anyOf"]) == 2


def test_the_names_are_those_of_the_file() -> None:
    assert "from" in section("Route")
    assert "from_" not in section("Route")


def test_a_field_s_own_words_are_its_description() -> None:
    assert section("Endpoint")["uri"]["description"] == "A SIP URI with an IP address as its host."


@pytest.mark.parametrize("name", ["node", "cdr", "monitoring"])
def test_a_section_that_may_be_left_out_shows_only_the_defaults_of_its_keys(name: str) -> None:
    assert "default" not in schema()["properties"][name]


def test_a_share_is_text_in_per_cent_and_so_is_its_default() -> None:
    found = section("Verdicts")["loss"]
    assert (found["type"], found["default"]) == ("string", "3%")
    assert re.search(found["pattern"], "0.5%")
    assert not re.search(found["pattern"], "0.03")
