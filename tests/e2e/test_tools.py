"""What is missing is never passed over in silence."""

import pytest

from tests.e2e.support.tools import require

MISSING = "no-such-tool-on-any-machine"


def test_a_missing_tool_skips_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("SBC_NO_SKIP", raising=False)
    with pytest.raises(pytest.skip.Exception, match=MISSING):
        require("sh", MISSING)


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("SBC_NO_SKIP", "1")])
def test_where_nothing_may_be_skipped_it_fails_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(pytest.fail.Exception, match=MISSING):
        require("sh", MISSING)


def test_what_is_there_is_used() -> None:
    require("sh")
