import pytest
import yaml

from config.nodes import MOST_DEPTH, MOST_NODES, Node, Tree, follow, parse, plain, without
from config.problems import Loc
from config.text import from_str
from tests.support.hanging import must_not_hang

Loader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]
READERS: tuple[Loader, ...] = (yaml.CSafeLoader, yaml.SafeLoader)

DIRECTIVE = "%YAML 1.1\n---\na: 1\n"
NOTHING = "- \n"


def tree(body: str, loader: Loader = READERS[0]) -> Tree:
    return parse(from_str("f", body), loader)


def root(body: str) -> Node:
    made = tree(body)
    assert (made.findings, made.broken) == ([], False)
    assert made.root is not None
    return made.root


def said(made: Tree) -> list[tuple[int, int, str]]:
    return [(f.place.line, f.place.column, f.message) for f in made.findings if f.place is not None]


@pytest.mark.parametrize("loader", READERS)
def test_a_file_becomes_plain_values(loader: Loader) -> None:
    made = tree("a: 1\nb: [x, 'y', true]\nc:\n  d: {e: 1.5}\n", loader)
    assert made.root is not None
    assert plain(made.root) == {"a": 1, "b": ["x", "y", True], "c": {"d": {"e": 1.5}}}


@pytest.mark.parametrize(
    ("loc", "line", "column"),
    [
        ((), 1, 1),
        (("a",), 1, 4),
        (("b", 0), 3, 5),
        (("b", 1, "c"), 4, 8),
        (("d", "e"), 5, 8),
    ],
)
def test_every_value_knows_its_place(loc: Loc, line: int, column: int) -> None:
    node, rest = follow(root("a: 1\nb:\n  - x\n  - c: 5\nd: {e: f}\n"), loc)
    assert ((node.place.line, node.place.column), rest) == ((line, column), ())
    assert node.loc == loc


def test_a_fault_of_a_block_is_shown_at_its_key_and_of_a_word_at_the_word() -> None:
    made = root("a:\n  b: 1\n")
    block, word = follow(made, ("a",))[0], follow(made, ("a", "b"))[0]
    assert (block.shown.line, block.shown.column) == (1, 1)
    assert (word.shown.line, word.shown.column) == (2, 6)


@pytest.mark.parametrize(
    ("loc", "end", "rest"),
    [
        (("a", "x", "y"), ("a",), ("x", "y")),
        (("b", 7), ("b",), (7,)),
        (("b", -1), ("b",), (-1,)),
        (("b", "0"), ("b",), ("0",)),
        (("a", 0), ("a",), (0,)),
    ],
)
def test_a_way_that_leads_nowhere_ends_at_the_last_node(loc: Loc, end: Loc, rest: Loc) -> None:
    node, left = follow(root("a: 1\nb: [1]\n"), loc)
    assert (node.loc, left) == (end, rest)


def test_a_tree_without_some_entries_keeps_where_the_others_came_from() -> None:
    cut = without(root("a: [x, y, z]\nb: {c: 1, d: 2}\n"), {("a", 0), ("b", "c")})
    assert plain(cut) == {"a": ["y", "z"], "b": {"d": 2}}
    assert follow(cut, ("a", 1))[0].loc == ("a", 2)


@pytest.mark.parametrize("loader", READERS)
@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "the key `a` stands twice"),
        ("{a: 1, 'a': 2}", (1, 8), "the key `a` stands twice"),
        ("a: yes\n", (1, 4), "some readers take `yes` for a boolean"),
        ("On: 1\n", (1, 1), "some readers take `On` for a boolean"),
        ("a: 22:50\n", (1, 4), "some readers take `22:50` for a number in base 60"),
        ("0777: x\n", (1, 1), "some readers take `0777` for an octal number"),
        ("5060: x\n", (1, 1), "the key `5060` is not text"),
        ("true: x\n", (1, 1), "the key `true` is not text"),
        ("a:\nb: 1\n", (1, 1), "`a` has no value"),
        ("a: ~\n", (1, 4), "`~` is no value"),
        (NOTHING, (1, 2), "an entry has no value"),
        ("a: &x 1\n", (1, 4), "the anchor `&x` is refused"),
        ("a: *x\n", (1, 4), "the alias `*x` is refused"),
        ("*x : 1\n", (1, 1), "the alias `*x` is refused"),
        ("&x a: 1\n", (1, 1), "the anchor `&x` is refused"),
        ("a: !!str 1\n", (1, 4), "tags are refused"),
        ("a: ! 1\n", (1, 4), "tags are refused"),
        ("a: !!python/object/apply:os.system [x]\n", (1, 4), "tags are refused"),
        ("? [a, b]\n: 1\nc: 2\n", (1, 3), "a key must be a word"),
        ("? {a: {b: c}}\n: {d: 1}\n", (1, 3), "a key must be a word"),
        ('a: "\\0"\n', (1, 4), "the text holds the invisible character"),
        (DIRECTIVE, (2, 1), "directives are refused"),
        ("# nothing\n", (1, 1), "the file holds only comments"),
    ],
)
def test_a_trap_is_refused_by_name_and_place(
    body: str, place: tuple[int, int], message: str, loader: Loader
) -> None:
    found = said(tree(body, loader))
    assert len(found) == 1
    assert found[0][2].startswith(message)
    if body not in (DIRECTIVE, NOTHING):
        # Where a document starts, and where nothing stands, the two readers do not agree.
        assert found[0][:2] == place


def test_a_merge_key_is_refused_with_its_alias() -> None:
    found = said(tree("a: &b {c: 1}\nd:\n  <<: *b\n"))
    assert [message for _, _, message in found] == [
        "the anchor `&b` is refused",
        "merge keys are refused",
        "the alias `*b` is refused",
    ]


def test_all_traps_are_found_at_once_and_the_rest_is_still_read() -> None:
    made = tree("a: no\nb: 0777\nc: [1_000, on]\nd: 1\nd: 2\n")
    assert len(made.findings) == 5
    assert made.root is not None
    assert plain(made.root) == {"a": "no", "b": "0777", "c": ["1_000", "on"], "d": 1}


def test_a_second_document_is_refused() -> None:
    made = tree("a: 1\n---\nb: 2\n")
    assert said(made) == [(2, 1, "a second document begins")]
    assert made.broken


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("a: b: c\n", "check the indentation"),
        ("a: @x\n", "needs quotes"),
        ("a: *\n", "needs quotes"),
        ('a: "\\d"\n', "written twice"),
        ("a: 'x\n", "a quote is not closed"),
        ("{a: b", "a bracket or a comma is missing"),
        ("listen: [::1]:9100\n", "needs quotes"),
        ("- a\nb: c\n", "check the indentation"),
        ("a:\n  b: 1\n c\n: d: e\n", ""),
    ],
)
def test_what_is_not_yaml_is_told_once_with_a_hint(body: str, hint: str) -> None:
    made = tree(body)
    assert made.broken
    assert made.findings[-1].message.startswith("not YAML: ")
    assert hint in made.findings[-1].hint


def test_what_was_found_before_a_syntax_error_is_kept() -> None:
    assert [f.message[:10] for f in tree("a: yes\nb: [1\n").findings] == [
        "some reade",
        "not YAML: ",
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_before_it_costs_anything(opening: str) -> None:
    made = tree(opening * 100_000)
    assert made.broken
    # By our own count, or by libyaml's, of which newer ones read ahead.
    ours, libyaml = f"nested more than {MOST_DEPTH} deep", "exceeded maximum nesting depth"
    assert any(ours in f.message or libyaml in f.message for f in made.findings)


def test_the_deepest_nesting_that_is_allowed() -> None:
    assert said(tree("[" * MOST_DEPTH + "x" + "]" * MOST_DEPTH)) == []


def test_a_bomb_of_aliases_is_refused_and_never_unfolded() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)
    )
    with must_not_hang():
        made = tree(bomb)
    assert len(made.findings) == 60 + 2 * 59


def test_a_flood_of_values_is_refused() -> None:
    made = tree("[" + "a," * (MOST_NODES + 5) + "]")
    assert [f.message for f in made.findings] == [f"more than {MOST_NODES} values"]
    assert made.broken
