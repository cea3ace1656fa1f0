import pickle

import pytest

from config.problems import (
    EXCERPT,
    MOST_QUOTED,
    ConfigError,
    Finding,
    Loc,
    Place,
    Problem,
    did_you_mean,
    excerpt,
    path_of,
    placed,
    quoted,
)

PROBLEM = Problem("sbc.yaml", 3, 7, "zones.in.trust", "is missing", "trusted or untrusted")


def test_a_problem_reads_as_place_message_source_and_hint() -> None:
    problem = Problem("f.yaml", 3, 7, "node.nmae", "not known", "did you mean?", source="nmae: x")
    assert str(problem).split("\n") == [
        "f.yaml:3:7: node.nmae: not known",
        "    nmae: x",
        "    hint: did you mean?",
    ]


def test_a_finding_gets_its_place_its_line_and_what_was_meant() -> None:
    finding = Finding(("a", "prot"), "not known", "keys: port", word="prot", known=["port"])
    problem = placed(finding, "f.yaml", Place(2, 3), "  prot: 1")
    assert problem == Problem(
        "f.yaml", 2, 3, "a.prot", "not known", "did you mean `port`?", source="prot: 1"
    )


def test_without_anything_near_the_own_hint_stays() -> None:
    finding = Finding(("a", "zzz"), "not known", "keys: port", word="zzz", known=["port"])
    assert placed(finding, "f.yaml", Place(1, 1), "").hint == "keys: port"


def test_the_line_of_a_secret_is_not_shown() -> None:
    finding = Finding(("a",), "a secret must not stand in the file", conceal=True)
    problem = placed(finding, "f.yaml", Place(1, 4), "a: swordfish")
    assert "swordfish" not in f"{problem} {problem!r}"


def test_a_problem_without_path_source_and_hint_is_one_line() -> None:
    assert str(Problem("f.yaml", 1, 1, "", "the file is empty")) == "f.yaml:1:1: the file is empty"


def test_a_warning_says_that_it_is_one() -> None:
    problem = Problem("f.yaml", 1, 2, "routes[0]", "odd", severity="warning")
    assert str(problem) == "f.yaml:1:2: warning: routes[0]: odd"


def test_an_error_tells_all_problems_and_how_many_more_there_are() -> None:
    error = ConfigError([PROBLEM, PROBLEM], omitted=7)
    assert str(error) == f"{PROBLEM}\n{PROBLEM}\n… and 7 more"


def test_an_error_without_more_says_nothing_of_more() -> None:
    assert str(ConfigError([PROBLEM])) == str(PROBLEM)


def test_an_error_survives_the_way_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(ConfigError([PROBLEM], 2)))
    assert (again.problems, again.omitted) == ((PROBLEM,), 2)


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ((), ""),
        (("trunks", "carrier", "endpoints", 0, "uri"), "trunks.carrier.endpoints[0].uri"),
        ((0, "a"), "[0].a"),
        (("a", "", "b"), "a.b"),
        (("a\x1b[2J",), "a\\x1b[2J"),
    ],
)
def test_a_path_is_written_as_an_operator_says_it(loc: Loc, path: str) -> None:
    assert path_of(loc) == path


def test_what_is_quoted_is_cut_and_cannot_drive_the_terminal() -> None:
    assert quoted("\x1b[31m") == "`\\x1b[31m`"
    assert quoted("x" * 100) == "`" + "x" * MOST_QUOTED + "…`"
    assert quoted(5) == "`5`"


def test_a_short_line_is_shown_without_its_indentation() -> None:
    assert excerpt("    port: 1", 5) == "port: 1"


def test_of_a_long_line_the_piece_around_the_column_is_shown() -> None:
    line = "a" * 500 + "HERE" + "b" * 500
    piece = excerpt(line, 501)
    assert "HERE" in piece
    assert (piece[0], piece[-1]) == ("…", "…")
    assert len(piece) == EXCERPT + 2
    assert excerpt(line, 1) == "a" * EXCERPT + "…"
    assert excerpt(line, 1005).endswith("b")


def test_a_misspelling_finds_what_was_meant() -> None:
    assert did_you_mean("tranport", ["port", "transport"]) == "did you mean `transport`?"
    assert did_you_mean("TRANSPORT", ["transport"]) == "did you mean `transport`?"
    assert did_you_mean("zebra", ["port", "transport"]) == ""
