"""The certificate of TURN over TLS and DTLS, and what becomes of it when its files change (X7)."""

import os
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from config.certificates import Unfit
from config.model import Certificate
from stun_turn.secure import Shown
from tests.support.authority import Authority


def section(tmp_path: Path) -> Certificate:
    return Authority(tmp_path).pair("turn", "turn.example.org").section()


def later(path: Path) -> None:
    """As if written a second later."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))


def shaken(shown: Shown, trust: Path) -> bytes:
    """The certificate that a client gets in a handshake."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(trust)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="turn.example.org")
    other = shown.tls.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    for _ in range(8):
        for end in (one, other):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
                done.add(end)
    assert done == {one, other}
    return one.getpeercert(binary_form=True) or b""


def test_a_new_certificate_is_shown_in_the_next_handshake(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shown = Shown(authority.pair("turn", "turn.example.org").section())
    first = shaken(shown, authority.trust)
    assert shown.look() is None
    later(authority.pair("turn", "turn.example.org").chain)
    assert shown.look() == "certificate_loaded"
    second = shaken(shown, authority.trust)
    assert second
    assert second != first


def test_what_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.pair("turn", "turn.example.org")
    shown = Shown(pair.section())
    first = shaken(shown, authority.trust)
    pair.chain.write_text("no certificate")
    later(pair.chain)
    assert shown.look() == "certificate_refused"
    assert shown.look() is None
    assert shaken(shown, authority.trust) == first


def test_a_certificate_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    found = section(tmp_path)
    (tmp_path / "turn.key").write_text("no key")
    with pytest.raises(Unfit):
        Shown(found)


def test_a_context_of_dtls_is_kept_until_the_files_change(tmp_path: Path) -> None:
    found = section(tmp_path)
    shown = Shown(found)

    def context() -> object:
        return shown.dtls(lambda _: b"cookie", lambda _, __: True)

    first = context()
    assert context() is first
    later(tmp_path / "turn.pem")
    shown.look()
    assert context() is not first
