"""How a request is answered (RFC 8489 §6.3.1)."""

from stun_turn import attributes as of
from stun_turn.accounts import Account
from stun_turn.actions import Client
from stun_turn.auth import Authenticated
from stun_turn.message import Class, build, parse
from stun_turn.registry import Attribute, Method
from stun_turn.request import Request

CLIENT = Client("udp", ("203.0.113.1", 3478), ("192.0.2.1", 1))
PEERS = [("198.51.99.7", 1), ("198.51.99.8", 2)]


def request(who: Authenticated | None = None, software: str = "") -> Request:
    values = [
        (Attribute.XOR_PEER_ADDRESS, of.xor_address(PEERS[0], bytes(12))),
        (Attribute.LIFETIME, of.number(7)),
        (Attribute.XOR_PEER_ADDRESS, of.xor_address(PEERS[1], bytes(12))),
    ]
    message = parse(build(Method.ALLOCATE, Class.REQUEST, bytes(12), values))
    return Request(message, CLIENT, 0.0, 1e9, who, software)


def test_its_values_are_read() -> None:
    assert request().number(Attribute.LIFETIME) == 7
    assert request().number(Attribute.CHANNEL_NUMBER) is None
    assert request().peers() == PEERS


def test_a_stranger_is_told_no_more_than_it_must_know() -> None:
    answer = request(software="border").error(401)
    assert answer.client == CLIENT
    message = parse(answer.data)
    assert message.attributes == ((Attribute.ERROR_CODE, b"\0\0\4\1"),)


def test_a_user_gets_a_reason_and_an_integrity_of_its_own_kind() -> None:
    sha1 = Authenticated("ann", Account("ann", "pw"), b"key", "sha1")
    sha256 = Authenticated("ann", Account("ann", "pw"), b"key", "sha256")
    refused = parse(request(sha1, "border").error(437).data)
    assert refused.kind is Class.ERROR
    assert refused.is_authentic(b"key")
    assert of.read_error_code(refused.get(Attribute.ERROR_CODE) or b"") == (
        437,
        "Allocation Mismatch",
    )
    assert refused.get(Attribute.SOFTWARE) == b"border"
    granted = parse(request(sha256).success().data)
    assert granted.kind is Class.SUCCESS
    assert granted.is_authentic_sha256(b"key")
