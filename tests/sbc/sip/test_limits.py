"""The limits of the message layer are those that the configuration promises."""

from config.model import MessageLimits
from sbc.sip.limits import DEFAULT


def test_the_defaults_are_those_of_the_configuration() -> None:
    promised = MessageLimits()
    assert (DEFAULT.bytes, DEFAULT.headers) == (promised.bytes, promised.headers)
    assert (DEFAULT.header_bytes, DEFAULT.body) == (promised.header_bytes, promised.body)
