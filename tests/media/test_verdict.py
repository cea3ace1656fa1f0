"""One verdict for each direction of each stream, with its evidence (Q2, Q10; ideas 1, 6, 13)."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from media.control import Losses, SideReport, Verdict, VerdictName
from media.verdict import USUAL, Direction, Limits, Standing, judge, losses
from tests.support.side_reports import heard_there, received, side_report

NOTHING = received(0, longest_gap_ms=0.0, jitter_ms=0.0)
STANDS = Standing(silent=0.02, waited=0.05, resting=False, refused=0.0)


def verdict(
    sender: SideReport | None = None,
    receiver: SideReport | None = None,
    limits: Limits = USUAL,
    there: Standing = STANDS,
    **stands: Any,
) -> Verdict:
    one, two = sender or side_report(), receiver or side_report()
    here = replace(STANDS, **stands)
    return judge(Direction(one, two, here, there, losses(one, two), limits))


def said(*arguments: Any, **named: Any) -> tuple[str, str | None]:
    found = verdict(*arguments, **named)
    return found.name, found.where


def test_a_good_direction_is_ok_and_needs_no_evidence() -> None:
    assert verdict() == Verdict("ok", None, "")


def test_while_nothing_is_wanted_nothing_is_missed() -> None:
    assert said(side_report(NOTHING), silent=None, waited=None) == ("inactive", None)


def test_a_direction_that_was_heard_before_a_hold_keeps_its_verdict() -> None:
    assert said(silent=None) == ("ok", None)
    assert said(side_report(received(1000, 100)), silent=None) == ("lossy", "before")


def test_until_patience_ends_a_silent_direction_waits() -> None:
    silent = side_report(NOTHING, latched=None)
    assert said(silent, silent=4.9, waited=None) == ("waiting", None)
    assert said(silent, silent=5.0, waited=None) == ("one_way", "before")


def test_silence_is_one_way_if_the_other_end_is_heard_and_no_media_if_it_is_not() -> None:
    silent, lasting = side_report(NOTHING, latched=None), replace(STANDS, silent=9.0)
    assert verdict(silent, silent=9.0, waited=None) == Verdict(
        "one_way", "before", "nothing for 9.0 s from 192.0.2.7:4000"
    )
    assert said(silent, silent, silent=9.0, there=lasting) == ("no_media", "before")
    # The other end may be on hold, and had been heard.
    held = replace(STANDS, silent=None)
    assert said(silent, silent=9.0, there=held) == ("one_way", "before")


def test_each_silence_has_its_own_patience() -> None:
    limits = Limits(no_media_after=20.0, one_way_after=3.0)
    silent, lasting = side_report(NOTHING), replace(STANDS, silent=9.0)
    assert said(silent, silent=3.0, limits=limits) == ("one_way", "before")
    assert said(silent, silent, limits, lasting, silent=19.9) == ("waiting", None)
    assert said(silent, silent, limits, lasting, silent=20.0) == ("no_media", "before")


def test_a_stream_that_died_or_was_long_interrupted_is_one_way_too() -> None:
    assert said(silent=5.5) == ("one_way", "before")
    assert said(side_report(received(longest_gap_ms=6000.0))) == ("one_way", "before")


def test_after_comfort_noise_silence_is_meant() -> None:
    assert said(silent=30.0, resting=True) == ("ok", None)


def test_silence_because_our_own_socket_overran_is_ours() -> None:
    assert said(side_report(NOTHING, kernel_drops=300), silent=6.0) == ("one_way", "at")


def test_media_from_elsewhere_are_named_with_their_sources() -> None:
    sender = side_report(
        NOTHING, latched=None, rejected=310, rejected_sources=("203.0.113.9:4002",)
    )
    assert verdict(sender, silent=1.0) == Verdict(
        "latched_elsewhere",
        "before",
        "310 packets came from 203.0.113.9:4002, and belong to 192.0.2.7:4000",
    )


def test_strangers_beside_a_good_stream_do_not_spoil_its_verdict() -> None:
    sprayed = side_report(rejected=100_000, rejected_sources=("203.0.113.9:4002",))
    assert said(sprayed) == ("ok", None)
    assert said(sprayed, silent=5.0) == ("latched_elsewhere", "before")


def test_a_peer_that_speaks_from_two_ports_is_latched_to_one_of_them() -> None:
    twice = side_report(rejected=1000, rejected_sources=("192.0.2.7:4002",))
    assert said(twice) == ("latched_elsewhere", "before")
    assert said(replace(twice, rejected=900)) == ("ok", None)
    assert said(replace(twice, expected=None)) == ("ok", None)


def test_payload_types_that_nobody_agreed_on() -> None:
    sender = side_report(unmapped=100, unmapped_type=97)
    assert verdict(sender) == Verdict(
        "wrong_payload", "before", "100 packets of payload types that its SDP lacks, the last 97"
    )
    assert said(replace(sender, unmapped=99)) == ("ok", None)


def test_packets_that_prove_nothing_are_the_first_cause() -> None:
    sender = side_report(NOTHING, auth_failed=10, rejected=50)
    assert said(sender, silent=9.0) == ("srtp_auth_fail", "before")
    assert said(side_report(auth_failed=111)) == ("ok", None)
    assert said(side_report(auth_failed=112)) == ("srtp_auth_fail", "before")


@pytest.mark.parametrize("standing", ["failed", "expired"])
def test_silence_of_an_end_whose_ice_checks_failed_has_its_name(standing: str) -> None:
    sender = side_report(NOTHING, ice=standing, latched=None)
    assert verdict(sender, silent=5.0) == Verdict(
        "ice_failed", "before", f"its ICE checks have {standing}"
    )
    assert said(sender, silent=4.0) == ("waiting", None)
    assert said(side_report(ice=standing)) == ("ok", None)
    assert said(side_report(NOTHING, ice="checking"), silent=5.0) == ("one_way", "before")


def test_a_host_that_refuses_for_long_is_named_and_the_end_of_a_call_is_forgiven() -> None:
    deaf = side_report(refused=3)
    assert verdict(receiver=deaf, there=replace(STANDS, refused=2.0)) == Verdict(
        "port_unreachable", "after", "192.0.2.7:4000 refused (ICMP), 3 times"
    )
    assert said(receiver=deaf, there=replace(STANDS, refused=1.9)) == ("ok", None)
    assert said(receiver=replace(deaf, refused=2), there=replace(STANDS, refused=9.0))[0] == "ok"


def test_packets_without_a_way_on_are_ours() -> None:
    receiver = side_report(NOTHING, expected=("10.0.0.9", 5000), latched=None)
    found = verdict(side_report(unsent=100), receiver)
    assert (found.name, found.where) == ("undelivered", "at")
    assert "10.0.0.9:5000 was not heard" in found.evidence
    assert said(side_report(unsent=99), receiver) == ("ok", None)


def test_what_the_kernel_dropped_is_ours_and_its_socket_is_named() -> None:
    """(Q10)"""
    sender = side_report(received(970, 30), kernel_drops=30)
    assert verdict(sender) == Verdict(
        "kernel_drop", "at", "30 packets overran our socket wan:20000"
    )
    assert said(side_report(received(971, 29), kernel_drops=29)) == ("ok", None)
    assert said(side_report(received(50, 9), kernel_drops=9)) == ("lossy", "at")


def test_what_was_more_than_allowed_is_policed() -> None:
    """(M8)"""
    assert said(side_report(policed=10)) == ("policed", "at")


@pytest.mark.parametrize(
    ("lost", "drops", "there", "expected"),
    [
        (30, 0, None, Losses(30, 0, None)),
        (30, 0, 30, Losses(30, 0, 0)),
        (30, 0, 75, Losses(30, 0, 45)),
        (30, 20, 31, Losses(10, 20, 1)),
        (5, 20, 20, Losses(0, 20, 15)),  # of the drops some were the first, or copies
        (30, 0, 12, Losses(30, 0, 0)),  # its report is older than ours
        (0, 0, -3, Losses(0, 0, 0)),
    ],
)
def test_loss_is_laid_where_it_happened(
    lost: int, drops: int, there: int | None, expected: Losses
) -> None:
    receiver = side_report(far_end=None if there is None else heard_there(there))
    assert losses(side_report(received(1000, lost), kernel_drops=drops), receiver) == expected


def test_loss_on_the_whole_way_is_judged_and_laid_to_its_largest_part() -> None:
    good, bad = side_report(), side_report(received(970, 30))
    assert said(bad) == ("lossy", "before")
    assert said(side_report(received(971, 29))) == ("ok", None)
    assert said(good, side_report(far_end=heard_there(lost=29))) == ("ok", None)
    found = verdict(side_report(received(990, 10)), side_report(far_end=heard_there(lost=40)))
    assert found == Verdict(
        "lossy", "after", "of 1000 packets lost: before us 10, here 0, after us 30"
    )
    assert verdict(bad).evidence.endswith("after us unknown")


def test_copies_hide_no_loss() -> None:
    repeated = received(1030, 0, duplicated=60, missing=30)
    assert said(side_report(repeated)) == ("lossy", "before")
    receiver = side_report(far_end=heard_there(lost=5))
    assert losses(side_report(repeated), receiver) == Losses(30, 0, 5)


def test_of_a_few_packets_no_loss_and_no_jitter_is_judged() -> None:
    assert said(side_report(received(40, 9, jitter_ms=90.0))) == ("ok", None)


def test_jitter_is_judged_as_it_came_to_us_and_as_it_came_there() -> None:
    assert said(side_report(received(jitter_ms=40.0))) == ("jittery", "before")
    assert said(side_report(received(jitter_ms=39.9))) == ("ok", None)
    there = side_report(far_end=heard_there(jitter_ms=55.0))
    assert verdict(receiver=there) == Verdict(
        "jittery", "after", "55.0 ms of jitter there, 1.0 ms as it came to us"
    )


def test_a_beginning_that_was_cut_off_is_late() -> None:
    assert said(waited=1.9) == ("ok", None)
    assert verdict(waited=2.5) == Verdict("late", "before", "its first packet came after 2.5 s")


def test_nobody_is_expected_before_anything_was_described() -> None:
    silent = side_report(NOTHING, expected=None, latched=None)
    assert verdict(silent, silent=7.0).evidence == "nothing for 7.0 s from nobody"
    six = side_report(NOTHING, expected=("2001:db8::1", 9), latched=None)
    assert verdict(six, silent=7.0).evidence == "nothing for 7.0 s from [2001:db8::1]:9"


def test_every_word_is_told_to_operators() -> None:
    page = (Path(__file__).parents[2] / "docs/quality.md").read_text()
    told = set(re.findall(r"^\| `(\w+)` \| ", page.partition("## Verdicts")[2], re.MULTILINE))
    assert told == set(get_args(VerdictName))
