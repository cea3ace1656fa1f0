import pytest

from media.ng.message import BadNg, Framed, error, form_of, read, split, write


def test_a_cookie_is_all_before_the_first_space() -> None:
    assert split(b"5_1 d7:commande") == Framed(b"5_1", b"d7:commande")
    assert split(b"c  x") == Framed(b"c", b" x")


@pytest.mark.parametrize("data", [b"", b"d7:command4:pinge", b" d", b"c" * 257 + b" d"])
def test_without_a_cookie_there_is_nobody_to_answer(data: bytes) -> None:
    assert split(data) is None


def test_the_first_byte_decides_the_form() -> None:
    assert read(b"d7:command4:pinge") == read(b'{"command":"ping"}') == {"command": "ping"}
    assert (form_of(b"{"), form_of(b"d"), form_of(b"x")) == ("json", "bencode", "bencode")


@pytest.mark.parametrize("document", [b"", b"l4:pinge", b"ping", b"d", b"{", b"[]", b"i1e"])
def test_anything_else_is_an_error(document: bytes) -> None:
    with pytest.raises(BadNg):
        read(document)


def test_an_error_says_its_reason_and_nothing_else() -> None:
    assert write(error("no"), "json") == b'{"result":"error","error-reason":"no"}'
    assert write(error("no"), "bencode") == b"d6:result5:error12:error-reason2:noe"
