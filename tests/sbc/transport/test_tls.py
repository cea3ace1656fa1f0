"""Both ends of TLS in memory: no socket, no loop (X6)."""

import ssl
from pathlib import Path

import pytest

from config.certificates import by_server_name, client_context, read, server_context
from sbc.transport.codec import Refused
from sbc.transport.tls import TlsSession, server_name
from tests.support.authority import Authority, Pair

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"


class Ends:
    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, asked: str | None = None):
        self.client = TlsSession(client, server_side=False, asked=asked)
        self.server = TlsSession(server, server_side=True)
        self.client.begin()

    def shake(self) -> None:
        """Raises Refused of whoever refuses first."""
        for _ in range(4):
            self.server.receive(self.client.outgoing())
            self.client.receive(self.server.outgoing())


def serving(authority: Authority, pair: Pair, *, required: bool = False) -> ssl.SSLContext:
    return server_context(
        read(pair.section()), read(pair.section(authority.trust)), required=required
    )


def calling(authority: Authority, pair: Pair | None = None) -> ssl.SSLContext:
    trusted = read(authority.pair("unused").section(authority.trust))
    return client_context(None if pair is None else read(pair.section()), trusted)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_both_learn_the_verified_names_of_the_other(authority: Authority) -> None:
    edge = authority.pair("edge", "sbc.example", "192.0.2.1")
    carrier = authority.pair("carrier", uris=("sip:carrier.example",))
    ends = Ends(calling(authority, carrier), serving(authority, edge))
    ends.shake()
    assert ends.client.established
    assert ends.client.names == ("sbc.example", "192.0.2.1")
    assert ends.server.names == ("carrier.example",)


def test_a_common_name_is_nobodys_name(authority: Authority) -> None:
    edge = authority.pair("edge", common_name="sbc.example")
    ends = Ends(calling(authority), serving(authority, edge))
    ends.shake()
    assert (ends.client.established, ends.client.names) == (True, ())


def test_who_comes_without_a_certificate_has_no_names_or_is_refused(authority: Authority) -> None:
    edge = authority.pair("edge", "sbc.example")
    ends = Ends(calling(authority), serving(authority, edge))
    ends.shake()
    assert (ends.server.established, ends.server.names) == (True, ())
    with pytest.raises(Refused, match="handshake: peer did not return a certificate"):
        Ends(calling(authority), serving(authority, edge, required=True)).shake()


def test_a_certificate_of_another_authority_or_an_old_one_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger").pair("stranger", "carrier.example")
    old = authority.pair("old", "carrier.example", days=-1)
    edge = authority.pair("edge", "sbc.example")
    with pytest.raises(Refused, match="certificate: unable to get local issuer"):
        Ends(calling(authority, stranger), serving(authority, edge)).shake()
    with pytest.raises(Refused, match="certificate: certificate has expired"):
        Ends(calling(authority, old), serving(authority, edge)).shake()
    with pytest.raises(Refused, match="certificate: certificate has expired"):
        Ends(calling(authority), serving(authority, old)).shake()


def test_whoever_is_refused_is_told_so(authority: Authority) -> None:
    edge = authority.pair("edge", "sbc.example")
    ends = Ends(calling(authority), serving(authority, edge, required=True))
    with pytest.raises(Refused):
        ends.shake()
    with pytest.raises(Refused, match=r"record: .*certificate required"):
        ends.client.receive(ends.server.outgoing())


def test_one_of_several_certificates_is_shown_by_the_name_asked_for(authority: Authority) -> None:
    pairs = [
        authority.pair("a", "a.example"),
        authority.pair("b", "b.example"),
        authority.pair("w", "*.wild.example"),
    ]
    materials = [read(pair.section()) for pair in pairs]

    def shown(asked: str | None) -> tuple[str, ...]:
        made = [(each, server_context(each, None, required=False)) for each in materials]
        ends = Ends(calling(authority), by_server_name(made), asked)
        ends.shake()
        return ends.client.names

    assert shown("b.example") == ("b.example",)
    assert shown("B.example") == ("b.example",)
    assert shown("other.example") == shown(None) == ("a.example",)
    assert shown("x.wild.example") == ()  # which is enough to be shown, and no name for SIP


def test_what_is_said_comes_out_whatever_pieces_it_came_in(authority: Authority) -> None:
    ends = Ends(calling(authority), serving(authority, authority.pair("edge", "sbc.example")))
    ends.shake()
    ends.client.seal(OPTIONS)
    ends.client.seal(OPTIONS)
    sealed = ends.client.outgoing()
    heard = b""
    for at in range(len(sealed)):
        assert ends.server.midway == (0 < at != len(sealed) // 2)
        heard += ends.server.receive(sealed[at : at + 1])
    assert heard == 2 * OPTIONS
    assert not ends.server.midway


def test_half_a_record_is_midway_also_before_the_handshake_is_done(authority: Authority) -> None:
    ends = Ends(calling(authority), serving(authority, authority.pair("edge", "sbc.example")))
    hello = ends.client.outgoing()
    ends.server.receive(hello[:3])
    assert ends.server.midway
    ends.server.receive(hello[3:-1])
    assert ends.server.midway
    ends.server.receive(hello[-1:])
    assert not ends.server.midway


def test_the_end_is_told_and_heard(authority: Authority) -> None:
    ends = Ends(calling(authority), serving(authority, authority.pair("edge", "sbc.example")))
    ends.shake()
    ends.client.close()
    assert ends.server.receive(ends.client.outgoing()) == b""
    assert ends.server.ended
    ends.client.seal(OPTIONS)  # too late, and nobody's fault
    assert ends.client.outgoing() == b""


@pytest.mark.parametrize("noise", [OPTIONS, b"\x00" * 100, b"\x16\x03\x01\x00\x05hello"])
def test_who_does_not_speak_tls_is_refused(authority: Authority, noise: bytes) -> None:
    server = TlsSession(serving(authority, authority.pair("edge", "sbc.example")), server_side=True)
    with pytest.raises(Refused, match="handshake: "):
        server.receive(noise)


def test_a_record_that_was_tampered_with_ends_it(authority: Authority) -> None:
    ends = Ends(calling(authority), serving(authority, authority.pair("edge", "sbc.example")))
    ends.shake()
    ends.client.seal(OPTIONS)
    sealed = bytearray(ends.client.outgoing())
    sealed[-1] ^= 1
    with pytest.raises(Refused, match="record: decryption failed or bad record mac"):
        ends.server.receive(bytes(sealed))
    ends.server.close()


def test_nothing_older_than_tls_1_2(authority: Authority) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    # The old one is asked for on purpose, which Python warns of.
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    edge = serving(authority, authority.pair("edge", "sbc.example"))
    with pytest.raises(Refused, match="handshake: "):
        Ends(old, edge).shake()


def test_the_name_to_ask_for_is_the_first_that_is_no_address() -> None:
    assert server_name(("192.0.2.1", "a.example", "b.example")) == "a.example"
    assert server_name(("192.0.2.1", "2001:db8::1", "[2001:db8::1]")) is None
