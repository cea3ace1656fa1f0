"""The search of RFC 3263 §4: which question follows which answer, and what comes of it (S15)."""

from collections import Counter
from random import Random

import pytest

from sbc.location.records import (
    Answer,
    Found,
    Host,
    Naptr,
    Nothing,
    Question,
    Record,
    Srv,
    Unanswered,
)
from sbc.location.search import MOST_FOUND, TABLE, Outcome, Search, Server, State, Way
from sbc.location.wanted import wanted
from sbc.sip.uri import Uri

ALL: frozenset[Way] = frozenset(
    (transport, family) for transport in ("udp", "tcp", "tls") for family in ("A", "AAAA")
)
FOUR: frozenset[Way] = frozenset({("udp", "A"), ("tcp", "A"), ("tls", "A")})
ZONE: dict[tuple[str, str], list[Record]] = {
    ("example.com", "NAPTR"): [
        Naptr(50, 50, "s", "SIPS+D2T", "", "_sips._tcp.example.com"),
        Naptr(90, 50, "s", "SIP+D2T", "", "_sip._tcp.example.com"),
        Naptr(100, 50, "s", "SIP+D2U", "", "_sip._udp.example.com"),
    ],
    ("_sip._tcp.example.com", "SRV"): [
        Srv(0, 1, 5060, "server1.example.com"),
        Srv(1, 2, 5060, "server2.example.com"),
    ],
    ("_sips._tcp.example.com", "SRV"): [Srv(0, 1, 5061, "server1.example.com")],
    ("server1.example.com", "A"): [Host("192.0.2.1")],
    ("server2.example.com", "A"): [Host("192.0.2.2")],
    ("server2.example.com", "AAAA"): [Host("2001:db8::2")],
    ("bare.example", "A"): [Host("192.0.2.9")],
    ("_sip._udp.gone.example", "SRV"): [Srv(0, 0, 0, "")],
}


def located(
    uri: str,
    ways: frozenset[Way] = FOUR,
    zone: dict[tuple[str, str], list[Record]] = ZONE,
    silent: tuple[str, ...] = (),
    seed: int = 1,
) -> tuple[list[str], list[Server]]:
    """The questions in their order, and what was found."""
    asked = wanted(Uri.parse(uri))
    assert asked is not None
    search = Search(asked, ways, Random(seed).randrange)
    questions: list[str] = []
    while not search.over:
        questions += [f"{each.type} {each.name}" for each in search.questions]
        search.heard({each: said(each, zone, silent) for each in search.questions})
    return questions, list(search.found)


def said(
    question: Question, zone: dict[tuple[str, str], list[Record]], silent: tuple[str, ...]
) -> Answer:
    if question.type in silent:
        return Unanswered("timeout")
    records = zone.get((question.name, question.type))
    return Found(tuple(records), 60.0) if records else Nothing()


def test_the_example_of_the_rfc_with_all_transports_goes_by_tls_first() -> None:
    questions, found = located("sip:example.com")
    assert questions == [
        "NAPTR example.com",
        "SRV _sips._tcp.example.com",
        "A server1.example.com",
    ]
    assert found == [Server("tls", "192.0.2.1", 5061)]


def test_without_tls_it_goes_by_tcp_in_the_order_of_priority() -> None:
    ways: frozenset[Way] = frozenset({("udp", "A"), ("tcp", "A"), ("tcp", "AAAA")})
    _, found = located("sip:example.com", ways)
    assert found == [
        Server("tcp", "192.0.2.1", 5060),
        Server("tcp", "2001:db8::2", 5060),
        Server("tcp", "192.0.2.2", 5060),
    ]


def test_a_port_needs_no_srv_and_a_transport_no_naptr() -> None:
    assert located("sip:bare.example:5070")[0] == ["A bare.example"]
    assert located("sip:bare.example:5070")[1] == [Server("udp", "192.0.2.9", 5070)]
    assert located("sip:example.com;transport=tcp")[0][0] == "SRV _sip._tcp.example.com"


def test_a_domain_without_srv_is_called_at_its_own_address() -> None:
    questions, found = located("sip:bare.example")
    assert questions[0] == "NAPTR bare.example"
    assert found == [Server("udp", "192.0.2.9", 5060)]
    assert located("sips:bare.example")[1] == [Server("tls", "192.0.2.9", 5061)]


def test_a_service_that_is_decidedly_not_there_is_not_called() -> None:
    assert located("sip:gone.example;transport=udp")[1] == []


def test_a_domain_that_offers_nothing_we_can_do_is_not_called() -> None:
    zone: dict[tuple[str, str], list[Record]] = {
        ("x.example", "NAPTR"): [Naptr(1, 1, "s", "SIPS+D2T", "", "_sips._tcp.x.example")],
        ("x.example", "A"): [Host("192.0.2.1")],
    }
    assert located("sip:x.example", frozenset({("udp", "A")}), zone)[1] == []


def test_naptr_records_of_other_uses_do_not_matter() -> None:
    zone: dict[tuple[str, str], list[Record]] = {
        **ZONE,
        ("bare.example", "NAPTR"): [Naptr(1, 1, "u", "E2U+sip", "!x!y!", "")],
    }
    assert located("sip:bare.example", zone=zone)[1] == [Server("udp", "192.0.2.9", 5060)]


@pytest.mark.parametrize("silent", ["NAPTR", "SRV", "A"])
def test_silence_is_not_taken_for_nothing(silent: str) -> None:
    """Else a call would go to the address of the domain while its SRV records are unknown."""
    assert located("sip:example.com", silent=(silent,))[1] == []


def test_weights_share_the_calls_within_five_percent() -> None:
    zone: dict[tuple[str, str], list[Record]] = {
        ("_sip._udp.w.example", "SRV"): [
            Srv(0, 60, 5060, "a.w.example"),
            Srv(0, 30, 5060, "b.w.example"),
            Srv(0, 10, 5060, "c.w.example"),
        ],
        ("a.w.example", "A"): [Host("192.0.2.1")],
        ("b.w.example", "A"): [Host("192.0.2.2")],
        ("c.w.example", "A"): [Host("192.0.2.3")],
    }
    first = Counter(
        located("sip:w.example;transport=udp", zone=zone, seed=seed)[1][0].ip
        for seed in range(1000)
    )
    for ip, share in (("192.0.2.1", 0.6), ("192.0.2.2", 0.3), ("192.0.2.3", 0.1)):
        assert abs(first[ip] / 1000 - share) < 0.05


def test_a_huge_answer_is_cut() -> None:
    zone: dict[tuple[str, str], list[Record]] = {
        ("big.example", "A"): [Host(f"192.0.2.{n}") for n in range(250)]
    }
    assert len(located("sip:big.example:5060", zone=zone)[1]) == MOST_FOUND


@pytest.mark.parametrize("uri", ["tel:123", "sip:a.example;transport=sctp", "sips:a;transport=udp"])
def test_what_cannot_be_called_is_not_looked_up(uri: str) -> None:
    assert wanted(Uri.parse(uri)) is None


def test_every_state_but_the_last_knows_what_each_outcome_means() -> None:
    for state in State:
        assert set(TABLE[state]) == (set() if state is State.LOCATED else set(Outcome))


def test_without_a_way_there_is_nothing_to_ask() -> None:
    assert located("sip:example.com", frozenset()) == ([], [])
