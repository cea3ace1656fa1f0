from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from config.problems import Loc
from config.secrets import Secret
from config.validation import complaints, keys_at, validate
from tests.config.samples import data


def test_a_right_file_becomes_a_configuration() -> None:
    config, findings = validate(data())
    assert findings == []
    assert config is not None
    assert config.interfaces["wan"].media.ports == (20_000, 20_999)


@pytest.mark.parametrize(
    ("loc", "value", "message", "hint"),
    [
        (("version",), 2, "`2` is not one of: 1", ""),
        (("version",), None, "is missing", "begin with `version: 1`"),
        (("zones", "outside", "trust"), None, "is missing", "trusted or untrusted"),
        (("node", "user_agent"), 12, "expected text, not the number `12`", 'write "12"'),
        (("node", "user_agent"), True, "expected text, not `true`", 'write "true"'),
        (("node", "user_agent"), [], "expected text, not a list", ""),
        (("node", "user_agent"), "a\r\nb", "`a\\r\\nb` holds a character", ""),
        (("node", "name"), "My Node", "`My Node` is not a name", "write `my-node`"),
        (("node", "name"), "!", "`!` is not a name", ""),
        (("node", "name"), "a" * 65, "String should have at most 64 characters", ""),
        (("node",), "x", "expected a mapping, not `x`", ""),
        (("zones",), [], "expected a mapping, not a list", ""),
        (("routes",), {}, "expected a list, not a mapping", ""),
        (("routes",), [], "is empty: at least one entry is needed", ""),
        (("zones",), {}, "is empty: at least one entry is needed", ""),
        (("interfaces", "wan", "bind"), "x.example", "`x.example` is not an IP", "names are not"),
        (("interfaces", "wan", "sip", 0, "port"), "5060", "expected a whole number", "no quotes"),
        (("interfaces", "wan", "sip", 0, "port"), "x", "expected a whole number, not `x`", ""),
        (("interfaces", "wan", "sip", 0, "port"), True, "expected a whole number, not `true`", ""),
        (("interfaces", "wan", "sip", 0, "port"), 0, "must be greater than or equal to 1", ""),
        (("interfaces", "wan", "media", "quarantine"), 30, "the duration `30` has", "write 30s"),
        (("routes", 0, "from"), "pbx", "`pbx` is not one of: any", "write { trunk: NAME }"),
        (("routes", 0, "from"), 5, "expected { trunk: NAME } (or access, or zone), or any", ""),
        (
            ("routes", 0, "from"),
            ["any"],
            "expected { trunk: NAME } (or access, or zone), or any",
            "",
        ),
        (("routes", 0, "match"), {"to": 112}, "expected a regular expression or a list", ""),
    ],
)
def test_a_mistake_is_told_in_the_operator_s_words(
    loc: Loc, value: Any, message: str, hint: str
) -> None:
    config, findings = validate(data({loc: value}))
    assert config is None
    assert len(findings) == 1
    assert findings[0].loc[: len(loc)] == loc
    assert findings[0].message.startswith(message)
    assert findings[0].hint.startswith(hint)


def test_a_list_whose_item_is_wrong_is_not_called_empty_too() -> None:
    findings = validate(data({("routes",): [{"name": "a", "from": "any", "to": [112]}]}))[1]
    assert [finding.loc for finding in findings] == [("routes", 0, "to", 0)]


def test_a_union_complains_of_the_branch_that_was_meant() -> None:
    findings = validate(data({("routes", 0, "from"): {"trnk": "pbx"}}))[1]
    assert [(f.loc, f.word, f.known, f.at_key) for f in findings] == [
        (("routes", 0, "from", "trnk"), "trnk", ["zone", "trunk", "access"], True)
    ]


def test_an_unknown_key_comes_with_the_known_ones() -> None:
    (finding,) = validate(data({("trunks", "pbx", "limts"): {}}))[1]
    assert finding.message == "the key `limts` is not known here"
    assert finding.hint.startswith("keys: zone, endpoints, identify")
    assert (finding.word, "limits" in finding.known) == ("limts", True)


def test_a_wrong_choice_comes_with_the_choices() -> None:
    (finding,) = validate(data({("interfaces", "wan", "sip", 0, "transport"): "upd"}))[1]
    assert (finding.word, list(finding.known)) == ("upd", ["udp", "tcp", "tls", "ws", "wss"])
    (finding,) = validate(data({("interfaces", "wan", "sip", 0, "transport"): 5}))[1]
    assert (finding.message, finding.word) == ("`5` is not one of: udp, tcp, tls, ws, wss", "")


def test_a_name_that_is_a_key_is_shown_at_the_key() -> None:
    (finding,) = validate(data({("zones", "Out"): {"trust": "trusted"}}))[1]
    assert (finding.loc, finding.at_key, finding.hint) == (("zones", "Out"), True, "write `out`")


@pytest.mark.parametrize(
    ("loc", "keys"),
    [
        ((), ["version", "node", "interfaces"]),
        (("interfaces",), []),
        (("interfaces", "wan"), ["zone", "bind", "advertise"]),
        (("interfaces", "zone"), ["zone", "bind", "advertise"]),
        (("interfaces", "wan", "sip"), []),
        (("interfaces", "wan", "sip", 3), ["transport", "port", "certificate"]),
        (("zones", "x", "latching"), ["mode", "window", "prefix"]),
        (("routes", 0), ["name", "from", "match"]),
        (("routes", 0, "from"), ["zone", "trunk", "access"]),
        (("zones", "x", "latching", "mode"), []),
        (("monitoring", "prometheus"), ["listen"]),
        (("routes", 0, "match", "to"), []),
        (("nothing", "here"), []),
    ],
)
def test_the_keys_that_are_known_in_a_place(loc: Loc, keys: list[str]) -> None:
    assert keys_at(loc)[:3] == keys


def test_a_secret_in_the_file_is_not_to_be_shown() -> None:
    class Account(BaseModel):
        password: Secret

    with pytest.raises(ValidationError) as refused:
        Account.model_validate({"password": "swordfish"})
    (finding,) = complaints(refused.value)
    assert finding.conceal
    assert "swordfish" not in repr(finding)
