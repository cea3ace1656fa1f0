"""A REFER that the border carries out (S8); whole flows are in tests/simulation/test_s8_transfer.py
and test_s8_attended.py."""

from media.sdp.session import parse
from sbc.b2bua.referred import _speaking
from tests.support.messages import OFFER


def test_a_party_on_hold_is_offered_as_one_that_speaks() -> None:
    held = parse((OFFER + "a=sendonly\r\n").encode())
    session_wide = parse(OFFER.replace("t=0 0\r\n", "t=0 0\r\na=inactive\r\n").encode())
    for said in (held, session_wide):
        assert _speaking(said).encode() == parse(OFFER.encode()).encode()
