"""The whole process in this one: real sockets on the loopback, real time."""

import io
from collections.abc import Iterator
from socket import AF_INET, SOCK_DGRAM, create_connection, socket

import pytest

from media.ng.app import NgApp
from media.ng.bencode import Read, decode, encode
from media.ng.interfaces import Interfaces, parse_place
from media.ng.options import Options
from media.ng.settings import Settings
from tests.support.ng import sdp
from tests.support.rtp_streams import rtp

HERE = "127.0.0.1"


@pytest.fixture
def app() -> Iterator[NgApp]:
    options = Options(
        ng=(HERE, 0),
        interfaces=Interfaces([parse_place(HERE)]),
        ports=(42000, 42099),
        port_rest=1.0,
        settings=Settings(learning="immediate", delete_delay=0.0),
        tcp=(HERE, 0),
        http=(HERE, 0),
    )
    app = NgApp(options, io.StringIO())
    yield app
    app.close()


class Client:
    def __init__(self, app: NgApp) -> None:
        self._app = app
        self._number = 0
        self.socket = socket(AF_INET, SOCK_DGRAM)
        self.socket.settimeout(5.0)
        self.socket.connect((HERE, app.door.port))

    def ask(self, **keys: str) -> dict[str, Read]:
        self._number += 1
        message = {key.replace("_", "-"): value for key, value in keys.items()}
        self.socket.send(b"%d " % self._number + encode(message))
        self._app.turn(5.0)
        reply = decode(self.socket.recv(65_535).partition(b" ")[2])
        assert isinstance(reply, dict)
        return reply


def test_a_call_is_set_up_carries_media_and_ends(app: NgApp) -> None:
    client = Client(app)
    with client.socket, socket(AF_INET, SOCK_DGRAM) as one, socket(AF_INET, SOCK_DGRAM) as two:
        for each in (one, two):
            each.bind((HERE, 0))
            each.settimeout(5.0)
        names = {"call_id": "c", "from_tag": "a"}
        offer = client.ask(command="offer", sdp=sdp(one.getsockname()), **names)
        client.ask(command="answer", sdp=sdp(two.getsockname()), to_tag="b", **names)
        assert offer["result"] == "ok"
        far = int(str(offer["sdp"]).split("m=audio ")[1].split()[0])
        two.sendto(rtp(0, 0, 8), (HERE, far))
        app.turn(5.0)
        data, near = one.recvfrom(2000)
        assert data == rtp(0, 0, 8)
        one.sendto(rtp(1, 160, 8), near)
        app.turn(5.0)
        assert two.recvfrom(2000) == (rtp(1, 160, 8), (HERE, far))
        assert client.ask(command="delete", **names)["result"] == "ok"
        assert client.ask(command="list")["calls"] == []
        assert len(app.relay) == 0


def test_a_fault_is_logged_and_the_process_goes_on(app: NgApp) -> None:
    client = Client(app)
    with client.socket:
        client.ask(command="offer", sdp=sdp((HERE, 4000)), call_id="c", from_tag="a")
        del app.core.calls.of("c")[0].signalled_at
        assert client.ask(command="query", call_id="c")["error-reason"] == "Internal error"
        assert client.ask(command="ping") == {"result": "pong"}


def test_every_transport_reaches_the_same_calls(app: NgApp) -> None:
    client = Client(app)
    tcp, http = app.streams
    with client.socket:
        client.ask(command="offer", sdp=sdp((HERE, 4000)), call_id="c", from_tag="a")
    with create_connection((HERE, tcp.port), 5.0) as one:
        one.sendall(b"1 d7:command4:liste")
        while not len(tcp):
            app.turn(5.0)
        app.turn(5.0)
        assert one.recv(1000) == b"1 d6:result2:ok5:callsl1:cee"
    with create_connection((HERE, http.port), 5.0) as two:
        two.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        while not len(http):
            app.turn(5.0)
        app.turn(5.0)
        assert b"sbc_ng_calls 1\n" in two.recv(10_000)
