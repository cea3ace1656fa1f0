import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from media.ng.http import LONGEST_HEAD, HttpTalk
from media.ng.service import Service
from media.ng.tcp import LONGEST_MESSAGE
from media.ng.websocket import COOKIE, PLAIN
from tests.support.ng import NgWorld

A = ("127.0.0.1", 1)
NG, JSON = "application/x-rtpengine-ng", "application/json"
PING = b"d7:command4:pinge"


def talk() -> HttpTalk:
    core = NgWorld().core
    return HttpTalk(Service(core, lambda _: None, 0.0), A, A[0], core.metrics)


def post(path: str, kind: str, body: bytes, *fields: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, *fields, "", ""]).encode() + body


def status(reply: bytes) -> int:
    return int(reply.split()[1])


def body(reply: bytes) -> bytes:
    return reply.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (post("/ng", NG, b"1 " + PING), b"1 d6:result4:ponge"),
        (post("/ng", NG, b'1 {"command":"ping"}'), b'1 {"result":"pong"}'),
        (post("/ng-plain", NG, PING), b"d6:result4:ponge"),
        (post("/ng-plain", JSON, b'{"command":"ping"}'), b'{"result":"pong"}'),
        (b"GET /ping HTTP/1.1\r\n\r\n", b"pong"),
    ],
)
def test_requests_are_answered(request_: bytes, reply: bytes) -> None:
    got = talk().receive(request_, 0.0)
    assert (status(got), body(got)) == (200, reply)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (post("/ng", JSON, b"1 " + PING), 404),
        (post("/nowhere", NG, PING), 404),
        (b"GET /ng HTTP/1.1\r\n\r\n", 404),
        (post("/ng", NG, b"nocookie"), 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /ping HTTP/1.1\r\nbad field\r\n\r\n", 400),
        (b"POST /ng HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /ng HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /ng HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /ng HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LONGEST_MESSAGE + 1), 413),
        (b"GET /" + b"x" * LONGEST_HEAD, 431),
        (b"GET /ng HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", 400),
    ],
)
def test_what_is_not_served_is_told_by_its_status(request_: bytes, code: int) -> None:
    one = talk()
    assert status(one.receive(request_, 0.0)) == code
    assert one.over is (code not in {404} and b"nocookie" not in request_)


def test_a_connection_serves_many_requests_until_it_is_to_close() -> None:
    one = talk()
    replies = one.receive(post("/ng", NG, b"1 " + PING) + post("/ng", NG, b"2 " + PING), 0.0)
    assert replies.count(b"200 OK") == 2
    assert one.over is False
    ending = talk()
    ending.receive(post("/ng", NG, b"3 " + PING, "Connection: close"), 0.0)
    assert ending.over
    old = talk()
    old.receive(b"GET /ping HTTP/1.0\r\n\r\n", 0.0)
    assert old.over


@given(st.lists(st.integers(1, 40)))
def test_a_request_may_come_in_pieces(sizes: list[int]) -> None:
    one, data, got = talk(), post("/ng", NG, b"1 " + PING), b""
    for size in sizes:
        got += one.receive(data[:size], 0.0)
        data = data[size:]
    got += one.receive(data, 0.0)
    assert body(got) == b"1 d6:result4:ponge"


@given(st.binary(max_size=200))
def test_random_bytes_break_nothing(data: bytes) -> None:
    talk().receive(data, 0.0)


def test_metrics_are_prometheus_text() -> None:
    text = body(talk().receive(b"GET /metrics HTTP/1.1\r\n\r\n", 0.0)).decode()
    assert "# TYPE sbc_ng_calls gauge\nsbc_ng_calls 0\n" in text
    assert 'sbc_ng_requests_total{command="offer"} 0' in text


def upgraded(name: str) -> tuple[HttpTalk, WSConnection]:
    one, client = talk(), WSConnection(ConnectionType.CLIENT)
    request = client.send(Request(host="relay", target="/", subprotocols=["other", name]))
    client.receive_data(one.receive(request, 0.0))
    (accepted,) = client.events()
    assert isinstance(accepted, AcceptConnection)
    assert accepted.subprotocol == name
    return one, client


def say(one: HttpTalk, client: WSConnection, event: Event) -> list[Event]:
    client.receive_data(one.receive(client.send(event), 0.0))
    return list(client.events())


def test_a_websocket_carries_messages_with_and_without_cookies() -> None:
    one, client = upgraded(COOKIE)
    (reply,) = say(one, client, TextMessage(data='7 {"command":"ping"}'))
    assert isinstance(reply, TextMessage)
    assert reply.data == '7 {"result":"pong"}'
    one, client = upgraded(PLAIN)
    (reply,) = say(one, client, TextMessage(data='{"command":"ping"}'))
    assert isinstance(reply, TextMessage)
    assert reply.data == '{"result":"pong"}'


def test_a_websocket_answers_pings_and_ends_in_order() -> None:
    one, client = upgraded(COOKIE)
    assert say(one, client, Ping(payload=b"x")) == [Pong(payload=b"x")]
    say(one, client, CloseConnection(code=1000))
    assert one.over
