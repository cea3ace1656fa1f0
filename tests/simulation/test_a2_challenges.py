"""A trunk challenges what we send it: the realm is pinned, nonces are kept, nothing leaks (A2).

RFC 3261 §22.2 and §22.3, RFC 7616 §3.3-3.6, RFC 8760.
"""

import pytest

from sbc.sip.message import Request
from tests.support.accounts import PASSWORD, Challenger, with_account
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, inviting
from tests.support.messages import ANSWER, OFFER, invite

TWO_TARGETS = TWO_ZONES.replace(
    'endpoints: [{ uri: "sip:10.20.0.11" }]',
    'endpoints: [{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }]',
).replace("10.20.0.11/32", "10.20.0.0/28")


def border(text: str = TWO_ZONES) -> Border:
    return Border(with_account(text))


def challenged(border: Border, server: Challenger) -> tuple[Request, Request, End]:
    """The INVITE that was challenged, the one that followed, and the callee."""
    first, callee = inviting(border)
    callee.answers(first, server.status, *server.fields())
    callee.got("ACK")
    return first, callee.got("INVITE"), callee


def answered(border: Border, request: Request, tag: str = "bob-tag") -> tuple[End, End]:
    """Caller and callee of the call that this INVITE is for, up."""
    callee = called(border, request, tag=tag)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    return caller, callee


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("qop", [None, "auth", "auth-int", "auth,auth-int"])
@pytest.mark.parametrize("algorithms", [("MD5",), ("MD5", "SHA-256"), ("SHA-256", "MD5")])
def test_a_challenge_is_answered_in_the_strongest_way(
    status: int, qop: str | None, algorithms: tuple[str, ...]
) -> None:
    server = Challenger(status, algorithms=algorithms, qop=qop)
    world = border()
    _, again, _ = challenged(world, server)
    assert server.accepts(again)
    said = server.said(again)
    assert said["algorithm"] == ("SHA-256" if "SHA-256" in algorithms else "MD5")
    assert said.get("qop") == ("auth" if qop and "auth" in qop.split(",") else qop)
    answered(world, again)


def test_the_second_request_is_the_first_with_a_higher_number() -> None:
    """RFC 3261 §8.1.3.5: same Call-ID, From and To, CSeq one higher, a branch of its own."""
    first, again, _ = challenged(border(), Challenger())
    for name in ("call-id", "from", "to", "contact", "max-forwards"):
        assert again.headers.get(name) == first.headers.get(name)
    assert (first.uri, first.body) == (again.uri, again.body)
    assert (first.headers.cseq.number, again.headers.cseq.number) == (1, 2)
    assert first.headers.via.branch != again.headers.via.branch


def test_the_caller_hears_nothing_of_it() -> None:
    world = border()
    _, again, _ = challenged(world, Challenger())
    assert world.heard(CALLER) == []
    answered(world, again)
    assert "uthenticate" not in world.texts(CALLER)
    assert "uthorization" not in world.texts(CALLER)


def test_the_ack_of_the_2xx_repeats_the_credentials() -> None:
    """RFC 3261 §22.1."""
    world = border()
    _, again, callee = challenged(world, Challenger())
    callee.answers(again, 200, body=ANSWER)
    ack = callee.got("ACK")
    assert ack.headers.get("proxy-authorization") == again.headers.get("proxy-authorization")
    assert ack.headers.cseq.number == 2


def test_the_next_call_brings_credentials_at_once() -> None:
    server = Challenger()
    world = border()
    _, again, callee = challenged(world, server)
    assert server.accepts(again)
    callee.answers(again, 486)
    world.receive(invite(call_id="second", branch="z9hG4bKtwo", tag="two"), CALLER)
    assert server.accepts(world.request(CALLEE, "INVITE"))
    assert server.counts == [1, 2]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO", "REFER", "BYE"])
def test_requests_within_the_dialog_are_answered_too(method: str) -> None:
    world = border()
    request, callee = inviting(world)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(world, world.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    server = Challenger()
    more = ["Refer-To: <sip:300@203.0.113.10>"] if method == "REFER" else []
    caller.ask(method, *more, body=OFFER if method in {"INVITE", "UPDATE"} else "")
    first = callee.got(method)
    callee.answers(first, 407, *server.fields())
    again = callee.got(method)
    if method == "INVITE":
        callee.got("ACK")
    assert server.accepts(again)
    assert again.headers.cseq.number == first.headers.cseq.number + 1
    assert (again.headers.from_, again.headers.to) == (first.headers.from_, first.headers.to)
    callee.answers(again, 200, body=ANSWER if method in {"INVITE", "UPDATE"} else "")
    caller.heard(200)
    if method == "INVITE":
        caller.ack()
        assert callee.got("ACK").headers.get("cseq") == "3 ACK"
    caller.ask("INFO")
    if method != "BYE":
        follows = callee.got("INFO")
        assert follows.headers.cseq.number == again.headers.cseq.number + 1
        assert server.accepts(follows)
        assert server.counts[-1] > 1


def test_a_prack_is_answered_too() -> None:
    world = border()
    request, callee = inviting(world)
    callee.answers(request, 180, "Require: 100rel", "RSeq: 1")
    server = Challenger(401)
    prack = callee.got("PRACK")
    callee.answers(prack, 401, *server.fields())
    again = callee.got("PRACK")
    assert server.accepts(again)
    assert again.headers.get("rack") == "1 1 INVITE"


@pytest.mark.parametrize("realm", ["elsewhere.example", "Carrier.example", ""])
def test_another_realm_is_never_answered(realm: str) -> None:
    world = border()
    first, callee = inviting(world)
    callee.answers(first, 407, *Challenger(realm=realm).fields())
    callee.got("ACK")
    assert callee.inbox() == []
    refusal = world.response(CALLER, 403)
    assert not refusal.headers.has("proxy-authenticate")
    assert "uthorization" not in world.texts(CALLEE)
    (note,) = world.noted("challenge_refused")
    assert dict(note.labels) == {"trunk": "pbx"}
    assert dict(note.detail)["why"] == "realm"


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ('Digest realm="carrier.example", nonce="n", algorithm=SHA-3', "algorithm"),
        ('Digest realm="carrier.example", nonce="n", qop="auth-conf"', "algorithm"),
        ('Digest realm="carrier.example"', "realm"),
        ('Basic realm="carrier.example"', "realm"),
        ("nonsense", "realm"),
    ],
)
def test_what_cannot_be_understood_is_not_answered(field: str, why: str) -> None:
    world = border()
    first, callee = inviting(world)
    callee.answers(first, 401, f"WWW-Authenticate: {field}")
    callee.got("ACK")
    assert callee.inbox() == []
    world.response(CALLER, 403)
    assert dict(world.noted("challenge_refused")[0].detail)["why"] == why


def test_a_trunk_without_an_account_is_not_answered() -> None:
    world = Border()
    first, callee = inviting(world)
    callee.answers(first, 407, *Challenger().fields())
    callee.got("ACK")
    assert callee.inbox() == []
    world.response(CALLER, 403)


@pytest.mark.parametrize("nonce", ["nonce-1", "nonce-2"])
def test_a_wrong_password_is_said_once(nonce: str) -> None:
    """The same challenge again, or a fresh one: either way it would go round for ever."""
    server = Challenger()
    world = border()
    _, again, callee = challenged(world, server)
    server.nonce = nonce
    callee.answers(again, 407, *server.fields())
    callee.got("ACK")
    assert callee.inbox() == []
    world.response(CALLER, 403)
    assert world.over()


def test_a_server_that_always_says_stale_is_left_after_a_few_times() -> None:
    server = Challenger()
    world = border()
    _, request, callee = challenged(world, server)
    seen = 2
    while world.heard(CALLER) == []:
        server.nonce = f"nonce-{seen}"
        callee.answers(request, 407, *server.fields(stale=True))
        callee.got("ACK")
        if "INVITE" not in [m.method for to, m in world.out if isinstance(m, Request)]:
            break
        request = callee.got("INVITE")
        seen += 1
    assert seen == 4
    assert world.over()


def test_an_old_nonce_is_renewed() -> None:
    server = Challenger()
    world = border()
    _, again, callee = challenged(world, server)
    callee.answers(again, 486)
    callee.inbox()
    server.nonce = "nonce-2"
    world.receive(invite(call_id="second", branch="z9hG4bKtwo", tag="two"), CALLER)
    request = world.request(CALLEE, "INVITE")
    callee = called(world, request)
    callee.answers(request, 407, *server.fields())  # many a server forgets to say `stale`
    callee.got("ACK")
    assert server.accepts(callee.got("INVITE"))


def test_the_next_nonce_is_used_at_once() -> None:
    server = Challenger(401)
    world = border()
    _, again, callee = challenged(world, server)
    callee.answers(again, 200, 'Authentication-Info: nextnonce="nonce-9"', body=ANSWER)
    callee.got("ACK")
    server.nonce = "nonce-9"
    caller = calling(world, world.response(CALLER, 200))
    caller.ack()
    caller.ask("BYE")
    assert server.accepts(callee.got("BYE"))
    assert server.counts == [1]


def test_proxy_and_server_may_both_ask() -> None:
    proxy, server = Challenger(407, nonce="p"), Challenger(401, nonce="s")
    world = border()
    _, again, callee = challenged(world, proxy)
    assert proxy.accepts(again)
    callee.answers(again, 401, *server.fields())
    callee.got("ACK")
    third = callee.got("INVITE")
    assert proxy.accepts(third)
    assert server.accepts(third)
    assert proxy.counts == [1, 2]


def test_each_server_of_a_trunk_has_its_own_nonces() -> None:
    world = border(TWO_TARGETS)
    server = Challenger()
    _, again, callee = challenged(world, server)
    callee.answers(again, 503)
    other = CALLEE.__class__("lan", "udp", ("10.20.0.12", 5060))
    assert not world.request(other, "INVITE").headers.has("proxy-authorization")


def test_a_caller_who_gave_up_is_not_called_for_again() -> None:
    world = border()
    first, callee = inviting(world)
    callee.answers(first, 180)
    caller = calling(world, world.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    caller.cancel()
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(first, 407, *Challenger().fields())
    callee.got("ACK")
    assert callee.inbox() == []
    assert world.over()


def test_a_cancel_goes_to_the_request_that_is_in_the_air() -> None:
    world = border()
    _, again, callee = challenged(world, Challenger())
    callee.answers(again, 180)
    caller = calling(world, world.response(CALLER, 180))
    caller.vias[1] = "z9hG4bKfirst"
    caller.cancel()
    cancel = callee.got("CANCEL")
    assert cancel.headers.via.branch == again.headers.via.branch
    assert cancel.headers.get("cseq") == "2 CANCEL"
    callee.answers(cancel, 200)
    callee.answers(again, 487)
    assert world.over()


def test_a_reinvite_that_was_withdrawn_is_not_sent_again() -> None:
    world = border()
    request, callee = inviting(world)
    caller, callee = answered(world, request)
    caller.ask("INVITE", body=OFFER)
    again = callee.got("INVITE")
    callee.answers(again, 180)
    caller.cancel()
    callee.answers(callee.got("CANCEL"), 200)
    callee.answers(again, 407, *Challenger().fields())
    callee.got("ACK")
    assert callee.inbox() == []


def test_a_challenge_within_the_dialog_that_stays_unanswered_crosses_as_403() -> None:
    world = Border()
    request, callee = inviting(world)
    caller, callee = answered(world, request)
    caller.ask("INFO")
    callee.answers(callee.got("INFO"), 407, *Challenger().fields())
    refusal = caller.heard(403)
    assert not refusal.headers.has("proxy-authenticate")


def test_the_password_is_nowhere_in_what_the_border_says() -> None:
    world = border()
    _, again, _ = challenged(world, Challenger())
    answered(world, again)
    assert PASSWORD not in world.texts(CALLER) + world.texts(CALLEE)
    assert PASSWORD not in repr(world.notes)
