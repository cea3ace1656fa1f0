import pytest

from media.ng.bencode import decode, encode
from media.ng.service import Service
from tests.support.ng import CALLER, NgWorld, sdp

A, B = ("127.0.0.1", 1), ("127.0.0.1", 2)


class Rig:
    def __init__(self) -> None:
        self.world = NgWorld()
        self.faults: list[str | None] = []
        self.service = Service(self.world.core, self.faults.append, 0.0)

    def send(self, data: bytes, client: object = A, largest: int = 1 << 20) -> bytes | None:
        return self.service.datagram(data, client, "127.0.0.1", self.world.now, largest)


def offer(cookie: bytes, call: str = "c") -> bytes:
    keys = {"command": "offer", "call-id": call, "from-tag": "a", "sdp": sdp(CALLER)}
    return cookie + b" " + encode(keys)


def test_a_reply_has_the_cookie_and_the_form_of_its_request() -> None:
    rig = Rig()
    assert rig.send(b"x1 d7:command4:pinge") == b"x1 d6:result4:ponge"
    assert rig.send(b'x2 {"command":"ping"}') == b'x2 {"result":"pong"}'


def test_a_repeated_request_runs_once_and_gets_the_same_reply() -> None:
    rig = Rig()
    first = rig.send(offer(b"k"))
    assert rig.send(offer(b"k")) == first
    assert rig.world.core.counters.managed == 1
    assert rig.world.core.counters.all_asked()["offer"] == 1


def test_a_cookie_belongs_to_its_client() -> None:
    rig = Rig()
    rig.send(offer(b"k", "one"), A)
    rig.send(offer(b"k", "two"), B)
    assert rig.world.ask("list")["calls"] == ["one", "two"]


@pytest.mark.parametrize("document", [b"", b"d", b"xyz", b"l4:pinge", b"{", b"d7:command4:pingee"])
def test_a_broken_document_gets_a_proper_error(document: bytes) -> None:
    reply = Rig().send(b"k " + document)
    assert reply is not None
    assert b"error-reason" in reply


def test_without_a_cookie_nothing_is_answered() -> None:
    assert Rig().send(b"d7:command4:pinge") is None
    assert Rig().send(b"") is None


def test_a_reply_that_no_datagram_holds_is_an_error_instead() -> None:
    rig = Rig()
    reply = rig.send(offer(b"k"), largest=100)
    assert reply is not None
    assert decode(reply[2:]) == {"result": "error", "error-reason": "The reply is too long for UDP"}


def test_a_fault_of_ours_costs_the_call_and_is_told() -> None:
    rig = Rig()
    rig.send(offer(b"k"))
    rig.send(offer(b"l", "other"))
    (talk,) = rig.world.core.calls.of("c")
    del talk.signalled_at
    reply = rig.send(b"m d7:command5:query7:call-id1:ce")
    assert reply is not None
    assert b"Internal error" in reply
    assert rig.faults == ["c"]
    assert rig.world.ask("list")["calls"] == ["other"]
