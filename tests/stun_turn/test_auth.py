"""Long-term credentials (RFC 8489 §9.2): who gets in, who is asked again, who is told nothing."""

import pytest

from stun_turn.accounts import Account, Listed, TimeLimited, long_term_key, userhash
from stun_turn.attributes import (
    MD5,
    SHA256,
    PasswordAlgorithm,
    password_algorithms,
    read_password_algorithms,
)
from stun_turn.auth import OFFERED, Authenticated, Denied, LongTerm
from stun_turn.message import Class, Message, Value, build, parse
from stun_turn.nonce import PASSWORD_ALGORITHMS, USERNAME_ANONYMITY, Nonces
from stun_turn.registry import Attribute, Method
from tests.stun_turn.vectors import TRANSACTION_ID

REALM = "example.org"
NONCES = Nonces(b"key", PASSWORD_ALGORITHMS | USERNAME_ANONYMITY)
CLIENT = "udp 192.0.2.1:1024"
SERVER = LongTerm(REALM, Listed({"ann": "pw"}, REALM), NONCES)
ALL = password_algorithms(OFFERED)
SHA = password_algorithms([PasswordAlgorithm(SHA256)])


def asked(
    *attributes: Value, key: bytes | None = None, algorithm: str = "sha1", tamper: bool = False
) -> Message:
    data = build(
        Method.ALLOCATE, Class.REQUEST, TRANSACTION_ID, attributes, key=key, algorithm=algorithm
    )
    return parse(data[:-1] + bytes([data[-1] ^ tamper]))


def named(
    user: bytes = b"ann", realm: bytes = REALM.encode(), nonce: str | None = None
) -> list[Value]:
    nonce = NONCES.make(CLIENT, 0.0) if nonce is None else nonce
    return [
        (Attribute.USERNAME, user),
        (Attribute.REALM, realm),
        (Attribute.NONCE, nonce.encode()),
    ]


def check(message: Message, now: float = 1.0) -> Authenticated | Denied:
    return SERVER.check(message, CLIENT, now, wall=1e9 + now)


def code(message: Message, now: float = 1.0) -> int:
    result = check(message, now)
    assert isinstance(result, Denied)
    return result.code


KEY = long_term_key("ann", REALM, "pw", MD5)
KEY_SHA = long_term_key("ann", REALM, "pw", SHA256)


def test_without_credentials_a_client_is_told_what_it_needs() -> None:
    denied = check(asked())
    assert isinstance(denied, Denied)
    told = dict(denied.attributes)
    assert denied.code == 401
    assert told[Attribute.REALM] == b"example.org"
    assert NONCES.is_fresh(told[Attribute.NONCE].decode(), CLIENT, 1.0)
    offered = read_password_algorithms(told[Attribute.PASSWORD_ALGORITHMS])
    assert [each.number for each in offered] == [SHA256, MD5]


def test_a_user_gets_in_as_in_rfc_5389() -> None:
    assert check(asked(*named(), key=KEY)) == Authenticated(
        "ann", Account("ann", "pw"), KEY, "sha1"
    )


def test_a_user_gets_in_with_sha256() -> None:
    wanted = [(Attribute.PASSWORD_ALGORITHMS, ALL), (Attribute.PASSWORD_ALGORITHM, SHA)]
    message = asked(*named(), *wanted, key=KEY_SHA, algorithm="sha256")
    result = check(message)
    assert isinstance(result, Authenticated)
    assert (result.key, result.algorithm) == (KEY_SHA, "sha256")


def test_a_user_gets_in_without_showing_the_name() -> None:
    hashed = [(Attribute.USERHASH, userhash("ann", REALM)), *named()[1:]]
    result = check(asked(*hashed, key=KEY))
    assert isinstance(result, Authenticated)
    assert result.username == "ann"
    stranger = [(Attribute.USERHASH, userhash("eve", REALM)), *named()[1:]]
    assert code(asked(*stranger, key=KEY)) == 401


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_credentials_come_whole_or_not_at_all(missing: int) -> None:
    attributes = named()
    del attributes[missing]
    assert code(asked(*attributes, key=KEY)) == 400


def test_a_wrong_password_an_unknown_name_and_a_wrong_realm_look_alike() -> None:
    wrong = check(asked(*named(), key=b"wrong"))
    unknown = check(asked(*named(user=b"eve"), key=KEY))
    elsewhere = check(asked(*named(realm=b"example.com"), key=KEY))
    assert wrong == unknown == elsewhere
    assert isinstance(wrong, Denied)
    assert wrong.code == 401


def test_nobody_gets_in_with_the_password_of_nobody() -> None:
    key = long_term_key("eve", REALM, "nobody has this password", MD5)
    assert code(asked(*named(user=b"eve"), key=key)) == 401


def test_a_stale_nonce_is_told_apart_only_to_who_knows_the_password() -> None:
    assert code(asked(*named(), key=KEY), now=5000.0) == 438
    assert code(asked(*named(), key=b"wrong"), now=5000.0) == 401


def test_a_stolen_nonce_is_stale() -> None:
    nonce = NONCES.make("udp 198.51.100.9:5", 0.0)
    assert code(asked(*named(nonce=nonce), key=KEY)) == 438


def test_a_changed_integrity_does_not_pass() -> None:
    assert code(asked(*named(), key=KEY, tamper=True)) == 401


@pytest.mark.parametrize(
    "attributes",
    [
        [(Attribute.PASSWORD_ALGORITHMS, ALL)],
        [(Attribute.PASSWORD_ALGORITHM, SHA)],
        [  # the stronger one was struck from the list on the way
            (Attribute.PASSWORD_ALGORITHMS, password_algorithms([PasswordAlgorithm(MD5)])),
            (Attribute.PASSWORD_ALGORITHM, password_algorithms([PasswordAlgorithm(MD5)])),
        ],
        [
            (Attribute.PASSWORD_ALGORITHMS, ALL),
            (Attribute.PASSWORD_ALGORITHM, password_algorithms([PasswordAlgorithm(7)])),
        ],
        [(Attribute.PASSWORD_ALGORITHMS, ALL), (Attribute.PASSWORD_ALGORITHM, ALL)],
        [(Attribute.PASSWORD_ALGORITHMS, ALL), (Attribute.PASSWORD_ALGORITHM, b"\0\1")],
    ],
)
def test_a_list_of_algorithms_that_is_not_ours_is_bid_down(attributes: list[Value]) -> None:
    assert code(asked(*named(), *attributes, key=KEY)) == 400


@pytest.mark.parametrize("user", [b"\xff", b"x" * 509])
def test_a_malformed_name_is_refused(user: bytes) -> None:
    assert code(asked(*named(user=user), key=KEY)) == 400


def test_credentials_that_expire_in_between_are_good_no_more() -> None:
    limited = TimeLimited(b"secret")
    server = LongTerm(REALM, limited, NONCES)
    name, password = limited.issue("ann", 1e9 + 100)
    key = long_term_key(name, REALM, password, MD5)
    message = asked(*named(user=name.encode()), key=key)
    assert isinstance(server.check(message, CLIENT, 99.0, 1e9 + 99), Authenticated)
    assert isinstance(server.check(message, CLIENT, 101.0, 1e9 + 101), Denied)
