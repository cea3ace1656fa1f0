from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from config.problems import Misread
from config.secrets import MOST_BYTES, PlainSecret, Secret, expand

ENVIRONMENT = {"TOKEN": "swordfish", "EMPTY": ""}


class Account(BaseModel):
    password: Secret


def test_a_secret_comes_from_the_environment() -> None:
    assert expand("${ENV:TOKEN}", ENVIRONMENT) == "swordfish"


@pytest.mark.parametrize("content", ["swordfish", "swordfish\n", "swordfish\r\n"])
def test_a_secret_comes_from_a_file_without_its_line_end(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_bytes(content.encode())
    assert expand(f"${{FILE:{tmp_path}/key}}") == "swordfish"


@pytest.mark.parametrize(
    "written",
    ["swordfish", "x${ENV:TOKEN}", "${ENV:TOKEN}x", "${env:TOKEN}", "${ENV:}", "$TOKEN", "", 1234],
)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(written: object) -> None:
    with pytest.raises(PlainSecret) as refused:
        expand(written, ENVIRONMENT)
    assert str(refused.value) == "a secret must not stand in the file"
    assert refused.value.hint == "write ${ENV:NAME} or ${FILE:/path}"


def test_a_secret_that_is_not_there_is_missed() -> None:
    with pytest.raises(Misread, match="variable `NONE` is not set"):
        expand("${ENV:NONE}", ENVIRONMENT)
    with pytest.raises(Misread, match="`EMPTY` is empty"):
        expand("${ENV:EMPTY}", ENVIRONMENT)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "not UTF-8"),
        (b"x" * (MOST_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_is_no_secret_is_refused(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(Misread, match=said):
        expand(f"${{FILE:{tmp_path}/key}}")


def test_a_path_must_say_where_it_begins() -> None:
    with pytest.raises(Misread, match="not absolute"):
        expand("${FILE:key}")


def test_a_field_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("swordfish\n")
    account = Account.model_validate({"password": f"${{FILE:{tmp_path}/key}}"})
    assert account.password.get_secret_value() == "swordfish"
    assert "swordfish" not in f"{account} {account!r} {account.model_dump_json()}"


def test_a_field_refuses_a_plain_secret() -> None:
    with pytest.raises(ValidationError, match="must not stand in the file"):
        Account.model_validate({"password": "swordfish"})
