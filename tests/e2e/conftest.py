"""Fixtures of the end-to-end tests: all that a test starts ends with it, and its logs are shown
when it fails."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.border import Border, Wrap
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback, loopback
from tests.e2e.support.namespaces import Network
from tests.e2e.support.phone import Phone
from tests.e2e.support.tools import ROOT, require

_SHOWN = 2000
"""Characters of the end of each log."""

StartBorder = Callable[..., Border]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    directory = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and call.when == "call" and directory is not None:
        for log in sorted(directory.rglob("*.log")):
            said = log.read_text(errors="replace")[-_SHOWN:]
            report.sections.append((str(log.relative_to(directory)), said))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What could not be run is told by name, also with -q."""
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"SKIPPED {report.nodeid}: {report.longrepr[2]}")


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    """What is pushed here is ended after the test, the last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lo() -> Loopback:
    return loopback()


@pytest.fixture
def start_border(ending: ExitStack, tmp_path: Path) -> StartBorder:
    def start(config: dict[str, Any], wrap: Wrap = list) -> Border:
        border = Border(config, tmp_path / "border", wrap)
        ending.callback(border.close)
        return border.start()

    return start


@pytest.fixture
def border(start_border: StartBorder, lo: Loopback) -> Border:
    """Between one peer outside and one inside, all on addresses of our own."""
    return start_border(on_loopback(lo))


@pytest.fixture
def caller(ending: ExitStack, lo: Loopback) -> Phone:
    """The peer outside."""
    phone = Phone(lo.caller, ssrc=0xA)
    ending.callback(phone.close)
    return phone


@pytest.fixture
def callee(ending: ExitStack, lo: Loopback) -> Phone:
    """The peer inside."""
    phone = Phone(lo.callee, ssrc=0xB)
    ending.callback(phone.close)
    return phone


@pytest.fixture
def network(ending: ExitStack) -> Network:
    """Empty; what is put into it is gone after the test."""
    require(ROOT, "ip", "nft")
    network = Network()
    ending.callback(network.close)
    return network
