"""Digest at the edge: phones prove who they are, and nothing is kept for others (A1, A6, X1).

RFC 7616, RFC 8760; RFC 3261 §22.
"""

from collections.abc import Mapping

import pytest

from sbc.registrar.users import Proof
from sbc.sip.digest import Challenge, secret_of
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def border() -> Border:
    return Border(access())


def nothing_kept(border: Border) -> bool:
    return not any(border.core.left_over().values())


def test_a_stranger_is_challenged_with_the_strongest_first_and_nothing_is_kept(
    border: Border,
) -> None:
    phone = AccessPhone(border)
    (answer,) = phone.send("REGISTER", "sip:example.com", "Contact: <sip:anna@192.168.1.5>")
    offered = [Challenge.parse(each) for each in answer.headers.all("www-authenticate")]
    assert answer.status == 401
    assert [each.algorithm for each in offered] == ["SHA-256", "MD5"]
    assert {each.realm for each in offered} == {"example.com"}
    assert offered[0].qop == ("auth", "auth-int")
    assert nothing_kept(border)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_a_user_registers_with_either_algorithm(border: Border, algorithm: str) -> None:
    phone = AccessPhone(border)
    phone.algorithm = algorithm
    assert phone.register() == 200
    assert phone.answer.headers.all("contact") == ["<sip:anna@192.168.1.5:5060>;expires=60"]


def test_an_unknown_user_and_a_wrong_password_look_alike(border: Border) -> None:
    wrong = AccessPhone(border, password="guess")
    nobody = AccessPhone(border, password="guess", port=40001)
    nobody.user = "carl"
    assert wrong.register() == nobody.register() == 401
    shapes = [[name for name, _ in phone.answer.headers.items()] for phone in (wrong, nobody)]
    assert shapes[0] == shapes[1]
    assert border.noted("challenged")[-1].detail[0] == ("why", "wrong")
    assert nothing_kept(border)


def test_what_was_overheard_cannot_be_played_again(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    overheard = phone.last.replace(b"branch=z9hG4bK-p", b"branch=z9hG4bK-thief")
    border.receive(overheard, phone.flow)
    (answer,) = border.take(phone.flow)
    assert getattr(answer, "status", 0) == 401
    assert "stale=true" in (answer.headers.get("www-authenticate") or "")


def test_a_repetition_of_the_same_request_gets_the_same_answer(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    (again,) = phone.again()
    assert again.status == 200


def test_a_nonce_grows_old(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.register() == 200
    border.wait(301)
    (answer,) = phone.send("REGISTER", "sip:example.com", "Contact: <sip:anna@192.168.1.5>")
    assert answer.status == 401
    assert "stale=true" in (answer.headers.get("www-authenticate") or "")


def test_credentials_for_one_address_are_no_good_for_another(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    stolen = phone.last.replace(b"REGISTER sip:example.com", b"REGISTER sip:elsewhere.example")
    border.receive(stolen.replace(b"z9hG4bK-p", b"z9hG4bK-q"), phone.flow)
    (answer,) = border.take(phone.flow)
    assert getattr(answer, "status", 0) == 400


def test_credentials_without_quality_of_protection_are_not_enough(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    old = phone.last.replace(b', cnonce="cn", qop=auth, nc=00000001', b"")
    border.receive(old.replace(b"z9hG4bK-p", b"z9hG4bK-q"), phone.flow)
    (answer,) = border.take(phone.flow)
    assert getattr(answer, "status", 0) == 401


@pytest.mark.parametrize(
    "credentials",
    ["Digest", "Digest realm=", "Basic YTpi", 'Digest username="anna"', "Digest " + "a=b," * 200],
)
def test_malformed_credentials_get_a_refusal_and_keep_nothing(
    border: Border, credentials: str
) -> None:
    phone = AccessPhone(border)
    (answer,) = phone.send("REGISTER", "sip:example.com", f"Authorization: {credentials}")
    assert answer.status == 400
    assert nothing_kept(border)


def test_a_user_registers_no_other(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    (answer,) = phone.send(
        "REGISTER", "sip:example.com", "Contact: <sip:x@192.168.1.5>", to="<sip:bert@example.com>"
    )
    assert answer.status == 403
    assert [each["user"] for each in border.core.bindings(border.now)] == ["anna"]
    (answer,) = phone.send(
        "REGISTER", "sip:example.com", "Contact: <sip:x@192.168.1.5>", to="<sip:anna@else.example>"
    )
    assert answer.status == 404


def test_a_call_is_challenged_and_then_goes_through(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.invite("100") == 0
    invite = border.request(CALLEE, "INVITE")
    assert invite.uri == "sip:100@10.20.0.11"
    assert "anna" in (invite.headers.get("from") or "")
    assert not invite.headers.has("proxy-authorization")
    assert "192.168.1.5" not in border.texts(CALLEE)


def test_the_core_is_told_who_was_authenticated(border: Border) -> None:
    phone = AccessPhone(border)
    forged = "P-Asserted-Identity: <sip:boss@example.com>"
    assert phone.invite("100", forged, "Privacy: id") == 0
    invite = border.request(CALLEE, "INVITE")
    assert invite.headers.get("p-asserted-identity") == "<sip:anna@10.20.0.5>"
    assert invite.headers.get("privacy") == "id"
    assert "boss" not in border.texts(CALLEE)


def test_nobody_calls_as_another(border: Border) -> None:
    phone = AccessPhone(border)
    assert phone.invite("100", caller="bert") == 403
    assert border.heard(CALLEE) == []
    assert border.noted("invite_refused")[-1].labels[-1] == ("status", "403")


def test_anonymity_is_nobody_else_s_name(border: Border) -> None:
    phone = AccessPhone(border)
    phone.send("OPTIONS", "sip:example.com")
    assert phone.invite("100") == 0


def test_another_name_is_allowed_where_the_operator_says_so() -> None:
    free = access().replace(
        "domains: [example.com]", "domains: [example.com]\n    identity: { from_must_match: false }"
    )
    border = Border(free)
    assert AccessPhone(border).invite("100", caller="reception") == 0
    assert "reception" in (border.request(CALLEE, "INVITE").headers.get("from") or "")


def test_requests_in_nobody_s_dialog_keep_nothing(border: Border) -> None:
    phone = AccessPhone(border)
    for method in ("BYE", "INFO", "CANCEL", "INVITE", "UPDATE"):
        (answer,) = phone.send(method, "sip:x@example.com", to="<sip:x@example.com>;tag=none")
        assert answer.status == 481
    phone.send("ACK", "sip:x@example.com", to="<sip:x@example.com>;tag=none")
    assert nothing_kept(border)


def test_a_flood_of_registers_keeps_nothing(border: Border) -> None:
    phone = AccessPhone(border)
    for port in range(1000, 3000):
        phone.flow = type(phone.flow)("wan", "udp", ("192.0.2.77", port))
        phone.send("REGISTER", "sip:example.com", "Contact: <sip:anna@192.168.1.5>")
    assert nothing_kept(border)
    assert border.core.bindings(border.now) == []


def test_a_connection_that_has_registered_needs_no_more_proof() -> None:
    border = Border(access())
    phone = AccessPhone(border, transport="tcp")
    phone.register()
    phone.challenge = None
    assert phone.invite("100") == 0
    border.perform(border.core.transport_failed(phone.flow, border.now))
    assert phone.invite("100") == 0  # challenged anew, since the flow is another one now
    assert phone.challenge is not None


def test_a_source_of_udp_is_no_proof(border: Border) -> None:
    phone = AccessPhone(border)
    phone.register()
    phone.challenge = None
    (answer,) = [
        each
        for each in phone.send("INVITE", "sip:100@example.com", "Contact: <sip:a@192.168.1.5>")
        if each.status != 100
    ]
    assert answer.status == 407


# --- users from a file ----------------------------------------------------------------------------


def read(border: Border, users: Mapping[str, Proof]) -> None:
    border.perform(border.core.users_read("phones", users, border.now))


def hashes_of(user: str) -> Mapping[str, str]:
    password = SECRETS[user.upper()]
    return {name: secret_of(name, user, "example.com", password) for name in ("MD5", "SHA-256")}


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_user_of_a_file_proves_himself_by_password_or_by_hash(algorithm: str) -> None:
    border = Border(access().replace(', bert: "${ENV:BERT}"', ""))
    bert = AccessPhone(border, "bert")
    bert.algorithm = algorithm
    assert bert.register() == 401
    read(border, {"bert": SECRETS["BERT"]})
    assert bert.register() == 200
    read(border, {"bert": hashes_of("bert")})
    assert bert.register() == 200
    assert AccessPhone(border, "bert", port=40009, password="wrong").register() == 401
    assert AccessPhone(border, "anna", port=40010).register() == 200


def test_a_hash_of_another_algorithm_proves_nothing() -> None:
    border = Border(access())
    read(border, {"carl": {"MD5": secret_of("MD5", "carl", "example.com", "pw")}})
    carl = AccessPhone(border, "carl", password="pw")
    assert carl.register() == 401
    carl.algorithm = "MD5"
    carl.challenge = None
    assert carl.register() == 200


def test_who_stands_in_the_file_no_more_is_registered_no_more() -> None:
    border = Border(access().replace(', bert: "${ENV:BERT}"', ""))
    read(border, {"bert": SECRETS["BERT"]})
    anna, bert = AccessPhone(border), AccessPhone(border, "bert", port=40001)
    assert anna.register() == bert.register() == 200
    read(border, {})
    assert [each["user"] for each in border.core.bindings(border.now)] == ["anna"]
    assert bert.register() == 401
    assert [bool(record) for record in border.stored.values()] == [True, False]
