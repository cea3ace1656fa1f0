"""Keys in INFO requests, as they are written in the field."""

import pytest

from sbc.b2bua.keys import Pressed, read
from sbc.sip.message import Request, build_request

RELAY, BARE = "application/dtmf-relay", "application/dtmf"


def info(body: str, kind: str = RELAY, method: str = "INFO") -> Request:
    return build_request(method, "sip:a@b.example", (), body.encode(), kind)


@pytest.mark.parametrize(
    ("body", "key", "milliseconds"),
    [
        ("Signal=5\r\nDuration=160\r\n", "5", 160),
        ("Signal= 5\nDuration= 160", "5", 160),
        ("signal=*\r\nduration=80", "*", 80),
        ("Duration=80\r\nSignal=#\r\n", "#", 80),
        ("Signal=d\r\n", "D", 250),
        ("Signal=10\r\nDuration=90", "*", 90),
        ("Signal=11\r\nDuration=90", "#", 90),
    ],
)
def test_a_relayed_key_is_read(body: str, key: str, milliseconds: int) -> None:
    assert read(info(body)) == Pressed(key, milliseconds)


@pytest.mark.parametrize(("body", "key"), [("7", "7"), ("#\r\n", "#"), ("10", "*"), (" a ", "A")])
def test_a_bare_key_is_read(body: str, key: str) -> None:
    assert read(info(body, BARE)) == Pressed(key, 250)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Signal=\r\n", RELAY),
        ("Signal=55\r\n", RELAY),
        ("Signal=!\r\n", RELAY),
        ("Duration=160\r\n", RELAY),
        ("Signal=x", RELAY),
        ("", BARE),
        ("55", BARE),
        ("5", "text/plain"),
        ("Signal=5", "application/media_control+xml"),
    ],
)
def test_anything_else_is_no_key(body: str, kind: str) -> None:
    assert read(info(body, kind)) is None


def test_only_info_carries_keys() -> None:
    assert read(info("5", BARE, method="MESSAGE")) is None
