from hypothesis import given
from hypothesis import strategies as st

from sbc.transport.admission import Admission


def test_a_source_has_no_more_than_its_share_and_others_are_unaffected() -> None:
    admission = Admission(per_source=2, total=100)
    assert [admission.admit("192.0.2.1") for _ in range(4)] == [True, True, False, False]
    assert admission.admit("192.0.2.2")
    assert admission.refused == 2


def test_who_is_not_welcome_is_refused_and_takes_no_room() -> None:
    admission = Admission(per_source=2, total=100, welcome={"192.0.2.1"}.__contains__)
    assert admission.admit("192.0.2.1")
    assert not admission.admit("192.0.2.2")
    assert (admission.refused, admission.sources()) == (1, 1)


def test_what_leaves_makes_room() -> None:
    admission = Admission(per_source=1, total=100)
    assert admission.admit("192.0.2.1")
    admission.leave("192.0.2.1")
    assert admission.admit("192.0.2.1")


def test_all_sources_together_have_no_more_than_there_is() -> None:
    admission = Admission(per_source=2, total=2)
    assert [admission.admit(f"192.0.2.{host}") for host in (1, 2, 3)] == [True, True, False]


def test_room_is_scarce_for_a_source_with_all_it_may_have_and_for_all_when_half_is_gone() -> None:
    admission = Admission(per_source=1, total=4)
    admission.admit("192.0.2.1")
    assert admission.scarce("192.0.2.1")
    assert not admission.scarce("192.0.2.2")
    admission.admit("192.0.2.2")
    assert admission.scarce("192.0.2.3")


def test_the_addresses_of_one_ipv6_subscriber_are_one_source() -> None:
    admission = Admission(per_source=2, total=100)
    assert admission.admit("2001:db8:0:1::1")
    assert admission.admit("2001:db8:0:1:ffff::2")
    assert not admission.admit("2001:DB8::1:0:0:0:3")
    assert admission.admit("2001:db8:0:2::1")


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["192.0.2.1", "192.0.2.2", "::1", "::2"])))
)
def test_when_all_have_left_nothing_is_remembered(steps: list[tuple[bool, str]]) -> None:
    admission = Admission(per_source=3, total=5)
    inside: list[str] = []
    for comes, address in steps:
        if comes and admission.admit(address):
            inside.append(address)
        elif not comes and inside:
            admission.leave(inside.pop())
        assert len(inside) <= 5
    for address in inside:
        admission.leave(address)
    assert admission.sources() == 0
    assert all(admission.admit(f"192.0.2.{host}") for host in range(5))
