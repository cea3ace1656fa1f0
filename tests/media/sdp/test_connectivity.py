"""What we say of ICE and RTCP-mux to one side, and what the relay is to do with it (I2, I3, M6)."""

from itertools import count

import pytest

from config.model import IceMode, MuxMode
from media.sdp.connectivity import Connectivity, Reach, dressed
from media.sdp.face import PLAIN, UNCHANGED, Faces, IceSaid, Said

OUR = ("203.0.113.10", 20000)
PWD = "0123456789abcdef0123456789"
DEFAULT = ("192.0.2.7", 40000)
HOST = "1 1 udp 2130706431 192.0.2.7 40000 typ host"


def connectivity(ice: IceMode = "accept", mux: MuxMode = "accept") -> Connectivity:
    numbers = count(1)
    return Connectivity(Reach(ice, mux), lambda size: bytes([next(numbers)]) * size)


def said(ufrag: str = "Peer", *, lite: bool = False, mux: bool = True) -> Said:
    return Said(ice=IceSaid(ufrag, PWD, lite, (), (HOST,)), mux=mux)


PLAIN_SAID = Said()


def names(lines: tuple[str, ...]) -> list[str]:
    return [line[2:].partition(":")[0] for line in lines]


# --- answers --------------------------------------------------------------------------------------


def test_towards_a_full_peer_that_offers_we_are_lite_and_it_controls() -> None:
    side = connectivity()

    lines = side.answer(0, said(), DEFAULT, *OUR)
    plan, mux = side.agreed(0, said(), DEFAULT)

    assert lines == (
        "a=rtcp-mux",
        "a=ice-ufrag:01010101",
        "a=ice-pwd:02020202020202020202020202020202",
        "a=candidate:1 1 udp 2130706431 203.0.113.10 20000 typ host",
        "a=end-of-candidates",
    )
    assert side.lite
    assert plan is not None
    assert (plan.ufrag, plan.peer_ufrag, plan.peer_pwd) == ("01010101", "Peer", PWD)
    assert (plan.lite, plan.controlling, plan.candidates) == (True, False, ())
    assert mux


def test_towards_a_lite_peer_we_are_full_and_control() -> None:
    side = connectivity()

    side.answer(0, said(lite=True), DEFAULT, *OUR)
    plan, _ = side.agreed(0, said(lite=True), DEFAULT)

    assert not side.lite
    assert plan is not None
    assert (plan.lite, plan.controlling, len(plan.candidates)) == (False, True, 1)


def test_without_mux_rtcp_has_a_candidate_of_its_own() -> None:
    side = connectivity()

    lines = side.answer(0, said(mux=False), DEFAULT, *OUR)

    assert names(lines) == [
        *("rtcp", "ice-ufrag", "ice-pwd", "candidate", "candidate", "end-of-candidates")
    ]
    assert side.agreed(0, said(mux=False), DEFAULT)[1] is False


def test_a_peer_without_ice_gets_none() -> None:
    side = connectivity("offer")

    assert side.answer(0, PLAIN_SAID, DEFAULT, *OUR) == ()
    assert side.agreed(0, PLAIN_SAID, DEFAULT) == (None, False)


def test_where_ice_is_not_wanted_no_answer_has_it() -> None:
    side = connectivity("none")

    assert side.answer(0, said(), DEFAULT, *OUR) == ("a=rtcp-mux",)
    assert side.agreed(0, said(), DEFAULT) == (None, True)


def test_mux_is_refused_where_it_is_not_wanted() -> None:
    side = connectivity("none", "none")

    assert side.answer(0, said(), DEFAULT, *OUR) == ()
    assert side.agreed(0, said(), DEFAULT) == (None, False)


def test_a_description_that_was_changed_on_the_way_is_told_so_and_goes_without_ice() -> None:
    side = connectivity()

    lines = side.answer(0, said(), ("198.51.100.1", 1), *OUR)

    assert lines == ("a=ice-mismatch", "a=rtcp-mux")
    assert side.agreed(0, said(), ("198.51.100.1", 1)) == (None, True)


# --- offers ---------------------------------------------------------------------------------------


def test_an_offer_of_ours_is_full_with_both_ports_and_mux() -> None:
    side = connectivity("offer")

    lines = side.offer(0, *OUR)

    assert lines == (
        "a=rtcp:20001",
        "a=rtcp-mux",
        "a=ice-ufrag:01010101",
        "a=ice-pwd:02020202020202020202020202020202",
        "a=candidate:1 1 udp 2130706431 203.0.113.10 20000 typ host",
        "a=candidate:1 2 udp 2130706430 203.0.113.10 20001 typ host",
        "a=end-of-candidates",
    )
    assert not side.lite
    plan, mux = side.agreed(0, said(), DEFAULT)
    assert plan is not None
    assert (plan.lite, plan.controlling, mux) == (False, True, True)


def test_an_answer_without_ice_or_mux_is_a_plain_one() -> None:
    side = connectivity("offer")
    side.offer(0, *OUR)

    assert side.agreed(0, PLAIN_SAID, DEFAULT) == (None, False)


@pytest.mark.parametrize("ice", ["none", "accept"])
def test_where_ice_is_not_offered_the_offer_is_plain(ice: IceMode) -> None:
    side = connectivity(ice)

    assert side.offer(0, *OUR) == ()
    assert side.agreed(0, said(), DEFAULT) == (None, False)


def test_a_peer_that_has_offered_ice_is_offered_it_later_with_the_same_credentials() -> None:
    side = connectivity("accept")
    answer = side.answer(0, said(), DEFAULT, *OUR)
    side.agreed(0, said(), DEFAULT)

    offer = side.offer(0, *OUR)

    assert offer == answer
    assert side.lite  # as it was agreed, until a restart
    plan, _ = side.agreed(0, said(), DEFAULT)
    assert plan is not None
    assert plan.lite


# --- restarts -------------------------------------------------------------------------------------


def test_the_same_description_again_is_no_restart() -> None:
    side = connectivity()
    before = side.answer(0, said(), DEFAULT, *OUR)
    side.agreed(0, said(), DEFAULT)

    assert side.answer(0, said(), DEFAULT, *OUR) == before


def test_new_credentials_of_the_peer_are_answered_with_new_ones() -> None:
    side = connectivity()
    before = side.answer(0, said(), DEFAULT, *OUR)
    side.agreed(0, said(), DEFAULT)

    after = side.answer(0, said("Peer2"), DEFAULT, *OUR)
    plan, _ = side.agreed(0, said("Peer2"), DEFAULT)

    assert names(after) == names(before)
    assert set(after) & set(before) == {
        *("a=rtcp-mux", "a=end-of-candidates", before[3]),
    }
    assert plan is not None
    assert (plan.ufrag, plan.peer_ufrag) == ("03030303", "Peer2")


def test_a_peer_that_answered_first_and_then_restarts_is_answered_with_new_credentials() -> None:
    side = connectivity("offer")
    before = side.offer(0, *OUR)
    side.agreed(0, said(), DEFAULT)

    after = side.answer(0, said("Peer2"), DEFAULT, *OUR)

    assert not set(names(after)) - set(names(before))
    assert [line for line in after if line in before and "ufrag" in line] == []


def test_lines_have_the_same_credentials_and_those_which_restart_together_as_well() -> None:
    side = connectivity()
    credentials = []
    for peer in ("Peer", "Peer2"):
        for index in (0, 1):
            side.answer(index, said(peer), DEFAULT, *OUR)
        for index in (0, 1):
            plan, _ = side.agreed(index, said(peer), DEFAULT)
            assert plan is not None
            credentials.append(plan.ufrag)

    assert credentials == ["01010101", "01010101", "03030303", "03030303"]


def test_another_peer_does_not_learn_what_the_last_one_was_told() -> None:
    side = connectivity("offer")
    before = side.offer(0, *OUR)

    after = side.again(Reach("offer")).offer(0, *OUR)

    assert [line for line in after if "ice-" in line and line in before] == []


# --- require --------------------------------------------------------------------------------------


def test_where_ice_is_required_a_description_without_it_will_not_do() -> None:
    side = connectivity("require")

    assert side.takes(said(), DEFAULT)
    assert not side.takes(PLAIN_SAID, DEFAULT)
    assert not side.takes(said(), ("198.51.100.1", 1))
    assert connectivity("offer").takes(PLAIN_SAID, DEFAULT)


# --- faces ----------------------------------------------------------------------------------------


def test_faces_get_their_lines_and_the_session_what_holds_for_all() -> None:
    side = connectivity()
    lines = side.answer(0, said(), DEFAULT, *OUR)

    faces = dressed(Faces((PLAIN, None)), side, [lines, ()])

    assert faces.media == (PLAIN.also(*lines), None)
    assert faces.head == ("a=ice-lite", "a=ice-options:trickle ice2")


def test_without_lines_the_faces_are_unchanged() -> None:
    assert dressed(UNCHANGED, connectivity(), [(), ()]) is UNCHANGED


def test_passwords_are_in_no_text() -> None:
    side = connectivity()
    side.answer(0, said(), DEFAULT, *OUR)
    plan, _ = side.agreed(0, said(), DEFAULT)

    assert PWD not in repr(plan)
    assert "0202020202" not in repr(plan)
