"""How an endpoint is learnt through the NG door, packet by packet (rtpengine's modes; N3)."""

import pytest

from media.control import Address
from media.ng.settings import Settings
from tests.support.ng import CALLED, CALLER, NgWorld, sdp
from tests.support.rtp_streams import rtp

SAME_ADDRESS = (CALLER[0], 4444)
SAME_PORT = ("198.51.100.9", CALLER[1])
NAT, THIEF = ("198.51.100.9", 61000), ("203.0.113.66", 666)


class Talk:
    """One call; `heard` plays a packet of the caller's side, and says whether it crosses."""

    def __init__(self, learning: str, *flags: str) -> None:
        self.world = NgWorld(Settings(learning=learning, delete_delay=0.0))
        self.flags = list(flags)
        self.near, self.far = self.world.call(flags=self.flags)
        self._number = 0

    def heard(self, source: Address) -> bool:
        self._number += 1
        return bool(self.world.arrive(self.near, self._packet(), source))

    def answered_to(self) -> Address:
        """Where the called party's media goes now."""
        self._number += 1
        (sent,) = self.world.arrive(self.far, self._packet(), CALLED)
        return sent.to

    def offer_again(self, at: Address = CALLER) -> None:
        self.world.offer(sdp(at), to_tag="b", flags=self.flags)
        self.world.answer(flags=self.flags)

    def _packet(self) -> bytes:
        return rtp(self._number, 160 * self._number, 8)


def test_off_goes_by_the_description_alone() -> None:
    talk = Talk("off")
    assert talk.heard(NAT)
    assert talk.answered_to() == CALLER
    assert not Talk("off", "strict-source").heard(NAT)


def test_immediate_takes_the_first_source() -> None:
    talk = Talk("immediate")
    assert talk.heard(NAT)
    assert talk.answered_to() == NAT
    talk.heard(CALLER)
    assert talk.answered_to() == NAT


def test_delayed_follows_the_newest_for_three_seconds_and_then_fixes_one() -> None:
    talk = Talk("delayed")
    for source in (THIEF, NAT, CALLER, NAT):
        talk.world.wait(0.5)
        talk.heard(source)
        assert talk.answered_to() == source
    talk.world.wait(1.5)
    talk.heard(NAT)
    talk.world.wait(5.0)
    talk.heard(THIEF)
    assert talk.answered_to() == NAT


def test_heuristic_waits_three_seconds_for_what_is_most_like_the_description() -> None:
    talk = Talk("heuristic")
    for source in (THIEF, SAME_PORT, SAME_ADDRESS):
        talk.heard(source)
        assert talk.answered_to() == source
    talk.heard(NAT)
    assert talk.answered_to() == SAME_ADDRESS
    talk.heard(CALLER)
    assert talk.answered_to() == CALLER
    talk.heard(SAME_ADDRESS)
    assert talk.answered_to() == CALLER


def test_after_the_three_seconds_a_better_one_comes_too_late() -> None:
    talk = Talk("heuristic")
    talk.heard(NAT)
    talk.world.wait(3.1)
    talk.heard(NAT)
    talk.heard(CALLER)
    assert talk.answered_to() == NAT


@pytest.mark.parametrize("learning", ["immediate", "delayed", "heuristic"])
def test_strict_source_drops_all_others_and_without_it_they_cross(learning: str) -> None:
    for flags, crosses in (((), True), (("strict-source",), False)):
        talk = Talk(learning, *flags)
        talk.heard(CALLER)
        talk.world.wait(4.0)
        talk.heard(CALLER)
        assert talk.heard(THIEF) is crosses
        assert talk.answered_to() == CALLER


def test_a_dropped_source_is_counted_as_errors() -> None:
    talk = Talk("immediate", "strict-source")
    talk.heard(CALLER)
    talk.heard(THIEF)
    assert talk.world.ask("query", call_id="c")["totals"]["RTP"]["errors"] == 1


@pytest.mark.parametrize("learning", ["immediate", "delayed", "heuristic"])
def test_media_handover_moves_at_any_time(learning: str) -> None:
    talk = Talk(learning, "media-handover", "strict-source")
    talk.heard(CALLER)
    talk.world.wait(10.0)
    talk.heard(CALLER)
    talk.world.wait(1.0)
    assert talk.heard(NAT)
    assert talk.answered_to() == NAT


@pytest.mark.parametrize("learning", ["immediate", "delayed", "heuristic"])
def test_an_asymmetric_end_is_answered_where_it_says(learning: str) -> None:
    talk = Talk(learning, "asymmetric")
    assert talk.heard(NAT)
    assert talk.answered_to() == CALLER


@pytest.mark.parametrize("learning", ["immediate", "delayed", "heuristic"])
def test_a_new_offer_starts_the_learning_again(learning: str) -> None:
    talk = Talk(learning)
    talk.heard(NAT)
    talk.world.wait(10.0)
    talk.heard(NAT)
    elsewhere = ("192.0.2.77", 7700)
    talk.offer_again(elsewhere)
    assert talk.answered_to() == elsewhere
    talk.heard(elsewhere)
    talk.world.wait(4.0)
    talk.heard(elsewhere)
    talk.heard(NAT)
    assert talk.answered_to() == elsewhere


def test_one_call_may_learn_in_its_own_way() -> None:
    talk = Talk("heuristic")
    talk.world.offer(to_tag="b", endpoint_learning="off")
    talk.world.answer(endpoint_learning="off")
    talk.heard(NAT)
    assert talk.answered_to() == CALLER
