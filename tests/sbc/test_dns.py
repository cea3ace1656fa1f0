"""What the resolver's library hands over, read as RFC 3263 needs it (RFC 2782, RFC 3403)."""

import pycares
import pytest
from pycares import (
    AAAARecordData,
    ARecordData,
    CNAMERecordData,
    DNSRecord,
    NAPTRRecordData,
    SRVRecordData,
)

from sbc.dns import failure, read
from sbc.location.records import (
    Answer,
    Found,
    Host,
    Naptr,
    Nothing,
    Question,
    Srv,
    Unanswered,
)

ALIAS = DNSRecord("pbx.example", 5, 1, 20, CNAMERecordData("Real.example"))


def test_addresses_are_read_behind_the_alias_that_led_to_them() -> None:
    record = DNSRecord("real.example", 1, 1, 300, ARecordData("192.0.2.7"))
    answer = read([ALIAS, record], Question("pbx.example", "A"))
    assert answer == Found((Host("192.0.2.7"),), 20)


def test_addresses_of_the_new_protocol_are_read() -> None:
    record = DNSRecord("pbx.example", 28, 1, 60, AAAARecordData("2001:db8::7"))
    assert read([record], Question("pbx.example", "AAAA")) == Found((Host("2001:db8::7"),), 60)


def test_servers_are_read_and_their_names_made_plain() -> None:
    data = SRVRecordData(10, 60, 5070, "Node-1.PBX.example.")
    record = DNSRecord("_sip._udp.pbx.example", 33, 1, 60, data)
    answer = read([record], Question("_sip._udp.pbx.example", "SRV"))
    assert answer == Found((Srv(10, 60, 5070, "node-1.pbx.example"),), 60)


def test_services_are_read_with_their_order() -> None:
    data = NAPTRRecordData(1, 2, "s", "SIP+D2T", "", "_sip._tcp.PBX.example")
    record = DNSRecord("pbx.example", 35, 1, 60, data)
    answer = read([record], Question("pbx.example", "NAPTR"))
    assert answer == Found((Naptr(1, 2, "s", "SIP+D2T", "", "_sip._tcp.pbx.example"),), 60)


def test_an_alias_that_leads_to_nothing_is_nothing_for_as_long_as_it_holds() -> None:
    assert read([ALIAS], Question("pbx.example", "SRV")) == Nothing(20)
    assert read([], Question("pbx.example", "SRV")) == Nothing()


def test_what_was_not_asked_for_is_not_taken() -> None:
    data = SRVRecordData(10, 60, 5070, "elsewhere.example")
    record = DNSRecord("pbx.example", 33, 1, 60, data)
    assert read([record], Question("pbx.example", "A")) == Nothing(60)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (pycares.errno.ARES_ENODATA, Nothing()),
        (pycares.errno.ARES_ENOTFOUND, Nothing()),
        (pycares.errno.ARES_ETIMEOUT, Unanswered("timeout")),
        (pycares.errno.ARES_ECONNREFUSED, Unanswered("timeout")),
        (pycares.errno.ARES_ESERVFAIL, Unanswered("refused")),
        (None, Unanswered("refused")),
    ],
)
def test_a_failure_is_told_from_a_name_that_is_not_there(code: object, answer: Answer) -> None:
    assert failure(code) == answer
