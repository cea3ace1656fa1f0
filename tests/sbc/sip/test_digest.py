"""Digest: the examples of RFC 7616 §3.9.1 and RFC 2617 §3.5, RFC 8760, and what peers may write
(A1, A2)."""

from dataclasses import replace

import pytest

from sbc.sip.digest import (
    ALGORITHMS,
    Challenge,
    Credentials,
    challenges,
    parse_info,
    secret_of,
)
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers

RFC7616 = Credentials(
    username="Mufasa",
    realm="http-auth@example.org",
    uri="/dir/index.html",
    algorithm="MD5",
    nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    nc="00000001",
    cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    qop="auth",
    response="8ca523f5e9506fed4657c9700eebdbec",
    opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
)


def secret(credentials: Credentials, password: str = "Circle of Life") -> str:
    return secret_of(credentials.algorithm, credentials.username, credentials.realm, password)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    credentials = replace(RFC7616, algorithm=algorithm, response=response)
    assert credentials.expected(secret(credentials), "GET") == response
    assert credentials.prove(secret(credentials), "GET")


def test_the_example_of_rfc_2617() -> None:
    credentials = Credentials(
        username="Mufasa",
        realm="testrealm@host.com",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        uri="/dir/index.html",
        qop="auth",
        nc="00000001",
        cnonce="0a4f113b",
        response="6629fae49393a05397450978507c4ef1",
    )
    assert credentials.prove(secret(credentials, "Circle Of Life"), "GET")


def test_without_a_quality_of_protection_it_is_the_digest_of_rfc_2069() -> None:
    """The example in the erratum of RFC 2069, §2.4."""
    credentials = Credentials(
        username="Mufasa",
        realm="testrealm@host.com",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
        uri="/dir/index.html",
        response="1949323746fe6a43ef61f9606e7febea",
    )
    assert credentials.expected(secret(credentials, "CircleOfLife"), "GET") == credentials.response


def test_auth_int_covers_the_body() -> None:
    signed = replace(RFC7616, qop="auth-int", uri="sip:a@b")
    one = signed.expected(secret(signed), "INVITE", b"v=0")
    assert one != signed.expected(secret(signed), "INVITE", b"v=1")
    assert replace(signed, response=one).prove(secret(signed), "INVITE", b"v=0")
    assert not replace(signed, response=one).prove(secret(signed), "INVITE", b"v=1")


def test_a_session_algorithm_binds_the_secret_to_both_nonces() -> None:
    """RFC 7616 §3.4.2: A1 = H(user:realm:password):nonce:cnonce."""
    plain = secret(RFC7616)
    session = replace(RFC7616, algorithm="MD5-sess")
    bound = secret_of("MD5", plain, RFC7616.nonce, RFC7616.cnonce or "")
    assert session.expected(plain, "GET") == RFC7616.expected(bound, "GET")


@pytest.mark.parametrize(
    "changed",
    [
        {"nc": "00000002"},
        {"cnonce": "x"},
        {"nonce": "x"},
        {"uri": "sip:x"},
        {"algorithm": "SHA-256"},
        {"algorithm": "SHA-3"},
        {"qop": "auth-int"},
        {"qop": "auth-conf"},
        {"qop": None},
        {"response": ""},
        {"response": "\udcff"},
    ],
)
def test_whatever_is_changed_they_prove_nothing(changed: dict[str, str | None]) -> None:
    assert not replace(RFC7616, **changed).prove(secret(RFC7616), "GET")  # type: ignore[arg-type]
    assert not RFC7616.prove(secret(RFC7616), "POST")


def test_what_is_written_is_read_again() -> None:
    challenge = Challenge('a "b" \\c', "n", "SHA-256", ("auth", "auth-int"), "o", stale=True)
    assert Challenge.parse(str(challenge)) == challenge
    assert Challenge.parse(str(Challenge("r", "n"))) == Challenge("r", "n")
    assert Credentials.parse(str(RFC7616)) == RFC7616
    bare = Credentials("u", "r", "n", "sip:a", "0")
    assert Credentials.parse(str(bare)) == bare


def test_tokens_stay_bare_and_texts_are_quoted() -> None:
    """RFC 3261 §25.1: `qop` is quoted in a challenge and bare in credentials."""
    challenge = Challenge("r", "n", "SHA-256", ("auth",), "", stale=True)
    assert str(challenge) == (
        'Digest realm="r", nonce="n", opaque="", stale=true, algorithm=SHA-256, qop="auth"'
    )
    credentials = Credentials("u", "r", "n", "sip:a", "0", "MD5", "auth", "c", "00000001")
    assert str(credentials) == (
        'Digest username="u", realm="r", nonce="n", uri="sip:a", response="0", algorithm=MD5, '
        'cnonce="c", qop=auth, nc=00000001'
    )


@pytest.mark.parametrize(
    "text",
    [
        'digest realm=r,nonce="n" , ALGORITHM=sha-256',
        ' DIGEST  nonce="n",\trealm = "r",,algorithm="SHA-256"',
        'Digest realm="r", nonce="n", algorithm=SHA-256, something="else, with a comma"',
    ],
)
def test_a_challenge_may_be_written_in_many_ways(text: str) -> None:
    assert Challenge.parse(text) == Challenge("r", "n", "SHA-256")


def test_stale_and_the_offered_qualities_are_read_in_any_case() -> None:
    challenge = Challenge.parse('Digest realm="r", nonce="n", stale=TRUE, qop="Auth, auth-int,"')
    assert challenge.stale
    assert challenge.qop == ("auth", "auth-int")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Digest",
        "Digest ",
        'Basic realm="r"',
        'Digest realm="r"',
        'Digest nonce="n"',
        'Digest realm="r" nonce="n"',
        'Digest realm="r", nonce="n',
        'Digest realm="r", realm="s", nonce="n"',
        'Digest realm="r", nonce="n", algorithm="a b"',
        'Digest realm="r", nonce="n", =',
        'Digest realm="r", nonce="n", x',
        'Digest realm="r", nonce="n", ' + ", ".join(f"p{at}=1" for at in range(40)),
    ],
)
def test_what_is_no_challenge_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        Challenge.parse(text)


GOOD = 'Digest username="u", realm="r", nonce="n", uri="sip:a", response="0"'


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("username", "user"),
        GOOD.replace("uri", "url"),
        f"{GOOD}, nc=1, cnonce=c, qop=auth",
        f"{GOOD}, nc=0000000g, cnonce=c, qop=auth",
        f"{GOOD}, qop=auth",
        f"{GOOD}, nc=00000001, qop=auth",
    ],
)
def test_what_are_no_credentials_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        Credentials.parse(text)


def test_a_huge_value_is_read_in_one_pass() -> None:
    """Were a quote scanned again from each of its characters, this would take hours."""
    with pytest.raises(BadMessage):
        Challenge.parse('Digest realm="' + '\\"' * 200_000)
    with pytest.raises(BadMessage):
        Challenge.parse("Digest " + "a" * 400_000)
    with pytest.raises(BadMessage):
        Challenge.parse("Digest " + "," * 400_000)


def test_only_challenges_that_can_be_understood_are_taken() -> None:
    headers = Headers(
        [
            ("WWW-Authenticate", 'Basic realm="r"'),
            ("WWW-Authenticate", 'Digest realm="r", nonce="1", algorithm=SHA-256'),
            ("WWW-Authenticate", 'Digest realm="r", nonce="2"'),
            ("Proxy-Authenticate", 'Digest realm="r", nonce="3"'),
        ]
    )
    found = [(each.nonce, each.algorithm) for each in challenges(headers, "www-authenticate")]
    assert found == [("1", "SHA-256"), ("2", "MD5")]


def test_the_next_nonce_is_told() -> None:
    text = 'nextnonce="n2", qop=auth, rspauth="00", cnonce="c", nc=00000001'
    assert parse_info(text)["nextnonce"] == "n2"


def test_the_strongest_algorithm_is_first() -> None:
    assert ALGORITHMS == ("SHA-256", "MD5")
