"""The whole way: text in, configuration or every mistake out. The shipped files too."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import config.model
from config.endpoint import parse_endpoint
from config.loader import ConfigError, Problem, load, load_with_warnings, loads, loads_with_warnings
from config.model import Config, Section
from config.problems import MOST_SHOWN
from tests.config.samples import SMALLEST

SHIPPED = Path(config.model.__file__).parent


def problems(body: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as refused:
        loads(body, "sbc.yaml")
    return refused.value.problems


def places(body: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.path) for problem in problems(body)]


def test_the_smallest_file_loads() -> None:
    loaded = loads_with_warnings(SMALLEST)
    assert loaded.warnings == ()
    assert loaded.config.trunks["carrier"].zone == "outside"
    assert loaded.config.zones["outside"].message_limits.bytes == 65_535
    assert loaded.config.interfaces["wan"].media.quarantine == 32.0


@pytest.fixture(autouse=True)
def _secrets_of_the_full_example(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("edge.yaml", "quickstart.yaml"):
        for name in re.findall(r"\$\{ENV:(\w+)\}", (SHIPPED / file).read_text()):
            monkeypatch.setenv(name, "a secret")


@pytest.mark.parametrize("name", ["quickstart.yaml", "edge.yaml"])
def test_a_shipped_file_loads_without_a_warning(name: str) -> None:
    assert load_with_warnings(SHIPPED / name).warnings == ()


def test_the_quickstart_stays_on_this_machine() -> None:
    made = load(SHIPPED / "quickstart.yaml")
    assert all(interface.bind.is_loopback for interface in made.interfaces.values())
    targets = {name: parse_endpoint(t.endpoints[0].uri) for name, t in made.trunks.items()}
    assert {name: target.port for name, target in targets.items()} == {
        "softphone": 5062,
        "desk": 5080,
    }
    assert all(each.address and each.address.is_loopback for each in targets.values())


def test_the_full_example_shows_every_key_that_there_is() -> None:
    shown: dict[str, set[str]] = {}
    for section in sections(load(SHIPPED / "edge.yaml")):
        shown.setdefault(type(section).__name__, set()).update(section.model_fields_set)
    known = {kind.__name__: set(kind.model_fields) for kind in Section.__subclasses__()}
    assert shown == known


def sections(part: object) -> Iterator[BaseModel]:
    if isinstance(part, BaseModel):
        yield part
        part = {name: getattr(part, name) for name in part.model_fields_set}
    for inner in (
        part.values() if isinstance(part, dict) else part if isinstance(part, tuple) else ()
    ):
        yield from sections(inner)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "sbc.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert load(str(path)) == loads(SMALLEST)
    path.write_text("version: 2\n")
    with pytest.raises(ConfigError, match=r"sbc\.yaml:1:10: version: `2` is not one of: 1"):
        load(path)


@pytest.mark.parametrize("name", ["none.yaml", ".", "a\0b"])
def test_what_cannot_be_read_is_a_problem_like_others(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read: ") as refused:
        load(tmp_path / name)
    assert [(p.line, p.column) for p in refused.value.problems] == [(1, 1)]


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load("/dev/zero")


def test_mistakes_of_all_kinds_are_told_at_once_each_with_its_place() -> None:
    body = (
        SMALLEST.replace("port: 5060", "port: 0777", 1)
        .replace("zone: inside, bind", "zone: insid, bind")
        .replace("ports: 20000-20999", "prots: 20000-20999", 1)
        .replace("sip:10.20.0.11", "sip:pbx_example.com")
    )
    assert [(problem.line, problem.path, problem.hint) for problem in problems(body)] == [
        (3, "interfaces.wan.sip[0].port", "no leading zero; put it in quotes if it is text"),
        (3, "interfaces.wan.media.ports", "such as 20000-29999"),
        (3, "interfaces.wan.media.prots", "did you mean `ports`?"),
        (4, "interfaces.lan.zone", "did you mean `inside`?"),
        (10, "trunks.pbx.endpoints[0].uri", "write an address, or a host name"),
    ]


def test_a_problem_shows_its_line() -> None:
    problem = problems(SMALLEST.replace("trust: trusted", "trust: trustd"))[0]
    assert str(problem).split("\n") == [
        "sbc.yaml:7:20: zones.inside.trust: `trustd` is not one of: trusted, untrusted",
        "    inside: { trust: trustd }",
        "    hint: did you mean `trusted`?",
    ]


def test_a_value_that_was_refused_is_not_complained_of_again() -> None:
    assert places(SMALLEST.replace("trust: trusted", "trust: yes")) == [
        (7, 20, "zones.inside.trust")
    ]


def test_a_key_that_was_refused_is_not_missed_too() -> None:
    body = SMALLEST.replace("  inside: { trust: trusted }", "  inside: { on: trusted }")
    assert places(body) == [(7, 13, "zones.inside.on")]


def test_what_is_missing_is_shown_at_the_block_that_lacks_it() -> None:
    body = SMALLEST.replace("  inside: { trust: trusted }", "  inside:\n    media: calm\n")
    assert places(body) == [(7, 3, "zones.inside.trust"), (8, 12, "zones.inside.media")]
    assert places("version: 1\n")[0] == (1, 1, "interfaces")


def test_a_check_behind_an_unreadable_route_still_names_the_right_one() -> None:
    body = SMALLEST.replace("to: [carrier]", "to: carrier") + (
        '  - { name: x, from: { trunk: pbx }, to: [carrier], match: { to: "(" } }\n'
    )
    assert places(body) == [(12, 44, "routes[0].to"), (14, 66, "routes[2].match.to")]


def test_a_dangling_name_does_not_make_other_entries_look_useless() -> None:
    """The interface was meant for `inside`: that this zone now has none need not be said."""
    body = SMALLEST.replace("zone: inside, bind", "zone: insid, bind")
    assert places(body) == [(4, 16, "interfaces.lan.zone")]


def test_when_all_else_is_right_what_is_absent_is_told() -> None:
    assert places(SMALLEST.replace("zones:", "zones:\n  dmz: { trust: trusted }")) == [
        (6, 3, "zones.dmz")
    ]


def test_warnings_come_with_the_configuration() -> None:
    body = SMALLEST.replace("to: [carrier]", "to: [carrier, pbx]")
    (warning,) = loads_with_warnings(body, "sbc.yaml").warnings
    assert str(warning).startswith("sbc.yaml:12:54: warning: routes[0].to[1]: calls")
    assert isinstance(loads(body), Config)


def test_warnings_stand_beside_errors_in_the_order_of_the_file() -> None:
    body = SMALLEST.replace("to: [carrier]", "to: [carrier, pbx]").replace("10.20.0.5", "0.0.0.0")
    assert [problem.severity for problem in problems(body)] == ["error", "warning"]


def test_of_ten_thousand_mistakes_fifty_are_shown_and_the_rest_counted() -> None:
    body = SMALLEST + "".join(
        f"  - {{ name: r{i}, from: any, to: [nobody] }}\n" for i in range(10_000)
    )
    with pytest.raises(ConfigError) as refused:
        loads(body)
    assert len(refused.value.problems) == MOST_SHOWN
    # Each dangles, and all but the first of them are never reached.
    assert refused.value.omitted == 10_000 + 9_999 - MOST_SHOWN
    assert str(refused.value).endswith("… and 19949 more")


def test_errors_are_not_crowded_out_by_warnings() -> None:
    body = SMALLEST.replace("to: [carrier]", "to: [" + "pbx, " * 60 + "nobody]")
    shown = problems(body)
    assert (len(shown), [p.severity for p in shown].count("error")) == (MOST_SHOWN, 1)


@pytest.mark.parametrize(
    "body",
    [
        *["", "# nothing\n", "---\n", "[]", "version", "version: 1", "a: [", "\0", "\t- a\n"],
        *["a: *b\n", '"', "'\n\n", "a: |", "? ", ": ", "&a", "!!x", "%", "...\n"],
        *["- " * 10_000, "{" * 10_000],
    ],
)
def test_what_is_no_configuration_is_refused_with_a_place(body: str) -> None:
    check_places(body)


def check_places(body: str) -> None:
    """It loads, or each of its problems has a place in the file."""
    lines = body.removeprefix("\ufeff").split("\n")
    for problem in attempt(body):
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert str(problem)


def attempt(body: str) -> tuple[Problem, ...]:
    try:
        return loads_with_warnings(body).warnings
    except ConfigError as error:
        return error.problems or (Problem("refused without a reason", 0, 0, "", ""),)


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(body: str) -> None:
    check_places(body)


PIECES = st.one_of(
    st.sampled_from(list("{}[]:,#&*!|>'\"%@`-? \n\t\0~<=")),
    st.sampled_from(
        ["yes", "0777", "22:50", "1_000", "<<: *a", "&a ", "null", "---\n", "!!int ", "1e3", "[]"]
    ),
    st.sampled_from(["trust", "zone: ", "any", "::1", "0.0.0.0", "any: any", "- ", "{}", "(", "é"]),
    st.text(max_size=3),
)
CUTS = st.tuples(st.integers(0, len(SMALLEST)), st.integers(0, 12), PIECES)


@given(st.lists(CUTS, min_size=1, max_size=4))
def test_no_slip_in_a_right_file_raises_anything_else(cuts: list[tuple[int, int, str]]) -> None:
    body = SMALLEST
    for start, length, piece in cuts:
        body = body[:start] + piece + body[start + length :]
    check_places(body)
