"""What the tests here need of the machine: what is missing is named, and in CI it is a failure."""

import os
import shutil

import pytest

_SYSTEM_PATHS = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")
ROOT = "root"
"""Not a tool: the right to make network namespaces."""


def nothing_may_be_skipped() -> bool:
    return os.environ.get("CI") == "true" or os.environ.get("SBC_NO_SKIP") == "1"


def require(*needs: str) -> None:
    """Skip the test that asks, or fail it, unless each tool is there (`root`: unless we are it)."""
    missing = [need for need in needs if not _there(need)]
    if not missing:
        return
    text = f"NOT RUN, this machine lacks: {', '.join(missing)} (see tools/debian_packages.sh)"
    if nothing_may_be_skipped():
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def path_of(tool: str) -> str:
    """Raises FileNotFoundError."""
    found = shutil.which(tool, path=os.pathsep.join(_SYSTEM_PATHS))
    if found is None:
        raise FileNotFoundError(tool)
    return found


def _there(need: str) -> bool:
    if need == ROOT:
        return os.geteuid() == 0
    return shutil.which(need, path=os.pathsep.join(_SYSTEM_PATHS)) is not None
