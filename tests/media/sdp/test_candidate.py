"""Candidates as peers write them: those that we can reach, and no others (RFC 8839)."""

import pytest

from media.control import IceCandidate
from media.sdp.candidate import MOST, candidates, checkable, host_lines, read, usable
from media.sdp.face import IceSaid, Said

PWD = "a-password-of-the-peer/0123456789".replace("-", "x")
HOST = "1 1 udp 2130706431 192.0.2.7 40000 typ host"
DEFAULT = ("192.0.2.7", 40000)


def said(*lines: str, ufrag: str = "Peer", pwd: str = PWD, options: tuple[str, ...] = ()) -> Said:
    return Said(ice=IceSaid(ufrag, pwd, False, options, lines))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (HOST, IceCandidate(1, DEFAULT, 2130706431)),
        (
            "842163049 2 UDP 1677729535 198.51.100.9 61000 typ srflx raddr 192.0.2.7 rport 40000 "
            "generation 0 network-cost 999",
            IceCandidate(2, ("198.51.100.9", 61000), 1677729535),
        ),
        ("a+/ 1 udp 1 2001:DB8::0007 9 typ relay", IceCandidate(1, ("2001:db8::7", 9), 1)),
    ],
)
def test_a_candidate_with_an_address_is_read(value: str, expected: IceCandidate) -> None:
    assert read(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1 1 tcp 2130706431 192.0.2.7 9 typ host tcptype active",
        "1 1 udp 2130706431 b9d3d1fc-1a2b.local 40000 typ host",
        "1 3 udp 2130706431 192.0.2.7 40000 typ host",
        "1 1 udp 2130706431 192.0.2.7 0 typ host",
        "1 1 udp 2130706431 192.0.2.7 65536 typ host",
        "1 1 udp 0 192.0.2.7 40000 typ host",
        "1 1 udp 2147483648 192.0.2.7 40000 typ host",
        "1 1 udp 2130706431 224.0.0.1 40000 typ host",
        "1 1 udp 2130706431 0.0.0.0 40000 typ host",
        "1 1 udp 2130706431 192.0.2.7 40000 typ strange",
        "1 1 udp 2130706431 192.0.2.7 40000",
        "1 1 udp 2130706431 fe80::1%eth0 40000 typ host",
    ],
)
def test_what_cannot_be_reached_or_understood_is_passed_over(value: str) -> None:
    assert read(value) is None


def test_candidates_are_taken_each_once_and_not_without_end() -> None:
    many = tuple(HOST.replace("40000", str(port)) for port in range(1, 1000))
    for lines, expected in (((HOST, HOST), 1), (many, MOST)):
        ice = said(*lines).ice
        assert ice is not None
        assert len(candidates(ice)) == expected


@pytest.mark.parametrize(
    ("ufrag", "pwd"), [("abc", PWD), ("Peer", "short"), ("Pe er", PWD), ("Peer", PWD + "\n")]
)
def test_credentials_that_are_too_short_or_no_ice_chars_are_of_no_use(ufrag: str, pwd: str) -> None:
    assert usable(said(HOST, ufrag=ufrag, pwd=pwd), DEFAULT) is None


def test_a_description_that_somebody_has_changed_on_the_way_is_not_for_ice() -> None:
    assert usable(said(HOST), DEFAULT) is not None
    assert usable(said(HOST), ("203.0.113.9", 40000)) is None


def test_a_peer_that_trickles_or_names_no_address_yet_has_no_default_to_compare() -> None:
    assert usable(said(HOST, options=("trickle",)), ("203.0.113.9", 9)) is not None
    assert usable(said(HOST), None) is not None
    assert usable(said(), ("192.0.2.7", 9)) is not None


def test_our_own_candidates_are_our_two_ports() -> None:
    lines = host_lines("203.0.113.10", 20000, 2)

    assert lines == [
        "a=candidate:1 1 udp 2130706431 203.0.113.10 20000 typ host",
        "a=candidate:1 2 udp 2130706430 203.0.113.10 20001 typ host",
    ]
    assert host_lines("203.0.113.10", 20000, 1) == lines[:1]


def test_from_the_open_internet_nobody_makes_us_knock_at_private_hosts() -> None:
    lines = [
        HOST.replace("192.0.2.7", ip) for ip in ("192.0.2.7", "10.0.0.1", "127.0.0.1", "fd00::1")
    ]
    ice = said(*lines).ice
    assert ice is not None

    assert [each.address[0] for each in checkable(ice, "203.0.113.10")] == ["192.0.2.7"]
    assert [each.address[0] for each in checkable(ice, "10.20.0.5")] == [
        *("192.0.2.7", "10.0.0.1", "127.0.0.1")
    ]
    assert [each.address[0] for each in checkable(ice, "fd00::5")] == ["fd00::1"]
