"""Who may claim a stream, in each mode; nothing goes to a private address before its end was heard
(N2, N3, N4)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.control import Address
from media.latch import FOLLOW_AGAIN, Latch, Verdict, canonical, rtcp_terms, rtp_terms
from tests.support.side_plans import side_plan

PRIVATE = ("10.0.0.7", 4000)
NAT = "198.51.100.9"
MAPPED = (NAT, 61000)
PUBLIC = ("192.0.2.7", 4000)
STRANGER = ("203.0.113.5", 4000)
WINDOW = 3.0


def latch(
    mode: str, rtp: Address | None = PUBLIC, signalling_ip: str | None = NAT, epoch: int = 1
) -> Latch:
    latch = Latch()
    renew(latch, mode, rtp, signalling_ip=signalling_ip, epoch=epoch)
    return latch


def renew(
    latch: Latch,
    mode: str,
    rtp: Address | None = PUBLIC,
    *,
    signalling_ip: str | None = NAT,
    epoch: int = 2,
    now: float = 100.0,
) -> None:
    plan = side_plan(rtp, latching=mode, signalling_ip=signalling_ip, window=WINDOW)
    latch.agree(rtp_terms(plan), epoch, now)


def hear(latch: Latch, source: Address, now: float = 0.0, last_at: float | None = None) -> Verdict:
    return latch.hear(source, now, last_at)


@pytest.mark.parametrize(
    ("mode", "source", "accepted"),
    [
        ("none", PUBLIC, True),
        ("none", (PUBLIC[0], 9999), True),
        ("none", MAPPED, False),
        ("signalled", PUBLIC, True),
        ("signalled", (PUBLIC[0], 9999), False),
        ("subnet", ("192.0.2.250", 1), True),
        ("subnet", ("192.0.3.7", 4000), False),
        ("subnet", ("2001:db8::1", 4000), False),
        ("first-packet", STRANGER, True),
        ("first-packet", (STRANGER[0], 0), False),
        ("ranked", PUBLIC, True),
        ("ranked", (PUBLIC[0], 9999), True),
        ("ranked", MAPPED, True),
        ("ranked", STRANGER, False),
    ],
)
def test_who_may_claim_a_stream(mode: str, source: Address, accepted: bool) -> None:
    assert (hear(latch(mode), source) is Verdict.LATCHED) is accepted


@pytest.mark.parametrize("mode", ["none", "signalled", "subnet", "ranked"])
def test_without_any_address_known_nobody_is_let_in(mode: str) -> None:
    assert hear(latch(mode, rtp=None, signalling_ip=None), PUBLIC) is Verdict.REJECTED
    assert hear(Latch(), PUBLIC) is Verdict.REJECTED


def test_an_ipv6_subnet_is_matched_by_its_own_prefix() -> None:
    plan = side_plan(("2001:db8:1::7", 4000), latching="subnet", prefix=64)
    close, far = Latch(), Latch()
    for one in (close, far):
        one.agree(rtp_terms(plan), 1, 0.0)
    assert hear(close, ("2001:db8:1::99", 5)) is Verdict.LATCHED
    assert hear(far, ("2001:db8:2::7", 5)) is Verdict.REJECTED


def test_the_signalling_source_may_send_before_its_sdp_is_known() -> None:
    early = latch("ranked", rtp=None)
    assert early.destination is None
    assert hear(early, MAPPED) is Verdict.LATCHED
    assert early.destination == MAPPED


# --- where the peer is answered -------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["subnet", "first-packet", "ranked"])
def test_a_learning_mode_answers_where_the_peer_sends_from(mode: str) -> None:
    learning = latch(mode)
    assert learning.destination == PUBLIC
    hear(learning, (PUBLIC[0], 9999))
    assert learning.destination == learning.latched == (PUBLIC[0], 9999)


def test_mode_none_never_learns_an_asymmetric_peer() -> None:
    fixed = latch("none")
    hear(fixed, (PUBLIC[0], 9999))
    assert fixed.destination == PUBLIC
    assert fixed.latched is None


def test_mode_signalled_answers_the_signalled_address() -> None:
    fixed = latch("signalled")
    hear(fixed, PUBLIC)
    assert fixed.destination == fixed.latched == PUBLIC


@pytest.mark.parametrize("mode", ["subnet", "first-packet", "ranked"])
@pytest.mark.parametrize(
    "ip", ["10.0.0.7", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "fd00::7"]
)
def test_nothing_is_sent_to_a_private_address_before_it_was_heard(mode: str, ip: str) -> None:
    behind_nat = latch(mode, rtp=(ip, 4000))
    assert behind_nat.destination is None


def test_a_private_address_is_fine_where_the_signalling_came_from_it() -> None:
    assert latch("ranked", PRIVATE, signalling_ip=PRIVATE[0]).destination == PRIVATE
    assert latch("ranked", PRIVATE, signalling_ip=None).destination == PRIVATE
    assert latch("none", PRIVATE).destination == PRIVATE


@pytest.mark.parametrize("mode", ["none", "ranked"])
@pytest.mark.parametrize(
    "address", [("0.0.0.0", 4000), ("239.1.1.1", 4000), ("255.255.255.255", 9), (PUBLIC[0], 0)]
)
def test_nothing_is_sent_where_no_single_host_is(mode: str, address: Address) -> None:
    assert latch(mode, rtp=address).destination is None


# --- who may take over ----------------------------------------------------------------------------


def test_a_better_ranked_source_takes_over_within_the_window() -> None:
    ranked = latch("ranked")
    hear(ranked, MAPPED, now=10.0)
    assert hear(ranked, PUBLIC, now=10.0 + WINDOW - 0.1) is Verdict.LATCHED
    assert hear(ranked, MAPPED, now=10.0 + WINDOW - 0.1) is Verdict.REJECTED
    assert ranked.destination == PUBLIC


def test_after_the_window_the_first_source_is_locked() -> None:
    ranked = latch("ranked")
    hear(ranked, MAPPED, now=10.0)
    assert hear(ranked, PUBLIC, now=10.0 + WINDOW) is Verdict.REJECTED


def test_an_equal_source_does_not_take_over() -> None:
    ranked = latch("ranked")
    hear(ranked, MAPPED)
    assert hear(ranked, (NAT, 61001)) is Verdict.REJECTED


@pytest.mark.parametrize("mode", ["subnet", "first-packet"])
def test_the_first_source_wins_in_the_other_learning_modes(mode: str) -> None:
    learning = latch(mode)
    hear(learning, (PUBLIC[0], 9999))
    assert hear(learning, PUBLIC) is Verdict.REJECTED
    assert hear(learning, (PUBLIC[0], 9999)) is Verdict.KNOWN


def test_mode_none_follows_a_changing_port_but_not_for_each_packet() -> None:
    fixed = latch("none")
    hear(fixed, PUBLIC, now=0.0)
    assert hear(fixed, (PUBLIC[0], 9999), now=FOLLOW_AGAIN / 2) is Verdict.ACCEPTED
    assert fixed.source == PUBLIC
    assert hear(fixed, (PUBLIC[0], 9999), now=FOLLOW_AGAIN) is Verdict.LATCHED
    assert fixed.source == (PUBLIC[0], 9999)


# --- a new SDP ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["signalled", "subnet", "first-packet", "ranked"])
def test_the_same_terms_again_open_nothing(mode: str) -> None:
    learning = latch(mode)
    hear(learning, PUBLIC)
    renew(learning, mode, epoch=1)
    assert hear(learning, (PUBLIC[0], 9999), now=100.0) is Verdict.REJECTED


def test_after_a_new_sdp_the_old_source_goes_on_until_a_new_one_is_heard() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED, now=0.0)
    renew(ranked, "ranked", PRIVATE, epoch=2, now=100.0)
    assert hear(ranked, MAPPED, now=100.1) is Verdict.KNOWN
    assert ranked.destination == MAPPED
    assert hear(ranked, (NAT, 62000), now=100.2, last_at=100.1) is Verdict.LATCHED
    assert ranked.destination == (NAT, 62000)
    assert hear(ranked, MAPPED, now=100.3) is Verdict.REJECTED


def test_a_stranger_gains_nothing_by_a_new_sdp() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED)
    renew(ranked, "ranked", PRIVATE)
    assert hear(ranked, STRANGER, now=100.1) is Verdict.REJECTED


def test_a_source_that_goes_on_under_the_same_address_is_locked_again() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED, now=0.0)
    renew(ranked, "ranked", PRIVATE, epoch=2, now=100.0)
    late = 100.0 + WINDOW
    assert hear(ranked, (NAT, 62000), now=late, last_at=late - 0.02) is Verdict.REJECTED
    assert hear(ranked, (NAT, 62000), now=late - 1) is Verdict.REJECTED


def test_a_source_that_is_silent_since_the_new_sdp_may_be_replaced_late() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED, now=0.0)
    renew(ranked, "ranked", PRIVATE, epoch=2, now=100.0)
    assert hear(ranked, (NAT, 62000), now=150.0, last_at=99.9) is Verdict.LATCHED


def test_a_new_address_takes_over_at_once_where_it_can_be_reached() -> None:
    moved = ("192.0.2.99", 5000)
    ranked = latch("ranked")
    hear(ranked, PUBLIC, now=0.0)
    renew(ranked, "ranked", moved, epoch=2, now=100.0)
    assert ranked.destination == moved
    assert hear(ranked, PUBLIC, now=100.1) is Verdict.KNOWN
    assert hear(ranked, moved, now=200.0, last_at=199.9) is Verdict.LATCHED
    assert hear(ranked, PUBLIC, now=200.1) is Verdict.REJECTED


def test_a_new_private_address_leaves_the_old_latch_in_use() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED)
    renew(ranked, "ranked", ("10.0.0.7", 4002))
    assert ranked.destination == MAPPED
    assert hear(ranked, (NAT, 62000), now=500.0, last_at=499.9) is Verdict.LATCHED


def test_a_hold_without_an_address_is_no_move() -> None:
    ranked = latch("ranked")
    hear(ranked, MAPPED)
    for epoch, address in enumerate([("0.0.0.0", 4000), None, PUBLIC], start=2):
        renew(ranked, "ranked", address, epoch=epoch)
        assert ranked.destination == MAPPED


def test_the_address_that_a_new_sdp_names_may_be_the_one_that_was_heard() -> None:
    ranked = latch("ranked", PRIVATE)
    hear(ranked, MAPPED)
    renew(ranked, "ranked", MAPPED)
    assert ranked.destination == MAPPED
    assert hear(ranked, (NAT, 62000), now=100.1) is Verdict.REJECTED


def test_the_first_sdp_after_early_media_is_no_move() -> None:
    ranked = latch("ranked", rtp=None)
    hear(ranked, MAPPED)
    renew(ranked, "ranked", PUBLIC)
    assert ranked.destination == MAPPED


def test_an_older_epoch_opens_nothing_and_does_not_let_the_present_one_rise_again() -> None:
    ranked = latch("ranked", PRIVATE, epoch=5)
    hear(ranked, MAPPED)
    for epoch in (4, 5):
        renew(ranked, "ranked", PRIVATE, epoch=epoch)
        assert hear(ranked, (NAT, 62000), now=100.1) is Verdict.REJECTED


def test_after_a_new_sdp_mode_none_follows_at_once() -> None:
    fixed = latch("none")
    hear(fixed, PUBLIC, now=100.0)
    renew(fixed, "none", ("192.0.2.8", 4000), now=100.0)
    assert hear(fixed, PUBLIC, now=100.1) is Verdict.KNOWN
    assert hear(fixed, ("192.0.2.8", 4000), now=100.1) is Verdict.LATCHED


def test_what_is_forgotten_was_never_heard() -> None:
    learning = latch("ranked")
    hear(learning, MAPPED)
    learning.forget()
    assert learning.latched is None
    assert hear(learning, PUBLIC) is Verdict.LATCHED


# --- terms ----------------------------------------------------------------------------------------


def test_terms_that_make_no_sense_are_refused() -> None:
    good = side_plan(PUBLIC)
    for broken in (
        side_plan(PUBLIC, latching="maybe"),
        side_plan(PUBLIC, prefix=-1),
        side_plan(PUBLIC, window=-1.0),
        side_plan(("host.example", 4000)),
        side_plan(("fe80::1%eth0", 4000)),
        side_plan(("192.0.2.7", 65536)),
    ):
        with pytest.raises(ValueError, match=r"."):
            rtp_terms(broken)
    assert rtp_terms(good).expected == PUBLIC
    assert rtcp_terms(good).expected == (PUBLIC[0], PUBLIC[1] + 1)


def test_addresses_are_compared_in_the_form_that_the_kernel_writes() -> None:
    assert canonical("2001:DB8:0:0::7") == "2001:db8::7"
    assert canonical("::ffff:192.0.2.7") == "192.0.2.7"
    spelt = latch("signalled", rtp=("2001:DB8::0:7", 4000))
    assert spelt.mode == "signalled"
    assert spelt.expected == ("2001:db8::7", 4000)
    assert hear(spelt, ("2001:db8::7", 4000)) is Verdict.LATCHED


# --- the attack -----------------------------------------------------------------------------------

PEERS = [PUBLIC, (PUBLIC[0], 9999), MAPPED, (NAT, 61001)]
ATTACKERS = [STRANGER, ("203.0.113.5", 61000), ("10.9.9.9", 4000), ("192.1.2.7", 4000)]
SAFE_MODES = ["none", "signalled", "subnet", "ranked"]


@given(
    st.sampled_from(SAFE_MODES),
    st.sampled_from([PUBLIC, PRIVATE, None]),
    st.lists(
        st.tuples(st.sampled_from([*PEERS, *ATTACKERS, None]), st.floats(0, 5)),
        max_size=40,
    ),
)
def test_an_attacker_is_never_let_in_and_never_answered(
    mode: str, rtp: Address | None, steps: list[tuple[Address | None, float]]
) -> None:
    target, now, epoch = latch(mode, rtp), 0.0, 1
    last_at: float | None = None
    for source, pause in steps:
        now += pause
        if source is None:
            epoch += 1
            renew(target, mode, rtp, epoch=epoch, now=now)
            continue
        verdict = hear(target, source, now, last_at)
        if source in ATTACKERS:
            assert verdict is Verdict.REJECTED
        elif verdict is not Verdict.REJECTED:
            last_at = now
        assert target.destination not in ATTACKERS


@pytest.mark.parametrize(
    ("mode", "source"), list(product(["signalled", "subnet", "first-packet", "ranked"], PEERS))
)
def test_no_source_moves_a_locked_latch_without_an_epoch(mode: str, source: Address) -> None:
    learning = latch(mode)
    hear(learning, PUBLIC)
    if source != PUBLIC:
        assert hear(learning, source, now=WINDOW + 0.1) is Verdict.REJECTED
    assert learning.latched == PUBLIC


def learning(mode: str, **changes: object) -> Latch:
    latch = Latch()
    latch.agree(rtp_terms(side_plan(PUBLIC, latching=mode, window=WINDOW, **changes)), 1, 0.0)
    return latch


def test_delayed_learning_follows_the_newest_source_and_keeps_the_first_of_after_the_delay() -> (
    None
):
    latch = learning("delayed", strict=False)
    assert hear(latch, STRANGER, 0.5) is Verdict.LATCHED
    assert hear(latch, MAPPED, 1.0, 0.5) is Verdict.LATCHED
    assert hear(latch, STRANGER, 1.05, 1.0) is Verdict.ACCEPTED  # not at every packet
    assert hear(latch, PUBLIC, 4.0, 2.0) is Verdict.LATCHED
    assert hear(latch, STRANGER, 9.0, 4.0) is Verdict.ACCEPTED
    assert latch.destination == PUBLIC


def test_heuristic_learning_prefers_what_is_most_like_the_sdp() -> None:
    latch = learning("heuristic")
    same_port, same_address = (NAT, PUBLIC[1]), (PUBLIC[0], 9)
    for at, source in enumerate(((NAT, 7), same_port, same_address)):
        assert hear(latch, source, 0.1 * at, 0.1 * at) is Verdict.LATCHED
    assert hear(latch, MAPPED, 0.5, 0.4) is Verdict.REJECTED
    assert hear(latch, PUBLIC, 2.9, 2.8) is Verdict.LATCHED


def test_a_lenient_plan_lets_strangers_through_and_answers_none_of_them() -> None:
    latch = learning("signalled", strict=False)
    assert hear(latch, STRANGER) is Verdict.ACCEPTED
    assert hear(latch, (STRANGER[0], 0)) is Verdict.REJECTED


def test_a_handover_moves_to_whoever_sends_and_an_asymmetric_end_is_never_followed() -> None:
    latch = learning("first-packet", handover=True)
    assert hear(latch, MAPPED, 0.0) is Verdict.LATCHED
    assert hear(latch, STRANGER, 50.0, 49.0) is Verdict.LATCHED
    assert latch.destination == STRANGER
    asymmetric = learning("first-packet", asymmetric=True)
    assert hear(asymmetric, MAPPED) is Verdict.LATCHED
    assert asymmetric.destination == PUBLIC


@pytest.mark.parametrize("mode", ["none", "signalled", "subnet", "first-packet", "ranked"])
def test_who_could_claim_a_stream_may_begin_a_handshake_and_claims_nothing_by_it(mode: str) -> None:
    each = latch(mode)
    assert each.permits(PUBLIC)
    assert each.permits(STRANGER) is (mode == "first-packet")
    assert each.source is None
    hear(each, PUBLIC)
    assert each.permits(PUBLIC)
