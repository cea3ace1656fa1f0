import pytest

from sbc.b2bua.pending import Asked, Asking
from sbc.sip.message import build_request
from sbc.upstream.accounts import Sent

EXCHANGES = [
    ("INVITE", True, True),
    ("INVITE", False, True),  # it asks for an offer
    ("UPDATE", True, True),
    ("UPDATE", False, False),
    ("PRACK", True, True),
    ("PRACK", False, False),
    ("INFO", False, False),
    ("BYE", False, False),
]


@pytest.mark.parametrize(("method", "offered", "exchanges"), EXCHANGES)
def test_a_request_of_the_peer_hangs_on_the_exchange_if_it_offers_or_asks_for_an_offer(
    method: str, offered: bool, exchanges: bool
) -> None:
    assert Asked(build_request(method, "sip:x@y", []), offered).exchanges is exchanges


@pytest.mark.parametrize(("method", "offered", "exchanges"), EXCHANGES)
def test_so_does_a_request_of_ours(method: str, offered: bool, exchanges: bool) -> None:
    request = build_request(method, "sip:b@192.0.2.1", [])
    assert Asking(method, 1, offered, Sent(request)).exchanges is exchanges
