"""Z2: bound to one address, known by another; and neither side hears of the other's."""

from tests.support.border import CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import hang_up, up
from tests.support.messages import invite

BEHIND_NAT = TWO_ZONES.replace("bind: 203.0.113.10,", "bind: 172.31.0.5, advertise: 203.0.113.10,")


def test_the_outside_never_sees_what_we_are_bound_to_nor_the_inside_what_we_advertise() -> None:
    border = Border(BEHIND_NAT)
    caller, callee = up(border)
    for one, other in ((caller, callee), (callee, caller)):
        one.ask("REFER", "Refer-To: <sip:300@elsewhere.example>")
        other.answers(other.got("REFER"), 202)
        one.heard(202)
    hang_up(caller, callee)
    assert border.over()
    outside, inside = border.texts(caller.flow), border.texts(callee.flow)
    assert "172.31.0.5" not in outside + inside
    assert "203.0.113.10" not in inside
    assert "10.20." not in outside
    for header in ("Via: SIP/2.0/UDP 203.0.113.10:5060", "Contact: <sip:", "c=IN IP4 203.0.113.10"):
        assert header in outside


def test_a_refusal_shows_what_we_advertise() -> None:
    border = Border(BEHIND_NAT, ports=0)
    border.receive(invite(), CALLER)
    assert "172.31.0.5" not in border.texts(CALLER)
    assert "Warning: 399 203.0.113.10:5060" in border.texts(CALLER)
