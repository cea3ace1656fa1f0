import ssl
from pathlib import Path

import pytest

from config.certificates import Unfit, client_context, read, server_context, speaks_for
from config.model import Certificate
from tests.support.authority import Authority


def test_what_is_read_of_a_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.pair("edge", "SBC.example", "192.0.2.1", days=10)
    material = read(pair.section(authority.trust))
    assert material.names == ("sbc.example",)
    assert material.chain == pair.chain.read_bytes()
    assert material.trust == authority.trust.read_bytes()


def test_of_authorities_alone_the_last_end_counts(tmp_path: Path) -> None:
    material = read(Certificate(trust=str(Authority(tmp_path).trust)))
    shorter = read(Authority(tmp_path, "two").pair("edge", "a.example").section())
    assert material.expires > shorter.expires
    assert material.names == ()


@pytest.mark.parametrize(
    ("chain", "key", "why"),
    [
        ("a.pem", "b.key", "chain and key: key values mismatch"),
        ("a.pem", "a.pem", "chain and key: "),
        ("a.key", "a.key", "no certificate in PEM form"),
        ("none.pem", "a.key", "No such file"),
        (".", "a.key", "Is a directory"),
        ("empty", "a.key", "no certificate in PEM form"),
        ("a.pem", "locked.key", "chain and key: "),
        ("broken.pem", "a.key", "no certificate in PEM form"),
    ],
)
def test_files_that_do_not_fit_are_told_in_words(
    tmp_path: Path, chain: str, key: str, why: str
) -> None:
    authority = Authority(tmp_path)
    authority.pair("a", "a.example")
    authority.pair("b", "b.example")
    (tmp_path / "empty").touch()
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    (tmp_path / "locked.key").write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    with pytest.raises(Unfit, match=why):
        read(Certificate(chain=str(tmp_path / chain), key=str(tmp_path / key)))


def test_contexts_are_strict(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    material = read(authority.pair("edge", "a.example").section(authority.trust))
    server = server_context(material, material, required=True)
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    assert server.verify_mode == ssl.CERT_REQUIRED
    assert server.num_tickets == 0
    assert server_context(material, material, required=False).verify_mode == ssl.CERT_OPTIONAL
    assert server_context(material, None, required=True).verify_mode == ssl.CERT_NONE
    assert client_context(material, material).verify_mode == ssl.CERT_REQUIRED
    assert client_context(None, None).verify_mode == ssl.CERT_REQUIRED
    weak = ("RC4", "3DES", "CBC", "NULL", "MD5")
    names = [each["name"] for each in server.get_ciphers()]
    assert names
    assert not any(part in name for name in names for part in weak)
    newest = read(
        Certificate(
            chain=str(tmp_path / "edge.pem"), key=str(tmp_path / "edge.key"), min_version="1.3"
        )
    )
    assert server_context(newest, None, required=False).minimum_version == ssl.TLSVersion.TLSv1_3


def test_which_names_a_certificate_serves(tmp_path: Path) -> None:
    material = read(Authority(tmp_path).pair("e", "a.example", "*.b.example").section())
    assert speaks_for(material, "A.example")
    assert speaks_for(material, "x.b.example")
    assert not speaks_for(material, "b.example")
    assert not speaks_for(material, "y.x.b.example")
    assert not speaks_for(material, "example")
