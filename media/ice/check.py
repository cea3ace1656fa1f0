"""Connectivity checks on the wire (RFC 8445 §7): built, read and answered with the codec of STUN.

A check is a Binding request under the credentials of the two ends. Who does not know ours is told
nothing, and no answer is larger than its question.
"""

import struct
from dataclasses import dataclass, field
from enum import Enum

from media.control import Address
from stun_turn.attributes import error_code, number, read_number, unknown_attributes, xor_address
from stun_turn.message import BadStun, Class, Message, Value, build
from stun_turn.registry import Attribute, Method

ROLE_CONFLICT, UNKNOWN_ATTRIBUTE = 487, 420

_TIE_BREAKER = struct.Struct("!Q")
_LONGEST_USERNAME = 513
"""Bytes: two fragments of 256 characters and a colon (RFC 8445 §5.3)."""


class Role(Enum):
    """RFC 8445 §6.1.1: the controlling agent nominates the pair that is used."""

    CONTROLLING = Attribute.ICE_CONTROLLING
    CONTROLLED = Attribute.ICE_CONTROLLED

    @property
    def other(self) -> "Role":
        return Role.CONTROLLED if self is Role.CONTROLLING else Role.CONTROLLING


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of both ends (RFC 8445 §5.3). What they send us is keyed with our password, and the other
    way around."""

    ufrag: str
    pwd: str = field(repr=False)
    peer_ufrag: str
    peer_pwd: str = field(repr=False)

    @property
    def incoming(self) -> bytes:
        """The USERNAME that a check for us carries."""
        return f"{self.ufrag}:{self.peer_ufrag}".encode()

    @property
    def outgoing(self) -> bytes:
        return f"{self.peer_ufrag}:{self.ufrag}".encode()

    @property
    def key(self) -> bytes:
        return self.pwd.encode()

    @property
    def peer_key(self) -> bytes:
        return self.peer_pwd.encode()


@dataclass(frozen=True, slots=True)
class Check:
    """What a check of the peer says."""

    transaction_id: bytes
    priority: int
    """Of the candidate that it was sent from, if that was learnt from it (§7.1.1)."""
    nominates: bool
    """It carries USE-CANDIDATE (§7.1.2)."""
    role: Role | None
    tie_breaker: int
    unknown: tuple[int, ...]
    """Attributes which it must not carry, since we do not know them."""


def read_check(message: Message) -> Check:
    """Of a request that is known to be authentic. Raises BadStun."""
    priority = message.get(Attribute.PRIORITY)
    if priority is None:
        raise BadStun("a check says its PRIORITY")
    role, tie_breaker = _role(message)
    return Check(
        message.transaction_id,
        read_number(priority),
        message.has(Attribute.USE_CANDIDATE),
        role,
        tie_breaker,
        message.unknown,
    )


def _role(message: Message) -> tuple[Role | None, int]:
    for role in Role:
        value = message.get(role.value)
        if value is not None:
            if len(value) != _TIE_BREAKER.size:
                raise BadStun("a tie-breaker has 64 bits")
            return role, _TIE_BREAKER.unpack(value)[0]
    return None, 0


def is_for(message: Message, credentials: Credentials) -> bool:
    """Is it the peer's, and for us? The name is compared first, since that costs little."""
    name = message.get(Attribute.USERNAME)
    return (
        name is not None
        and len(name) <= _LONGEST_USERNAME
        and name == credentials.incoming
        and message.is_authentic(credentials.key)
    )


def request(
    credentials: Credentials,
    transaction_id: bytes,
    role: Role,
    tie_breaker: int,
    priority: int,
    *,
    nominates: bool = False,
) -> bytes:
    attributes: list[Value] = [
        (Attribute.USERNAME, credentials.outgoing),
        (Attribute.PRIORITY, number(priority)),
        (role.value, _TIE_BREAKER.pack(tie_breaker)),
    ]
    if nominates:
        attributes.append((Attribute.USE_CANDIDATE, b""))
    return build(
        Method.BINDING,
        Class.REQUEST,
        transaction_id,
        attributes,
        key=credentials.peer_key,
        fingerprint=True,
    )


def success(check: Check, source: Address, credentials: Credentials) -> bytes:
    mapped = xor_address(source, check.transaction_id)
    return _answer(check, Class.SUCCESS, [(Attribute.XOR_MAPPED_ADDRESS, mapped)], credentials)


def refusal(check: Check, code: int, credentials: Credentials) -> bytes:
    attributes: list[Value] = [(Attribute.ERROR_CODE, error_code(code))]
    if code == UNKNOWN_ATTRIBUTE:
        attributes.append((Attribute.UNKNOWN_ATTRIBUTES, unknown_attributes(check.unknown)))
    return _answer(check, Class.ERROR, attributes, credentials)


def _answer(check: Check, kind: Class, attributes: list[Value], credentials: Credentials) -> bytes:
    return build(
        Method.BINDING,
        kind,
        check.transaction_id,
        attributes,
        key=credentials.key,
        fingerprint=True,
    )
