"""S11: two borders that send each other everything: ends with 482 or 483 within 70 hops (RFC 7332,
RFC 5393), is noted once, and leaves nothing, in whichever role they stand.
"""

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLER, Border
from tests.support.configs import UDP_ONLY
from tests.support.messages import invite

A, B = ("10.20.0.5", 5060), ("10.20.0.6", 5060)
FROM_B, FROM_A = Flow("lan", "udp", B), Flow("lan", "udp", A)


def looped(mode: str, ours: tuple[str, int], other: tuple[str, int]) -> str:
    """Whatever comes from the other border goes back to it."""
    made = UDP_ONLY.replace("trust: untrusted", "trust: trusted")
    made = made.replace("to: [carrier]", f"to: [pbx], mode: {mode}")
    made = made.replace("to: [pbx] }", f"to: [pbx], mode: {mode} }}")
    return made.replace("10.20.0.5", ours[0]).replace("10.20.0.11", other[0])


class Pair:
    def __init__(self, mode: str) -> None:
        self.a, self.b = Border(looped(mode, A, B)), Border(looped(mode, B, A))
        self.crossed = 0
        self.fewest = 70
        """Max-Forwards at the last."""

    def settle(self) -> None:
        while messages := [(self.b, FROM_A, each) for each in self.a.take(FROM_B)] + [
            (self.a, FROM_B, each) for each in self.b.take(FROM_A)
        ]:
            for border, source, message in messages:
                self.crossed += 1
                assert self.crossed < 1500, "a runaway"
                if isinstance(message, Request):
                    self.fewest = min(self.fewest, message.headers.max_forwards or 0)
                border.receive(message, source)

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.a.wait(0.5)
            self.b.wait(0.5)
            self.settle()


@pytest.mark.parametrize("mode", ["b2bua", "proxy", "stateless"])
def test_a_loop_through_two_borders_ends(mode: str) -> None:
    pair = Pair(mode)
    pair.a.receive(invite(), CALLER)
    pair.settle()
    finals = [each for each in pair.a.heard(CALLER) if each != "100"]
    assert finals == ["483" if mode == "b2bua" else "482"]
    if mode == "b2bua":
        assert len(pair.a.started) + len(pair.b.started) == 70
        assert pair.fewest == 0
    else:
        assert pair.fewest > 60, "known again at the first return, not after 70 hops"
    notes = pair.a.noted("loop") + pair.b.noted("loop")
    assert [dict(note.labels)["status"] for note in notes] == finals
    pair.wait(200)
    assert pair.a.over()
    assert pair.b.over()
