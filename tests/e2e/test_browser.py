"""A real browser: Chromium with JsSIP or SIP.js registers at the border over secure WebSocket, and
talks to a plain SIP phone and to another browser (I1, I7, I8).

Skipped, by name, where Chromium or the packages of tools/node_packages.sh are missing.
"""

import hashlib
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border
from tests.e2e.support.browser import Browser, Page, require_browser
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.media import talk
from tests.e2e.support.phone import KEYS, Dialog, Phone
from tests.e2e.support.waiting import eventually
from tests.support.authority import Authority, Pair

PORT = 8443
LIBRARIES = ("JsSIP", "SIP.js")
UP_WITHIN_MS = 500.0
"""From the answer to the first packet of the browser (I1)."""
LOADING = 1.0
"""Seconds that a page and its script take by themselves."""


@dataclass
class Place:
    border: Border
    browser: Browser
    phone: Phone
    server: str
    lan: str
    """Where the phone finds the border."""

    def page(self, library: str, user: str) -> Page:
        return self.browser.page(user).begin(library, user, self.server)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Authority(tmp_path_factory.mktemp("edge")).pair("edge", "border.example.com")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[Browser]:
    """It takes the key of this pair for good, under any name."""
    require_browser()
    browser = Browser(tmp_path_factory.mktemp("browser") / "browser.log", spki(pair))
    yield browser
    browser.close()


@pytest.fixture
def place(
    monkeypatch: pytest.MonkeyPatch,
    browser: Browser,
    pair: Pair,
    lo: Loopback,
    start_border: StartBorder,
    callee: Phone,
    ending: ExitStack,
) -> Place:
    monkeypatch.setenv("ANNA", "pw")
    ending.callback(browser.close_pages)
    border = start_border(with_browsers(lo, pair, browser.origin))
    return Place(border, browser, callee, f"wss://{lo.wan}:{PORT}/sip", lo.lan)


def with_browsers(lo: Loopback, pair: Pair, origin: str) -> dict[str, Any]:
    config: dict[str, Any] = on_loopback(lo)
    config["certificates"] = {"edge": {"chain": str(pair.chain), "key": str(pair.key)}}
    listener = {"transport": "wss", "port": PORT, "certificate": "edge", "path": "/sip"}
    config["interfaces"]["wan"]["sip"].append({**listener, "origins": [origin]})
    config["access"] = {
        "browsers": {
            "zone": "outside",
            "domains": ["example.com"],
            "auth": {"users": {"anna": "${ENV:ANNA}", "berta": "${ENV:ANNA}"}},
            "ice": "offer",
            "srtp": {"mode": "required", "keying": ["dtls"]},
        }
    }
    config["routes"] = [
        {
            "name": "to-browsers",
            "from": "any",
            "match": {"registered": "browsers"},
            "to": ["browsers"],
        },
        {"name": "to-phones", "from": {"access": "browsers"}, "to": ["pbx"]},
    ]
    return config


def spki(pair: Pair) -> str:
    certificate = x509.load_pem_x509_certificate(pair.chain.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(hashlib.sha256(key).digest()).decode()


def the_dialog(phone: Phone) -> Dialog:
    def only() -> Dialog | None:
        live = [each for each in phone.dialogs.values() if not each.over and each.acknowledged]
        return live[0] if live else None

    return eventually("a call at the phone", only, 10)


def speaking(phone: Phone, dialog: Dialog, until: Callable[[], bool], within: float = 10.0) -> None:
    """The phone sends and hears, until something has happened."""

    def happened() -> bool:
        talk([(phone.media, dialog.far_media)], 0.1)
        return until()

    eventually("sound both ways", happened, within, look=0.0)


def both_hear(page: Page, phone: Phone, dialog: Dialog, packets: int = 40) -> None:
    """So many packets more, from now on."""
    browser_had, phone_had = page.heard()["audio"]["packets"], len(phone.media.heard)

    def enough() -> bool:
        more = page.heard()["audio"]["packets"] - browser_had
        return more >= packets and len(phone.media.heard) - phone_had >= packets

    speaking(phone, dialog, enough)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_browser_calls_a_plain_phone_holds_and_resumes(place: Place, library: str) -> None:
    page = place.page(library, "anna")
    page.do("call", "sip:100@example.com")
    page.wait_for("confirmed")
    dialog = the_dialog(place.phone)
    both_hear(page, place.phone, dialog)

    page.do("hold")
    eventually("the hold at the phone", lambda: "a=sendonly" in place.phone.last("INVITE"))
    page.wait_for("hold")
    page.do("resume")
    eventually("the end of the hold", lambda: "a=sendrecv" in place.phone.last("INVITE"))
    both_hear(page, place.phone, dialog)
    (live,) = place.border.calls()
    page.do("hangUp")
    eventually("the BYE at the phone", lambda: dialog.over)

    for text in (request.whole for request in place.phone.received):
        assert not any(mark in text for mark in ("ice-", "candidate", "fingerprint", "SAVPF"))
    media = place.border.record()["media"][0]
    assert (live["media"][0]["a"]["ice"], live["media"][0]["b"]["ice"]) == ("connected", None)
    assert media["a"]["srtp"] is not None
    assert media["a"]["total"]["lost"] == 0
    assert media["a"]["first_packet_ms"] < UP_WITHIN_MS


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_plain_phone_calls_a_browser(place: Place, library: str) -> None:
    page = place.page(library, "anna")
    final: list[Dialog] = []
    caller = threading.Thread(
        target=lambda: final.append(place.phone.call((place.lan, 5060), "anna"))
    )
    caller.start()
    page.wait_for("ringing")
    page.do("answer")
    caller.join(10)
    (dialog,) = final
    both_hear(page, place.phone, dialog)
    place.phone.hang_up(dialog)
    page.wait_for("ended")

    media = place.border.record()["media"][0]
    assert media["b"]["ice"] == "connected"
    assert media["b"]["first_packet_ms"] < UP_WITHIN_MS


@pytest.mark.parametrize("library", LIBRARIES)
def test_keys_that_a_browser_presses_reach_the_phone_each_once(place: Place, library: str) -> None:
    place.phone.has_keys = True
    page = place.page(library, "anna")
    page.do("call", "sip:100@example.com")
    page.wait_for("confirmed")
    dialog = the_dialog(place.phone)
    both_hear(page, place.phone, dialog)

    page.do("dtmf", "159#")

    speaking(place.phone, dialog, lambda: len(keys_of(place.phone)) >= 4)
    assert keys_of(place.phone) == [1, 5, 9, 11]


def keys_of(phone: Phone) -> list[int]:
    """Events that have ended, by their payload (RFC 4733 §2.3); each ends in three packets."""
    ended: list[int] = []
    last: tuple[int, ...] = ()
    for heard in phone.media.heard:
        if heard.payload_type == KEYS and len(heard.payload) >= 4:
            ends, this = heard.payload[1] & 0x80, (heard.payload[0], heard.timestamp)
            if ends and this != last:
                ended.append(heard.payload[0])
                last = this
    return ended


def test_two_browsers_hear_and_see_each_other(place: Place) -> None:
    anna, berta = place.page("JsSIP", "anna"), place.page("JsSIP", "berta")
    anna.do("call", "sip:berta@example.com", True)
    berta.wait_for("ringing")
    berta.do("answer", True)
    for page in (anna, berta):
        page.wait_for("confirmed")

    for page in (anna, berta):
        page.hears()
        eventually("pictures", partial(sees, page), 15, look=0.2)
    anna.do("hangUp")
    berta.wait_for("ended")

    record = place.border.record()
    for media in record["media"]:
        for side in "ab":
            assert media[side]["ice"] == "connected" or media[side]["ice"] is None
    assert record["media"][0]["a"]["first_packet_ms"] < UP_WITHIN_MS


def sees(page: Page) -> bool:
    frames: int = page.heard()["video"]["frames"]
    return frames > 20


def test_sip_js_calls_jssip(place: Place) -> None:
    anna, berta = place.page("SIP.js", "anna"), place.page("JsSIP", "berta")
    anna.do("call", "sip:berta@example.com")
    berta.wait_for("ringing")
    berta.do("answer", False)
    anna.wait_for("confirmed")

    for page in (anna, berta):
        page.hears()


def test_an_ice_restart_keeps_the_call(place: Place) -> None:
    page = place.page("JsSIP", "anna")
    page.do("call", "sip:100@example.com")
    page.wait_for("confirmed")
    dialog = the_dialog(place.phone)
    both_hear(page, place.phone, dialog)
    before = fragments(page)

    page.do("restart")
    both_hear(page, place.phone, dialog)

    after = fragments(page)
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert page.heard()["ice"] in {"connected", "completed"}


def fragments(page: Page) -> tuple[str, ...]:
    """The user names of ICE in its description and in ours."""
    texts = (page.do("description", which) for which in ("local", "remote"))
    return tuple(line for text in texts for line in text.split("\r\n") if "ice-ufrag" in line)


def test_a_page_that_is_loaded_again_registers_and_is_called(place: Place) -> None:
    page = place.page("JsSIP", "anna")
    began = time.monotonic()
    page.do("reload")
    page.begin("JsSIP", "anna", place.server)
    assert time.monotonic() - began < 1.0 + LOADING

    berta = place.page("JsSIP", "berta")
    berta.do("call", "sip:anna@example.com")
    page.wait_for("ringing")
    page.do("answer", False)
    berta.wait_for("confirmed")
    berta.hears()
