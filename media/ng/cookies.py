"""Replies by cookie: a client that heard nothing asks again with the same cookie.

A command runs once; its repetitions get the stored reply. A cookie belongs to who sent it, so two
clients never hear each other's. What is stored is bounded: then the older half goes first.
"""

from dataclasses import dataclass, field

LIFE = 30.0
"""Seconds of one generation: a reply lives through one to two of them. Clients give up after 5."""
MOST_BYTES = 32 << 20
"""Of stored replies, in one generation."""


@dataclass(slots=True)
class _Generation:
    began: float
    replies: dict[tuple[object, bytes], bytes] = field(default_factory=dict)
    size: int = 0


class Cookies:
    __slots__ = ("_most", "_new", "_old")

    def __init__(self, now: float, most: int = MOST_BYTES) -> None:
        self._most = most
        self._new = _Generation(now)
        self._old = _Generation(now)

    def reply_to(self, client: object, cookie: bytes, now: float) -> bytes | None:
        """What was answered to it; None: it is new."""
        self._turn(now)
        key = (client, cookie)
        return self._new.replies.get(key) or self._old.replies.get(key)

    def store(self, client: object, cookie: bytes, reply: bytes, now: float) -> None:
        self._turn(now)
        self._new.replies[client, cookie] = reply
        self._new.size += len(reply) + len(cookie)
        if self._new.size > self._most:
            self._renew(now)

    def _turn(self, now: float) -> None:
        if now - self._new.began >= 2 * LIFE:
            self._old = _Generation(now)
            self._new = _Generation(now)
        elif now - self._new.began >= LIFE:
            self._renew(now)

    def _renew(self, now: float) -> None:
        self._old, self._new = self._new, _Generation(now)
