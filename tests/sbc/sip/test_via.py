"""RFC 3261 §20.42 and §18.2.1; RFC 3581."""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.via import Via


def test_every_part_is_read() -> None:
    via = Via.parse("SIP/2.0/udp 192.0.2.1:5070;branch=z9hG4bK1;RPORT;received=192.0.2.9")
    assert (via.transport, via.host, via.port) == ("UDP", "192.0.2.1", 5070)
    assert (via.branch, via.received, via.rport, via.asks_rport) == (
        "z9hG4bK1",
        "192.0.2.9",
        None,
        True,
    )


def test_the_protocol_has_no_case() -> None:
    assert Via.parse("sip/2.0/tcp\thost") == Via("TCP", "host")


def test_white_space_may_stand_around_the_slashes() -> None:
    via = Via.parse("SIP  / 2.0  / TCP     spindle.example.com   ; branch  =   z9hG4bK9ikj8")
    assert (via.transport, via.host, via.branch) == ("TCP", "spindle.example.com", "z9hG4bK9ikj8")


@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP host",
        "SIP/2.0/TLS host:5061;branch=z9hG4bK1",
        "SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
        "SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255];branch=z9hG4bK1",
        "SIP/2.0/UDP host;branch=" + "b" * 300,
    ],
)
def test_a_via_is_written_as_it_was_read(text: str) -> None:
    assert str(Via.parse(text)) == text


@pytest.mark.parametrize("address", ["2001:db8::9:255", "[2001:db8::9:255]"])
def test_received_may_have_brackets(address: str) -> None:
    assert Via.parse(f"SIP/2.0/UDP [::1];received={address}").received == "2001:db8::9:255"


@pytest.mark.parametrize(
    ("param", "rport"),
    [("rport=5062", 5062), ("rport=x", None), ("rport=123456", None), ("a", None)],
)
def test_rport_is_a_port_or_nothing(param: str, rport: int | None) -> None:
    assert Via.parse(f"SIP/2.0/UDP h;{param}").rport == rport


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 host",
        "SIP/7.0/UDP host",
        "HTTP/2.0/UDP host",
        "SIP/2.0/U@P host",
        "SIP/2.0/UDP host;;",
        "SIP/2.0/UDP host;branch=1;branch=2",
        "SIP/2.0/UDP host:x",
        "host;a/b/c d",
        "SIP/2.0/UDP a b",
        "\u017fip/2.0/UDP host",
        "SIP/2.0/\u017fctp host",
        "SIP/2.0/UDP\xa0host",
        "SIP/2.0/UDP host\xa0;branch=1",
    ],
)
def test_a_malformed_via_is_refused(text: str) -> None:
    with pytest.raises(BadMessage) as caught:
        Via.parse(text)
    assert caught.value.status == 400


def test_a_source_that_agrees_leaves_the_via_alone() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
    assert via.with_source("192.0.2.1", 5060) is via


def test_a_source_that_differs_is_noted_as_received() -> None:
    via = Via.parse("SIP/2.0/UDP host.example.com:5070;branch=z9hG4bK1")
    noted = via.with_source("192.0.2.1", 33000)
    assert str(noted) == "SIP/2.0/UDP host.example.com:5070;branch=z9hG4bK1;received=192.0.2.1"


def test_rport_is_filled_when_asked_and_received_with_it() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1")
    noted = via.with_source("192.0.2.1", 33000)
    assert (noted.received, noted.rport, noted.branch) == ("192.0.2.1", 33000, "z9hG4bK1")


def test_rport_can_be_forced() -> None:
    via = Via.parse("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")
    noted = via.with_source("192.0.2.1", 33000, always=True)
    assert (noted.received, noted.rport) == ("192.0.2.1", 33000)


@pytest.mark.parametrize("forged", ["received=203.0.113.9", "rport=9;received=203.0.113.9"])
def test_what_the_sender_claims_about_the_source_is_not_believed(forged: str) -> None:
    noted = Via.parse(f"SIP/2.0/UDP 192.0.2.1;{forged}").with_source("192.0.2.1", 33000)
    assert noted.received != "203.0.113.9"
    assert noted.rport != 9
