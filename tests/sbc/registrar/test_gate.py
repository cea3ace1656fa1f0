"""Digest at the edge, apart from everything else (RFC 7616, RFC 8760); whole flows stand in
tests/simulation/test_a1_edge_authentication.py."""

from itertools import count

import pytest

from sbc.registrar.gate import Admitted, Denied, Gate
from sbc.registrar.nonces import Nonces
from sbc.sip.digest import Challenge, Credentials, secret_of
from sbc.sip.message import Request, build_request

REALM = "example.com"


def gate(*algorithms: str) -> Gate:
    serial = count()
    nonces = Nonces(b"key", 300.0, lambda size: next(serial).to_bytes(size, "big"))
    passwords = {"anna": "pw", 'o"hara': "pw"}
    return Gate(passwords, [REALM, "example.net"], algorithms or ("SHA-256", "MD5"), nonces)


def request(method: str = "REGISTER", credentials: str = "", body: bytes = b"") -> Request:
    name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
    fields = [(name, credentials)] if credentials else []
    return build_request(method, "sip:example.com", fields, body)


def denied(result: Admitted | Denied) -> Denied:
    assert isinstance(result, Denied)
    return result


def proof(
    at: Gate, username: str = "anna", method: str = "REGISTER", body: bytes = b"", **how: str
) -> str:
    challenged = denied(at.check(request(method), 0.0))
    challenge = Challenge.parse(challenged.fields[0][1])
    made = Credentials(
        username=username,
        realm=how.get("realm", challenge.realm),
        nonce=challenge.nonce,
        uri=how.get("uri", "sip:example.com"),
        response="",
        algorithm=how.get("algorithm", challenge.algorithm),
        qop=how.get("qop", "auth"),
        cnonce="cn",
        nc="00000001",
    )
    secret = secret_of("SHA-256", username, REALM, "pw")
    expected = made.expected(secret, method, body)
    return str(made).replace('response=""', f'response="{expected}"')


def test_a_register_is_challenged_by_401_and_all_else_by_407() -> None:
    for method, status, field in (
        ("REGISTER", 401, "WWW-Authenticate"),
        ("INVITE", 407, "Proxy-Authenticate"),
    ):
        answer = denied(gate().check(request(method), 0.0))
        assert (answer.status, answer.why) == (status, "none")
        assert [name for name, _ in answer.fields] == [field, field]


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "MESSAGE"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_who_knows_the_password_gets_in(method: str, qop: str) -> None:
    at, body = gate(), b"some body"
    credentials = proof(at, method=method, body=body, qop=qop)
    asked = request(method, credentials, body)
    assert at.check(asked, 1.0) == Admitted("anna")
    assert at.named(asked) == "anna"


def test_auth_int_covers_the_body() -> None:
    at = gate()
    credentials = proof(at, body=b"one", qop="auth-int")
    assert denied(at.check(request("REGISTER", credentials, b"two"), 1.0)).why == "wrong"


@pytest.mark.parametrize("username", ["anna@example.com", "anna@EXAMPLE.net", 'o"hara'])
def test_a_user_may_be_written_in_several_ways(username: str) -> None:
    at = gate()
    result = at.check(request("REGISTER", proof(at, username)), 1.0)
    assert result == Admitted(username.partition("@")[0])


def test_a_user_of_another_domain_is_nobody_here() -> None:
    at = gate()
    assert denied(at.check(request("REGISTER", proof(at, "anna@else.example")), 1.0)).why == "wrong"


def test_nobody_gets_in_with_the_password_of_nobody() -> None:
    at = gate()
    credentials = proof(at, "carl").replace("pw", "a password that nobody has")
    assert denied(at.check(request("REGISTER", credentials), 1.0)).status == 401


def test_an_algorithm_that_was_not_offered_is_no_proof() -> None:
    at = gate("SHA-256")
    strong = proof(at)
    assert (
        denied(at.check(request("REGISTER", strong.replace("SHA-256", "MD5")), 1.0)).why == "wrong"
    )
    assert (
        denied(at.check(request("REGISTER", strong.replace("SHA-256", "XXX")), 1.0)).why == "wrong"
    )
    assert len(denied(at.check(request(), 1.0)).fields) == 1


def test_credentials_for_another_realm_are_none_of_ours() -> None:
    at = gate()
    assert denied(at.check(request("REGISTER", proof(at, realm="elsewhere")), 1.0)).why == "none"


def test_credentials_for_another_address_are_malformed() -> None:
    at = gate()
    for uri in ("sip:else.example", "no uri"):
        assert denied(at.check(request("REGISTER", proof(at, uri=uri)), 1.0)).status == 400
    assert at.check(request("REGISTER", proof(at, uri="sip:EXAMPLE.com")), 1.0) == Admitted("anna")


def test_a_count_is_good_once() -> None:
    at = gate()
    asked = request("REGISTER", proof(at))
    assert at.check(asked, 1.0) == Admitted("anna")
    again = denied(at.check(asked, 1.0))
    assert again.why == "replayed"
    assert Challenge.parse(again.fields[0][1]).stale


def test_among_several_credentials_ours_are_found() -> None:
    at = gate()
    asked = request("REGISTER", 'Digest username="a"')
    asked.headers.add("Authorization", proof(at))
    assert at.check(asked, 1.0) == Admitted("anna")


def test_a_request_without_credentials_names_nobody() -> None:
    assert gate().named(request()) is None
