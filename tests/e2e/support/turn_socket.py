"""A client of the TURN server on a UDP socket, which says exactly what a test wants (RFC 8656)."""

from itertools import count
from socket import AF_INET, SOCK_DGRAM, socket

from stun_turn import attributes as of
from stun_turn.accounts import long_term_key
from stun_turn.attributes import MD5
from stun_turn.message import Class, Message, Value, build, parse
from stun_turn.registry import Attribute, Method

REALM = "example.org"
UDP: Value = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
PATIENCE = 5.0
_serial = count(1)


class TurnSocket:
    def __init__(self, ip: str, server: tuple[str, int], user: str, password: str) -> None:
        self.socket = socket(AF_INET, SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind((ip, 0))
        self.socket.connect(server)
        self._user = user
        self._key = long_term_key(user, REALM, password, MD5)
        self.nonce = b""

    def close(self) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        self.socket.send(data)

    def hear(self) -> Message:
        return parse(self.socket.recv(2048))

    def knock(self) -> None:
        """As a stranger."""
        self.say(build(Method.ALLOCATE, Class.REQUEST, _transaction_id(), [UDP]))

    def challenged(self) -> None:
        self.nonce = self.hear().get(Attribute.NONCE) or b""

    def request(self, method: Method, *values: Value) -> bytes:
        """With credentials."""
        credentials = [
            (Attribute.USERNAME, self._user.encode()),
            (Attribute.REALM, REALM.encode()),
            (Attribute.NONCE, self.nonce),
        ]
        whole = [*values, *credentials]
        return build(method, Class.REQUEST, _transaction_id(), whole, key=self._key)

    def allocate(self) -> int:
        """0, or the code of the refusal."""
        self.knock()
        self.challenged()
        self.say(self.request(Method.ALLOCATE, UDP))
        return code(self.hear())


def code(answer: Message) -> int:
    """0 for success."""
    value = answer.get(Attribute.ERROR_CODE)
    return 0 if value is None else of.read_error_code(value)[0]


def _transaction_id() -> bytes:
    return next(_serial).to_bytes(12, "big")
