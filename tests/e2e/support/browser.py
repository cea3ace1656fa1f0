"""Chromium with phones in its pages, told what to do over the pipes of its driver in node."""

import json
import os
import select
import subprocess
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.e2e.support.tools import nothing_may_be_skipped
from tests.e2e.support.waiting import eventually

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[3]
BUILT = REPOSITORY / "build" / "browser"
"""Made by tools/node_packages.sh."""
DRIVER = REPOSITORY / "tests" / "e2e" / "browser" / "drive.mjs"
NEEDS = (BUILT / "phone.js", BUILT / "node_modules" / "playwright-core", Path("/usr/bin/chromium"))
PATIENCE = 30.0
"""Seconds for one step of a page."""

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    *("--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"),
)


def missing() -> str | None:
    """What this machine lacks, in words for whoever reads that a test was not run."""
    lacking = [str(need) for need in NEEDS if not need.exists()]
    if not lacking:
        return None
    return f"NOT RUN, this machine lacks: {', '.join(lacking)} (see tools/node_packages.sh)"


def require_browser() -> None:
    text = missing()
    if text is not None:
        if nothing_may_be_skipped():
            pytest.fail(text, pytrace=False)
        pytest.skip(text)


class Browser:
    def __init__(self, log: Path, spki: str) -> None:
        """`spki`: the fingerprint of the public key that it takes for good, in base64."""
        flags = (*_FLAGS, f"--ignore-certificate-errors-spki-list={spki}")
        self._log = log.open("ab")
        self._pages: set[str] = set()
        self._process = subprocess.Popen(
            ["node", str(DRIVER), str(BUILT / "node_modules"), str(BUILT / "phone.js"), *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            env=os.environ,
        )
        self.origin: str = self._answer()

    def page(self, name: str) -> "Page":
        self._pages.add(name)
        return Page(self, name)

    def close_pages(self) -> None:
        while self._pages:
            self.do(self._pages.pop(), "close")

    def do(self, page: str, verb: str, *given: Any) -> Any:
        assert self._process.stdin is not None
        line = json.dumps({"page": page, "verb": verb, "given": given})
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, "the browser does not answer"
        line = self._process.stdout.readline()
        assert line, "the browser has ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait(5)
        self._process.stdout.close()
        self._log.close()


class Page:
    """One phone."""

    def __init__(self, browser: Browser, name: str) -> None:
        self._browser = browser
        self.name = name

    def do(self, verb: str, *given: Any) -> Any:
        return self._browser.do(self.name, verb, *given)

    def begin(self, library: str, user: str, server: str, password: str = "pw") -> "Page":
        """Until it is registered."""
        uri = f"sip:{user}@example.com"
        self.do("begin", library, {"uri": uri, "password": password, "server": server})
        self.wait_for("registered")
        return self

    def events(self) -> list[str]:
        found: list[str] = self.do("events")
        return found

    def wait_for(self, event: str, count: int = 1, within: float = 10.0) -> None:
        def happened() -> bool:
            events = self.events()
            failed = [each for each in events if "failed" in each]
            assert not failed, f"{self.name}: {events}"
            return sum(each.startswith(event) for each in events) >= count

        eventually(f"{event} in page {self.name}", happened, within)

    def heard(self) -> dict[str, Any]:
        """What the browser itself counts."""
        found: dict[str, Any] = self.do("heard")
        return found

    def hears(self, packets: int = 50, within: float = 10.0) -> dict[str, Any]:
        """Until so many packets of sound have come since now."""
        before = self.heard()["audio"]["packets"]

        def enough() -> dict[str, Any] | None:
            heard = self.heard()
            return heard if heard["audio"]["packets"] >= before + packets else None

        return eventually(f"sound in page {self.name}", enough, within, look=0.1)
