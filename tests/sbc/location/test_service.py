"""Which service of a domain is used (RFC 3263 §4.1, RFC 2782)."""

from random import Random

from sbc.location.records import Naptr, Srv
from sbc.location.service import Service, in_order, is_refusal, naptr_services, srv_services


def test_without_naptr_every_transport_has_its_srv_name() -> None:
    assert [each.name for each in srv_services("a.example", ["udp", "tcp", "tls"])] == [
        "_sip._udp.a.example",
        "_sip._tcp.a.example",
        "_sips._tcp.a.example",
    ]


def test_only_the_lowest_order_that_we_can_do_counts() -> None:
    records = [
        Naptr(10, 2, "S", "sip+d2t", "", "_sip._tcp.a.example."),
        Naptr(10, 1, "s", "SIP+D2U", "", "_sip._udp.a.example"),
        Naptr(20, 1, "s", "SIPS+D2T", "", "_sips._tcp.a.example"),
        Naptr(1, 1, "s", "SIP+D2S", "", "_sip._sctp.a.example"),
    ]
    assert naptr_services(records, ["udp", "tcp", "tls"]) == (
        Service("udp", "_sip._udp.a.example"),
        Service("tcp", "_sip._tcp.a.example"),
    )
    assert naptr_services(records, ["tls"]) == (Service("tls", "_sips._tcp.a.example"),)


def test_a_record_that_is_no_service_is_passed_over() -> None:
    odd = [
        Naptr(1, 1, "u", "SIP+D2U", "!.*!sip:x@y!", ""),
        Naptr(1, 1, "s", "SIP+D2U", "", ""),
    ]
    assert naptr_services(odd, ["udp"]) == ()
    assert naptr_services([], ["udp"]) is None


def test_priorities_come_in_order_and_all_are_there() -> None:
    records = [Srv(2, 0, 1, "c"), Srv(1, 0, 1, "a"), Srv(1, 5, 1, "b"), Srv(3, 65535, 1, "d")]
    for seed in range(50):
        order = [each.target for each in in_order(records, Random(seed).randrange)]
        assert sorted(order[:2]) == ["a", "b"]
        assert order[2:] == ["c", "d"]


def test_one_record_of_the_root_is_a_refusal() -> None:
    assert is_refusal([Srv(0, 0, 0, ".")])
    assert not is_refusal([Srv(0, 0, 0, "."), Srv(0, 0, 1, "a")])
    assert not is_refusal([])
