"""Users from a file, a line each."""

import pytest

from sbc.registrar.users import LONGEST_LINE, BadUsers, parse_users

MD5, SHA = "0123456789abcdef" * 2, "0123456789ABCDEF" * 4


def test_a_line_is_a_user_with_a_password_or_with_hashes() -> None:
    text = f"# phones\n\nanna  password=two words  \n\tbert md5={MD5} sha256={SHA}\ncarl md5={MD5}"
    assert parse_users(text) == {
        "anna": "two words",
        "bert": {"MD5": MD5, "SHA-256": SHA.lower()},
        "carl": {"MD5": MD5},
    }
    assert parse_users("") == {}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("anna", "nothing to prove it by"),
        ("anna secret", "expected password="),
        ("anna password=", "an empty password"),
        (f"anna md5={MD5[:-1]}", "expected password="),
        (f"anna md5={MD5[:-1]}x", "expected password="),
        (f"anna sha512={SHA}{SHA}", "expected password="),
        ("a@b password=x", "a name that no address"),
        (f"{'a' * 129} password=x", "a name that no address"),
        (f"anna password={'x' * LONGEST_LINE}", "it is too long"),
        ("one password=x", "the user stands there twice"),
    ],
)
def test_one_bad_line_spoils_the_file_and_no_secret_is_told(line: str, why: str) -> None:
    with pytest.raises(BadUsers, match=f"^line 2: {why}") as told:
        parse_users(f"one password=y\n{line}\n")
    assert "secret" not in str(told.value)


def test_there_is_an_end_to_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbc.registrar.users.MOST_USERS", 2)
    with pytest.raises(BadUsers, match="more than 2 users"):
        parse_users("a password=x\nb password=x\nc password=x")
