"""M2: between two peers of one zone, neither behind a NAT, media goes directly, and comes back."""

import pytest

from media.control import Latched
from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import End, called, calling, hang_up
from tests.support.ends import up as up_between_zones
from tests.support.messages import ANSWER, OFFER, invite

CALLEE = Flow("wan", "udp", ("198.51.100.1", 5060))
A_IP, B_IP, OURS = "192.0.2.1", "198.51.100.1", "203.0.113.10"
THEIRS = ANSWER.replace("10.20.0.11", B_IP)
ONE_ZONE = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp }], media: { ports: 20000-20999 } }
zones:
  outside: { trust: untrusted, media: plain }
media_profiles:
  plain: { anchor: ANCHOR }
trunks:
  one: { zone: outside, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [192.0.2.1/32] } }
  two: { zone: outside, endpoints: [{ uri: "sip:198.51.100.1" }], identify: { sources: [198.51.100.1/32] } }
routes:
  - { name: over, from: { trunk: one }, to: [two] }
"""  # noqa: E501  (one line a thing, as in the documentation)


def up(
    offer: str = OFFER, answer: str = THEIRS, anchor: str = "same-zone"
) -> tuple[Border, End, End]:
    border = Border(ONE_ZONE.replace("ANCHOR", anchor))
    border.receive(invite(body=offer), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request, CALLEE)
    callee.answers(request, 200, body=answer)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack()
    callee.got("ACK")
    return border, caller, callee


def connection(message: Request) -> tuple[str, int]:
    """Where a description wants its sound."""
    text = message.body.decode()
    ip = next(line[9:] for line in text.split("\r\n") if line.startswith("c=IN IP4"))
    head = next(line for line in text.split("\r\n") if line.startswith("m=audio"))
    return ip, int(head.split(" ")[1])


def released(offer: str = OFFER, answer: str = THEIRS) -> tuple[Border, End, End]:
    """A call whose two ends have each taken the address of the other."""
    border, caller, callee = up(offer, answer)
    border.wait(1.1)
    asked = callee.got("INVITE")
    assert connection(asked) == (A_IP, 4000)
    assert caller.inbox() == []
    callee.answers(asked, 200, body=answer)
    callee.got("ACK")
    asked = caller.got("INVITE")
    assert connection(asked) == (B_IP, 6000)
    caller.answers(asked, 200, body=offer)
    caller.got("ACK")
    return border, caller, callee


def supervised(border: Border) -> bool:
    return border.programs()[-1].supervise


def test_each_end_is_told_where_the_other_one_is() -> None:
    border, caller, callee = released()
    assert not supervised(border)
    assert len(border.noted("media_released")) == 1
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert border.over()


def test_until_both_have_taken_it_the_relay_goes_on() -> None:
    border, _, callee = up()
    border.wait(1.1)
    callee.answers(callee.got("INVITE"), 200, body=THEIRS)
    assert supervised(border)
    (stream,) = border.programs()[-1].streams
    assert (stream.a.rtp, stream.b.rtp) == ((A_IP, 4000), (B_IP, 6000))


def test_versions_rise_by_one_and_our_own_o_line_stays() -> None:
    border, _, callee = up()
    first = next(data for to, data in border.sent if to == CALLEE and b"m=audio" in data)
    border.wait(1.1)
    again = callee.got("INVITE").body.decode()
    (was,) = (line for line in first.decode().split("\r\n") if line.startswith("o="))
    (is_,) = (line for line in again.split("\r\n") if line.startswith("o="))
    assert was.split(" ")[1] == is_.split(" ")[1]
    assert int(is_.split(" ")[2]) == int(was.split(" ")[2]) + 1
    assert was.split(" ")[5] == is_.split(" ")[5] == OURS


def test_a_new_offer_brings_the_media_back_and_when_it_is_over_it_goes_again() -> None:
    border, caller, callee = released()
    held = OFFER + "a=sendonly\r\n"
    caller.ask("INVITE", body=held)
    asked = callee.got("INVITE")
    assert connection(asked)[0] == OURS
    callee.answers(asked, 200, body=THEIRS + "a=recvonly\r\n")
    assert connection(caller.heard(200))[0] == OURS  # type: ignore[arg-type]  # it has a body too
    caller.ack()
    callee.got("ACK")
    assert supervised(border)
    border.wait(5)
    assert callee.inbox() == []  # a call on hold stays with us
    caller.ask("INVITE", body=OFFER)
    callee.answers(callee.got("INVITE"), 200, body=THEIRS)
    caller.heard(200)
    caller.ack()
    callee.got("ACK")
    border.wait(1.1)
    assert connection(callee.got("INVITE")) == (A_IP, 4000)


def test_an_offer_while_an_end_is_asked_has_to_wait() -> None:
    border, caller, callee = up()
    border.wait(1.1)
    asked = callee.got("INVITE")
    caller.ask("INVITE", body=OFFER)
    caller.heard(491)
    caller.ack()
    callee.answers(asked, 200, body=THEIRS)
    callee.got("ACK")
    caller.got("INVITE")
    assert border.noted("call_fault") == []


def test_if_the_first_will_not_nothing_has_changed() -> None:
    border, caller, callee = up()
    border.wait(1.1)
    callee.answers(callee.got("INVITE"), 488)
    border.wait(30)
    assert caller.inbox() == []
    assert callee.inbox() == ["ACK"]
    hang_up(caller, callee)
    assert border.over()


def test_if_the_second_will_not_the_first_gets_us_back() -> None:
    border, caller, callee = up()
    border.wait(1.1)
    callee.answers(callee.got("INVITE"), 200, body=THEIRS)
    callee.got("ACK")
    caller.answers(caller.got("INVITE"), 488)
    caller.got("ACK")
    back = callee.got("INVITE")
    assert connection(back)[0] == OURS
    callee.answers(back, 200, body=THEIRS)
    callee.got("ACK")
    assert supervised(border)
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert border.over()


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (OFFER.replace(f"c=IN IP4 {A_IP}", "c=IN IP4 192.168.1.7"), THEIRS),
        (OFFER, THEIRS.replace(f"c=IN IP4 {B_IP}", "c=IN IP4 10.0.0.7")),
        (OFFER + "a=sendonly\r\n", THEIRS + "a=recvonly\r\n"),
        (OFFER + "a=rtcp:4999\r\n", THEIRS),
        (OFFER, THEIRS.replace("8 101", "8 96").replace(":101", ":96")),
    ],
    ids=["caller behind NAT", "callee behind NAT", "on hold", "rtcp elsewhere", "other numbers"],
)
def test_what_needs_us_stays_with_us(offer: str, answer: str) -> None:
    border, caller, callee = up(offer, answer)
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])


def test_an_end_that_was_heard_from_elsewhere_stays_with_us() -> None:
    border, caller, callee = up()
    session = border.programs()[-1].session
    latched = Latched(session, 0, "b", (B_IP, 6000), (B_IP, 61000))
    border.perform(border.core.relay_told(latched, border.now))
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])


def test_two_zones_never_hear_of_each_other() -> None:
    text = TWO_ZONES.replace(
        "trunks:\n", "media_profiles: { plain: { anchor: same-zone } }\ntrunks:\n"
    )
    for zone in ("outside", "inside"):
        text = text.replace(
            f"{{ zone: {zone}, endpoints", f"{{ zone: {zone}, media: plain, endpoints"
        )
    assert text.count("media: plain") == 2
    border = Border(text)
    caller, callee = up_between_zones(border)
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])


def test_by_default_every_call_stays_with_us() -> None:
    border, caller, callee = up(anchor="always")
    border.wait(30)
    assert (caller.inbox(), callee.inbox()) == ([], [])


def test_the_loss_of_the_relay_ends_no_call_that_does_without_it() -> None:
    border, caller, callee = released()
    border.perform(border.core.relay_lost(border.now))
    assert (caller.inbox(), callee.inbox()) == ([], [])
    hang_up(caller, callee)
    assert border.over()


def test_a_call_that_ends_while_an_end_is_asked_leaves_nothing() -> None:
    border, caller, callee = up()
    border.wait(1.1)
    asked = callee.got("INVITE")
    caller.ask("BYE")
    caller.heard(200)
    callee.answers(asked, 200, body=THEIRS)
    border.wait(1)
    byes = [each for each in callee.inbox() if each == "BYE"]
    assert byes
    assert border.records
