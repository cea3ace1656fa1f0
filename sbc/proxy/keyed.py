"""What we write into messages for ourselves (RFC 3261 §16.6, §16.11), and believe only if the key
is ours: Record-Route cookies, branches, the way back of a response.

Whoever does not hold the key can neither have a request of a dialog sent where he likes, nor a
response: each of them names trunks or an interface, and is bound to its Call-ID.
"""

from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Literal, cast

from sbc.actions import Flow, Transport

Mode = Literal["proxy", "stateless"]

_LETTERS: dict[tuple[bool, Mode], str] = {
    (False, "proxy"): "d",
    (False, "stateless"): "s",
    (True, "proxy"): "p",
    (True, "stateless"): "q",
}
_MEANT = {letter: meant for meant, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Passage:
    """Between which two trunks we let messages pass."""

    mode: Mode
    near: str
    """The trunk whose request began it."""
    far: str
    path: bool = False
    """Of a Path (RFC 3327): requests of any Call-ID, but only from far to near."""
    near_flow: Flow | None = None
    """How a phone is reached, which has no address of its own (RFC 5626 §5.3)."""
    far_flow: Flow | None = None


class Keyed:
    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=64).digest()

    def digest(self, *parts: str) -> str:
        """80 bits of each and every part, as hexadecimal digits."""
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return blake2b(_bytes(text), key=self._key, digest_size=10).hexdigest()

    def fits(self, shown: str, *parts: str) -> bool:
        return compare_digest(_bytes(shown), _bytes(self.digest(*parts)))

    def cookie(self, passage: Passage, call_id: str) -> str:
        """The value of a URI parameter. `~` can stand in one, and in no name of a trunk."""
        letter = _LETTERS[passage.path, passage.mode]
        bound = "" if passage.path else call_id
        flows = [_written(each) for each in (passage.near_flow, passage.far_flow)]
        said = [letter, passage.near, passage.far, *(flows if any(flows) else ())]
        return "~".join([*said, self.digest("cookie", *said, bound)])

    def passage(self, cookie: str, call_id: str) -> Passage | None:
        """None: we never wrote that, or not for this dialog."""
        parts = cookie.split("~")
        if len(parts) not in {4, 6} or parts[0] not in _MEANT:
            return None
        path, mode = _MEANT[parts[0]]
        flows = [_flow(each) for each in parts[3:-1]] or [None, None]
        found = Passage(mode, parts[1], parts[2], path, *flows)
        ours = self.cookie(found, call_id)
        return found if compare_digest(_bytes(cookie), _bytes(ours)) else None


def _written(flow: Flow | None) -> str:
    """As part of a URI parameter (RFC 3261 §25.1, `paramchar`)."""
    if flow is None:
        return ""
    ip, port = flow.remote
    return f"{flow.interface}!{flow.transport}!{ip}!{port}"


def _flow(text: str) -> Flow | None:
    """Whatever it says is believed only if the whole cookie is ours."""
    parts = text.split("!")
    if len(parts) != 4 or not (parts[3].isascii() and parts[3].isdigit()):
        return None
    return Flow(parts[0], cast(Transport, parts[1]), (parts[2], int(parts[3])))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
