"""When a phone keeps its flow itself (RFC 5626 §4.2, §6)."""

import pytest

from sbc.actions import Flow
from sbc.registrar.outbound import agreed, is_asked, lacks_first_hop
from sbc.sip.message import Request, build_request

UDP, TCP = (Flow("wan", transport, ("192.0.2.77", 4)) for transport in ("udp", "tcp"))


def register(contact: str, *more: tuple[str, str]) -> Request:
    via = ("Via", "SIP/2.0/UDP h;branch=z9hG4bK1")
    return build_request("REGISTER", "sip:example.com", [via, ("Contact", contact), *more])


BOTH = '<sip:a@h>;reg-id=1;+sip.instance="<urn:uuid:1>"'


@pytest.mark.parametrize(
    ("contact", "more", "asked"),
    [
        (BOTH, ("Supported", "path, outbound"), True),
        (BOTH, ("Require", "outbound"), True),
        (BOTH, ("Supported", "path"), False),
        ("<sip:a@h>;reg-id=1", ("Supported", "outbound"), False),
        ('<sip:a@h>;+sip.instance="<urn:uuid:1>"', ("Supported", "outbound"), False),
    ],
)
def test_it_takes_an_instance_a_flow_and_the_word(
    contact: str, more: tuple[str, str], asked: bool
) -> None:
    assert is_asked(register(contact, more)) is asked


def test_whoever_stands_between_ends_the_flow() -> None:
    between = register(BOTH, ("Via", "SIP/2.0/UDP p;branch=z9hG4bK2"))
    assert lacks_first_hop(between)
    assert not lacks_first_hop(register(BOTH))


def test_the_phone_is_told_how_often() -> None:
    assert agreed(UDP, 25.0) == (("Require", "outbound"), ("Flow-Timer", "25"))
    assert agreed(TCP, 25.0) == (("Require", "outbound"), ("Flow-Timer", "120"))
