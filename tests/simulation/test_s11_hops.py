"""S11: hops are counted down through the border, never reset (RFC 7332): a loop ends."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import invite

LOOPED = TWO_ZONES.replace("to: [carrier]", "to: [pbx]")


def hops(left: int | None) -> bytes:
    line = b"Max-Forwards: 70\r\n"
    return invite().replace(line, b"" if left is None else b"Max-Forwards: %d\r\n" % left)


@pytest.mark.parametrize(("came", "went"), [(70, 69), (12, 11), (1, 0), (255, 254), (None, 69)])
def test_one_hop_is_counted(came: int | None, went: int) -> None:
    border = Border()
    border.receive(hops(came), CALLER)
    assert border.request(CALLEE, "INVITE").headers.max_forwards == went


def test_no_hop_left_is_a_loop() -> None:
    border = Border()
    border.receive(hops(0), CALLER)
    border.response(CALLER, 483)
    assert border.over()
    assert [record["attempts"] for record in border.records] == [[]]


def test_a_border_that_gets_its_calls_back_ends_with_483_and_leaves_nothing() -> None:
    border = Border(LOOPED)
    border.receive(invite(), CALLER)
    seen: set[str] = set()
    while echoed := border.take(CALLEE):
        seen |= {str(message) for message in echoed}
        for message in echoed:
            border.receive(message, CALLEE)
    assert {"<Request INVITE>", "<Response 483>", "<Request ACK>"} <= seen
    border.response(CALLER, 483)
    assert len(border.started) == 70
    assert border.over()
