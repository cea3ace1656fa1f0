"""S9: an INVITE that replaces a dialog names it, on the other leg, as that leg knows it
(RFC 3891; RFC 5359 §2.5: the end of an attended transfer)."""

import pytest

from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, hang_up, up
from tests.support.messages import ANSWER, invite

OTHER = TWO_ZONES.replace(
    "routes:\n",
    "  rival: { zone: outside, endpoints: [{ uri: 'sip:198.51.100.7' }],"
    " identify: { sources: [198.51.100.7/32] } }\nroutes:\n"
    "  - { name: rivals, from: { trunk: rival }, to: [pbx] }\n",
)


def of(end: End, *, early: bool = False) -> str:
    """A Replaces that names the dialog of this end, for the border."""
    theirs, ours = (each.rpartition("tag=")[2] for each in (end.local, end.remote))
    rest = ";early-only" if early else ""
    return f"Replaces: {end.call_id};to-tag={ours};from-tag={theirs}{rest}"


def replacing(border: Border, *fields: str, flow: object = CALLER) -> None:
    made = invite(*fields, call_id="second@192.0.2.1", branch="z9hG4bKsecond", tag="dora-tag")
    border.receive(made, flow)  # type: ignore[arg-type]


@pytest.mark.parametrize("early", [False, True])
def test_the_called_side_is_told_of_its_own_dialog(early: bool) -> None:
    border = Border()
    alice, bob = up(border)
    replacing(border, of(alice, early=early))
    request = border.request(CALLEE, "INVITE")
    ours = bob.remote.rpartition("tag=")[2]
    expected = f"{bob.call_id};to-tag=bob-tag;from-tag={ours}" + (";early-only" if early else "")
    assert request.headers.get("replaces") == expected
    assert alice.call_id.encode() not in request.encode()
    again = called(border, request, tag="bob-two")
    again.answers(request, 200, body=ANSWER)
    dora = calling(border, border.response(CALLER, 200))
    dora.ack()
    again.got("ACK")
    hang_up(bob, alice)
    hang_up(dora, again)
    assert border.over()


def refused(border: Border, status: str) -> None:
    assert (border.heard(CALLER), border.heard(CALLEE)) == ([status], [])


def test_a_dialog_that_is_not_there_gets_481() -> None:
    border = Border()
    alice, bob = up(border)
    value = of(alice)
    hang_up(alice, bob)
    border.take(CALLER)
    for each in (value, "Replaces: x@y;to-tag=1;from-tag=2"):
        replacing(border, each)
        refused(border, "481")
        border.wait(40)
        border.take(CALLER)
    assert border.over()


def test_the_dialog_of_another_trunk_is_as_good_as_none() -> None:
    border = Border(OTHER)
    alice, bob = up(border)
    rival = CALLER.__class__("wan", "udp", ("198.51.100.7", 5060))
    replacing(border, of(alice), flow=rival)
    assert (border.heard(rival), border.heard(CALLEE)) == (["481"], [])
    hang_up(alice, bob)
    assert border.over()


def test_a_dialog_of_the_other_side_cannot_be_named() -> None:
    border = Border()
    alice, bob = up(border)
    replacing(border, of(bob))
    refused(border, "481")
    hang_up(alice, bob)
    assert border.over()


def test_several_get_400() -> None:
    border = Border()
    alice, bob = up(border)
    replacing(border, of(alice), of(alice))
    refused(border, "400")
    hang_up(alice, bob)
    assert border.over()
