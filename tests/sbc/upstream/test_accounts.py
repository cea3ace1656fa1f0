"""Our accounts with trunks: the nonces that are kept, and for how long. What they do to a call is
in `tests/simulation/test_a2_challenges.py` (A2)."""

from config.model import TrunkAuth
from sbc.actions import Flow
from sbc.sip.message import Request, Response, build_request, build_response
from sbc.tokens import Tokens
from sbc.upstream.accounts import MOST_NONCES, Accounts, Sent, credentials_of
from tests.support.accounts import Challenger, with_account
from tests.support.configs import config

FLOW = Flow("lan", "udp", ("10.20.0.11", 5060))


def account() -> TrunkAuth:
    auth = config(with_account()).trunks["pbx"].auth
    assert auth is not None
    return auth


def accounts() -> Accounts:
    return Accounts({"pbx": account()}, Tokens(b"test"))


def register(uri: str = "sip:10.20.0.11") -> Request:
    fields = [
        ("Via", "SIP/2.0/UDP 10.20.0.5;branch=z9hG4bK1"),
        ("From", "<sip:a@b>;tag=1"),
        ("To", "<sip:a@b>"),
        ("Call-ID", "c"),
        ("CSeq", "1 REGISTER"),
    ]
    return build_request("REGISTER", uri, fields)


def challenge(request: Request, server: Challenger, *, stale: bool = False) -> Response:
    pairs = [line.split(": ", 1) for line in server.fields(stale=stale)]
    return build_response(request, server.status, None, [(name, value) for name, value in pairs])


def answer(kept: Accounts, sent: Sent, response: Response, flow: Flow = FLOW) -> Sent:
    found = kept.answer("pbx", sent, response, flow, 2, "SIP/2.0/UDP x;branch=z9hG4bK2")
    assert isinstance(found, Sent)
    return found


def test_without_a_nonce_nothing_is_signed() -> None:
    request = register()
    accounts().sign("pbx", request, FLOW)
    assert credentials_of(request) == ()


def test_a_nonce_counts_its_uses() -> None:
    server, kept, first = Challenger(), accounts(), register()
    assert server.accepts(answer(kept, Sent(first), challenge(first, server)).request)
    for _ in range(3):
        request = register()
        kept.sign("pbx", request, FLOW)
        assert server.accepts(request)
    assert server.counts == [1, 2, 3, 4]


def test_a_nonce_is_for_the_server_that_made_it_and_the_trunk_that_it_is_of() -> None:
    server, kept, first = Challenger(), accounts(), register()
    answer(kept, Sent(first), challenge(first, server))
    for trunk, flow in (
        ("pbx", Flow("lan", "udp", ("10.20.0.12", 5060))),
        ("other", FLOW),
        (None, FLOW),
    ):
        request = register()
        kept.sign(trunk, request, flow)
        assert credentials_of(request) == ()


def test_a_refused_nonce_is_forgotten() -> None:
    server, kept, first = Challenger(), accounts(), register()
    again = answer(kept, Sent(first), challenge(first, server))
    refused = kept.answer("pbx", again, challenge(again.request, server), FLOW, 3, "v")
    assert refused == "rejected"
    request = register()
    kept.sign("pbx", request, FLOW)
    assert credentials_of(request) == ()


def test_however_many_servers_there_are_few_nonces_are_kept() -> None:
    server, kept = Challenger(), accounts()
    for port in range(1, MOST_NONCES + 100):
        first = register()
        flow = Flow("lan", "udp", ("10.20.0.11", port))
        answer(kept, Sent(first), challenge(first, server), flow)
    assert len(kept._held) == MOST_NONCES


def test_a_nonce_that_is_named_for_nobody_changes_nothing() -> None:
    server, kept, first = Challenger(401), accounts(), register()
    info = ("Authentication-Info", 'nextnonce="evil"')
    kept.heard("pbx", build_response(first, 200, None, [info]), FLOW)
    answer(kept, Sent(first), challenge(first, server))
    broken = ("Authentication-Info", 'nextnonce="evil')
    kept.heard("pbx", build_response(first, 200, None, [broken]), FLOW)
    kept.heard("other", build_response(first, 200, None, [info]), FLOW)
    kept.heard("pbx", build_response(first, 404, None, [info]), FLOW)
    request = register()
    kept.sign("pbx", request, FLOW)
    assert server.accepts(request)
