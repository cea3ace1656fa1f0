"""The server's side of SIP over WebSocket (RFC 7118), against a client in memory (I7)."""

from collections.abc import Sequence

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from sbc.transport.codec import Answer, Refused
from sbc.transport.websocket import Door, WebSocket

OPTIONS = b"OPTIONS sip:a SIP/2.0\r\nX: \xc3\xa4\r\n\r\n"
DOOR = Door("/sip", frozenset({"https://phone.example"}))
MOST = 1000


class Client:
    def __init__(
        self,
        origin: str | None = "https://phone.example",
        path: str = "/sip",
        subprotocols: Sequence[str] = ("sip",),
        door: Door = DOOR,
    ) -> None:
        self.server = WebSocket(door, MOST)
        self.end = WSConnection(ConnectionType.CLIENT)
        headers = [] if origin is None else [(b"Origin", origin.encode())]
        self.hello = self.end.send(
            Request("sbc.example", path, subprotocols=list(subprotocols), extra_headers=headers)
        )
        self.messages: list[bytes] = []

    def says(self, *events: Event | bytes) -> list[Event]:
        """What the server answers; messages that it took go to `messages`."""
        data = b"".join(e if isinstance(e, bytes) else self.end.send(e) for e in events)
        return self.hears(self.server.receive(data))

    def hears(self, items: Sequence[bytes | Answer]) -> list[Event]:
        for item in items:
            if isinstance(item, Answer):
                self.end.receive_data(item.data)
            else:
                self.messages.append(item)
        return list(self.end.events())


def joined(origin: str | None = "https://phone.example") -> Client:
    client = Client(origin)
    (answer,) = client.says(client.hello)
    assert isinstance(answer, AcceptConnection)
    assert answer.subprotocol == "sip"
    assert client.server.ready
    return client


def test_a_page_that_is_known_is_let_in_and_speaks_sip() -> None:
    client = joined()
    assert client.says(TextMessage(OPTIONS.decode())) == []
    assert client.says(BytesMessage(OPTIONS), TextMessage(OPTIONS.decode())) == []
    assert client.messages == [OPTIONS] * 3


@pytest.mark.parametrize(
    ("origin", "path", "subprotocols", "status"),
    [
        ("https://evil.example", "/sip", ["sip"], 403),
        ("https://phone.example.evil.example", "/sip", ["sip"], 403),
        ("http://phone.example", "/sip", ["sip"], 403),
        ("null", "/sip", ["sip"], 403),
        ("https://phone.example", "/other", ["sip"], 404),
        ("https://phone.example", "/sip/", ["sip"], 404),
        ("https://phone.example", "/sip", [], 400),
        ("https://phone.example", "/sip", ["xmpp"], 400),
    ],
)
def test_who_is_not_gets_a_status_and_no_more(
    origin: str, path: str, subprotocols: list[str], status: int
) -> None:
    client = Client(origin, path, subprotocols)
    (answer,) = [e for e in client.says(client.hello) if isinstance(e, RejectConnection)]
    assert answer.status_code == status
    assert not client.server.ready
    with pytest.raises(Refused, match=f"upgrade refused: {status}"):
        client.server.receive(b"")


@pytest.mark.parametrize("origin", [None, "HTTPS://Phone.example", "https://phone.example/"])
def test_no_browser_no_origin_and_case_does_not_matter(origin: str | None) -> None:
    joined(origin)


def test_without_a_list_every_page_is_known_and_a_query_is_not_the_path() -> None:
    client = Client("https://any.example", "/?a=b", door=Door("/"))
    assert isinstance(client.says(client.hello)[0], AcceptConnection)


def test_two_origins_are_none() -> None:
    client = Client()
    twice = client.hello.replace(b"Origin", b"Origin: https://phone.example\r\nOrigin", 1)
    (answer, *_) = client.says(twice)
    assert isinstance(answer, RejectConnection)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "junk",
    [
        b"OPTIONS sip:a SIP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /sip HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\x00" * 100,
        b"GET /sip HTTP/1.1\r\nX: " + b"a" * 100_000,
    ],
)
def test_what_is_no_upgrade_is_refused(junk: bytes) -> None:
    server = WebSocket(DOOR, MOST)
    with pytest.raises(Refused):  # noqa: PT012  an answer may come before
        server.receive(junk)
        server.receive(b"")
    assert not server.ready


def test_half_an_upgrade_is_no_upgrade_yet() -> None:
    client = Client()
    assert client.server.receive(client.hello[:-1]) == []
    ready_before = client.server.ready
    (answer,) = client.says(client.hello[-1:])
    assert isinstance(answer, AcceptConnection)
    assert (ready_before, client.server.ready) == (False, True)


def test_fragments_make_one_message_and_a_message_is_midway_until_its_last() -> None:
    client = joined()
    seen = [client.server.midway]
    client.says(BytesMessage(OPTIONS[:5], message_finished=False))
    seen.append(client.server.midway)
    assert isinstance(client.says(Ping())[0], Pong)
    seen.append(client.server.midway)
    client.says(BytesMessage(OPTIONS[5:]))
    seen.append(client.server.midway)
    assert seen == [False, True, True, False]
    assert client.messages == [OPTIONS]


def test_a_message_may_be_as_large_as_the_zone_allows_and_no_larger() -> None:
    client = joined()
    client.says(BytesMessage(b"a" * MOST))
    assert client.messages == [b"a" * MOST]
    (answer,) = client.says(
        BytesMessage(b"a" * 600, message_finished=False), BytesMessage(b"a" * 600)
    )
    assert isinstance(answer, CloseConnection)
    assert answer.code == 1009
    with pytest.raises(Refused, match="message too large"):
        client.server.receive(b"")


def test_fragments_without_end_take_no_memory() -> None:
    client = joined()
    for _ in range(1000):
        client.says(BytesMessage(b"", message_finished=False))
    assert client.server.midway
    client.says(BytesMessage(OPTIONS))
    assert client.messages == [OPTIONS]


def test_keepalives_are_answered_in_kind() -> None:
    client = joined()
    (pong,) = client.says(Ping(b"x"))
    assert isinstance(pong, Pong)
    assert pong.payload == b"x"
    (crlf,) = client.says(TextMessage("\r\n\r\n"))
    assert isinstance(crlf, Message)
    assert crlf.data == "\r\n"
    assert client.says(TextMessage("\r\n")) == []
    assert client.messages == []


def test_the_client_is_asked_whether_it_is_there() -> None:
    client = joined()
    (ping,) = client.hears([Answer(client.server.ping())])
    assert isinstance(ping, Ping)
    assert client.server.receive(client.end.send(ping.response())) == [Answer(b"")]


def test_what_we_send_is_text_where_it_can_be() -> None:
    client = joined()
    (text,) = client.hears([Answer(client.server.encode(OPTIONS))])
    assert isinstance(text, TextMessage)
    assert text.data.encode() == OPTIONS
    (other,) = client.hears([Answer(client.server.encode(b"\xff\xfe"))])
    assert isinstance(other, BytesMessage)
    assert bytes(other.data) == b"\xff\xfe"


def test_goodbyes_of_either_side() -> None:
    client = joined()
    items = client.server.receive(client.end.send(CloseConnection(1000)))
    assert [item.last for item in items if isinstance(item, Answer)] == [True]
    assert client.server.farewell() == b""
    client = joined()
    (close,) = client.hears([Answer(client.server.farewell())])
    assert isinstance(close, CloseConnection)
    assert close.code == 1001
    assert WebSocket(DOOR, MOST).farewell() == b""


@pytest.mark.parametrize(
    "frame",
    [
        b"\x83\x80\x00\x00\x00\x00",  # an opcode that is reserved
        b"\x81\x02hi",  # not masked
        b"\xc1\x80\x00\x00\x00\x00",  # a reserved bit
        b"\x80\x80\x00\x00\x00\x00",  # goes on with nothing
        b"\x81\x81\x00\x00\x00\x00\xff",  # text that is none
        b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"a" * 126,  # too long a ping
    ],
)
def test_a_frame_against_the_rules_ends_it(frame: bytes) -> None:
    client = joined()
    items = client.server.receive(frame)
    assert [item.last for item in items if isinstance(item, Answer)] == [True]
    (answer,) = client.hears(items)
    assert isinstance(answer, CloseConnection)
    assert answer.code in (1002, 1007)
    assert client.messages == []
