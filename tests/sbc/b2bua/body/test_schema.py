"""An allow-list of XML (Z6): what has no rule stays behind with all that is in it."""

from sbc.b2bua.body.schema import Rule, Schema, leaf, named
from sbc.b2bua.body.values import Translation, number, one_of

S = Schema(
    ("u", "a"),
    Rule(
        {"k": number}, {**named("u", b=leaf(number), c_d=Rule(children=named("u", b=leaf(number))))}
    ),
)
AS_IS = Translation()


def rebuilt(text: str) -> str | None:
    made = S.rebuild(text.encode(), AS_IS)
    return None if made is None else made.decode().partition("\r\n")[2]


def test_what_has_a_rule_is_rebuilt_by_it() -> None:
    text = '<p:a xmlns:p="u" k="1"><p:b> 2 </p:b><p:c-d><p:b>3</p:b></p:c-d></p:a>'
    assert rebuilt(text) == '<a xmlns="u" k="1"><b>2</b><c-d><b>3</b></c-d></a>'


def test_what_has_none_stays_behind_whole() -> None:
    text = '<a xmlns="u" j="1" k="x"><b>x</b><x><b>3</b></x><b xmlns="v">4</b>text</a>'
    assert rebuilt(text) == '<a xmlns="u"/>'


def test_another_document_is_none() -> None:
    assert rebuilt('<b xmlns="u"/>') is None
    assert rebuilt('<a xmlns="v"/>') is None
    assert rebuilt("<a") is None


def test_an_element_may_be_there_for_itself() -> None:
    schema = Schema(("", "a"), Rule(children=named("", b=Rule({"k": one_of("x")}))))
    made = schema.rebuild(b"<a><b k='y'>z</b></a>", AS_IS) or b""
    assert made.endswith(b"<a><b/></a>")
