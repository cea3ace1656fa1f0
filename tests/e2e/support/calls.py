"""Two phones with a border between them, and a call that is up."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.support.loopback import Address
from tests.e2e.support.media import MediaEnd, talk
from tests.e2e.support.phone import Dialog, Phone
from tests.e2e.support.waiting import eventually

Mark = tuple[int, int]
"""How much each end had sent."""

STRAGGLERS = 0.5
"""Seconds for what is under way to arrive."""


@dataclass(frozen=True, slots=True)
class Conversation:
    caller: Phone
    callee: Phone
    a: Dialog
    """The caller's, and below the callee's."""
    b: Dialog

    @property
    def ends(self) -> list[tuple[MediaEnd, Address]]:
        """Each media end, and where the border wants its packets."""
        return [(self.caller.media, self.a.far_media), (self.callee.media, self.b.far_media)]

    def talk(self, seconds: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        talk(self.ends, seconds, meanwhile)

    def settle(self) -> Mark:
        """Until both ends have heard each other; from the mark on every packet counts."""

        def both() -> bool:
            talk(self.ends, 0.02)
            return bool(self.caller.media.heard) and bool(self.callee.media.heard)

        eventually("media in both directions", both)
        return self.mark()

    def mark(self) -> Mark:
        return self.caller.media.sent, self.callee.media.sent

    def lost(self, since: Mark) -> tuple[list[int], list[int]]:
        """Numbers of the packets that the callee, and the caller, did not get."""
        deadline = time.monotonic() + STRAGGLERS
        while True:
            for media, _ in self.ends:
                media.hear()
            mouths = (self.caller.media, self.callee.media)
            ears = (self.callee.media, self.caller.media)
            lost = [
                sorted(set(range(first, mouth.sent)) - ear.sequences(mouth.ssrc))
                for first, mouth, ear in zip(since, mouths, ears, strict=True)
            ]
            if not any(lost) or time.monotonic() > deadline:
                return lost[0], lost[1]
            time.sleep(0.01)


def begin(caller: Phone, callee: Phone, border: Address) -> Conversation:
    known = set(callee.dialogs)
    a = caller.call(border)
    (call_id,) = set(callee.dialogs) - known
    b = callee.dialogs[call_id]
    eventually("the ACK at the callee", lambda: b.acknowledged)
    return Conversation(caller, callee, a, b)
