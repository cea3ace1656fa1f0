"""Accounts of TURN: listed, and known by a secret alone."""

import pytest

from stun_turn.accounts import (
    Account,
    Chained,
    Listed,
    TimeLimited,
    long_term_key,
    opaque,
    userhash,
)
from stun_turn.attributes import MD5, SHA256
from tests.stun_turn.vectors import LONG_TERM_REALM, LONG_TERM_USER

LIMITED = TimeLimited(b"secret")


def test_a_listed_user_has_the_password_of_the_list() -> None:
    accounts = Listed({"ann": "pw"}, "example.org")
    assert accounts.find("ann", 0.0) == Account("ann", "pw")
    assert accounts.find("bob", 0.0) is None
    assert accounts.by_hash(userhash("ann", "example.org"), 0.0) == ("ann", Account("ann", "pw"))
    assert accounts.by_hash(userhash("ann", "example.com"), 0.0) is None


def test_what_was_issued_is_found_again_until_it_expires() -> None:
    name, password = LIMITED.issue("ann", 2000.9)
    assert name == "2000:ann"
    assert LIMITED.find(name, 1999.0) == Account("ann", password, 2000.0)
    assert LIMITED.find(name, 2000.0) is None


def test_the_password_is_the_one_that_other_servers_compute() -> None:
    # echo -n 1000000000:ann | openssl dgst -sha1 -hmac secret -binary | base64
    assert LIMITED.issue("ann", 1e9)[1] == "fpxnCnCA4OE0eTF6U2zt4rG1rZs="


def test_a_name_without_an_identity_stands_for_itself() -> None:
    account = LIMITED.find("2000", 0.0)
    assert account is not None
    assert account.user == "2000"


@pytest.mark.parametrize("name", ["", "ann", "-5:ann", "1e9:ann", "\u0663:ann", "9" * 13 + ":ann"])
def test_a_name_without_a_date_is_nobody_s(name: str) -> None:
    assert LIMITED.find(name, 0.0) is None


def test_what_was_revoked_counts_no_more_and_what_is_issued_later_does() -> None:
    accounts = TimeLimited(b"secret")
    old, _ = accounts.issue("ann", 2000.0)
    accounts.revoke("ann", until=2000.0, now=1500.0)
    assert accounts.find(old, 1500.0) is None
    assert accounts.find(accounts.issue("ann", 2600.0)[0], 1500.0) is not None
    assert accounts.find(accounts.issue("bob", 2000.0)[0], 1500.0) is not None
    accounts.revoke("bob", until=3000.0, now=2500.0)  # and forgets what has expired by itself
    assert accounts.find(old, 2500.0) is None


def test_a_name_that_is_not_listed_cannot_be_found_by_its_hash() -> None:
    assert LIMITED.by_hash(userhash("2000:ann", "example.org"), 0.0) is None


def test_the_first_that_knows_the_user_says_who_it_is() -> None:
    listed = Listed({"ann": "pw"}, "example.org")
    accounts = Chained(LIMITED, listed)
    assert accounts.find("ann", 0.0) == Account("ann", "pw")
    assert accounts.find("2000:ann", 0.0) == LIMITED.find("2000:ann", 0.0)
    assert accounts.by_hash(userhash("ann", "example.org"), 0.0) is not None
    assert accounts.find("bob", 0.0) is None
    assert accounts.by_hash(b"", 0.0) is None


def test_a_userhash_is_that_of_the_rfc_s_example() -> None:
    assert userhash(LONG_TERM_USER, LONG_TERM_REALM).hex() == (
        "4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704"
    )


def test_texts_have_one_form() -> None:
    assert opaque("plain text") == "plain text"
    assert opaque("e\u0301\u3000x") == "\u00e9 x"


def test_keys_differ_by_algorithm() -> None:
    assert len(long_term_key("a", "r", "p", MD5)) == 16
    assert len(long_term_key("a", "r", "p", SHA256)) == 32
