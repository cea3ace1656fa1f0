"""One authenticated request, and how it is answered (RFC 8489 §6.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass

from stun_turn import attributes as of
from stun_turn.actions import Client, ToClient
from stun_turn.auth import Authenticated
from stun_turn.message import Class, Message, Value, build
from stun_turn.registry import Attribute


class Refused(Exception):
    """The request cannot be granted: the error response that it gets."""

    def __init__(self, code: int, *attributes: Value) -> None:
        super().__init__(code)
        self.code = code
        self.attributes = attributes


@dataclass(frozen=True, slots=True)
class Request:
    message: Message
    client: Client
    now: float
    wall: float
    """`now` in seconds since 1970: what credentials go by."""
    who: Authenticated | None = None
    """None: of a stranger, as Binding requests are."""
    software: str = ""

    def success(self, *attributes: Value) -> ToClient:
        return self._answer(Class.SUCCESS, attributes)

    def error(self, code: int, attributes: Iterable[Value] = ()) -> ToClient:
        """To a stranger without a reason: no answer shall be longer than it must."""
        reason = "" if self.who is None else None
        told = (Attribute.ERROR_CODE, of.error_code(code, reason))
        return self._answer(Class.ERROR, (told, *attributes))

    def _answer(self, kind: Class, attributes: Iterable[Value]) -> ToClient:
        message, who = self.message, self.who
        values = list(attributes)
        if self.software and who is not None:
            values.append((Attribute.SOFTWARE, self.software.encode()))
        data = build(
            message.method,
            kind,
            message.transaction_id,
            values,
            key=None if who is None else who.key,
            algorithm="sha1" if who is None else who.algorithm,
        )
        return ToClient(data, self.client)

    def number(self, kind: Attribute) -> int | None:
        value = self.message.get(kind)
        return None if value is None else of.read_number(value)

    def peers(self) -> list[of.Address]:
        return [
            of.read_xor_address(value, self.message.transaction_id)
            for value in self.message.all(Attribute.XOR_PEER_ADDRESS)
        ]
