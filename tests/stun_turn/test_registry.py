"""The numbers of STUN and TURN fit each other."""

from stun_turn.registry import COMPREHENSION_OPTIONAL, KNOWN, REASONS, Attribute, Method


def test_methods_fit_into_their_twelve_bits() -> None:
    assert all(method < 0x1000 for method in Method)


def test_software_may_be_ignored_and_a_relay_transport_may_not() -> None:
    assert Attribute.SOFTWARE >= COMPREHENSION_OPTIONAL > Attribute.REQUESTED_TRANSPORT
    assert Attribute.LIFETIME in KNOWN


def test_error_codes_have_a_class_from_three_to_six() -> None:
    assert all(300 <= code < 700 for code in REASONS)
