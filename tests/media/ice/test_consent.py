"""Consent freshness (RFC 7675): asked for every five seconds or so, gone after thirty."""

from media.ice.consent import Consent
from tests.support.ice import PEER, choose


def test_it_is_asked_for_every_four_to_six_seconds() -> None:
    consent, now, gaps = Consent(PEER, choose(), 0.0), 0.0, []
    for number in range(50):
        consent.asked(bytes([number]), now)
        consent.answered(bytes([number]), now)
        gaps.append(consent.due - now)
        now = consent.due

    assert 4.0 <= min(gaps) < 4.5
    assert 5.5 < max(gaps) <= 6.0


def test_without_an_answer_it_is_gone_after_thirty_seconds() -> None:
    consent = Consent(PEER, choose(), 10.0)
    consent.asked(b"1", 10.0)

    assert not consent.expired(39.9)
    assert consent.expired(40.0)


def test_an_answer_keeps_it_for_thirty_seconds_more() -> None:
    consent = Consent(PEER, choose(), 0.0)
    consent.asked(b"1", 0.0)

    assert consent.answered(b"1", 20.0)
    assert not consent.expired(49.9)
    assert consent.expired(50.0)


def test_an_answer_to_nothing_or_to_the_same_again_is_no_consent() -> None:
    consent = Consent(PEER, choose(), 0.0)
    consent.asked(b"1", 0.0)
    consent.answered(b"1", 1.0)

    assert not consent.answered(b"1", 25.0)
    assert not consent.answered(b"2", 25.0)
    assert consent.expired(31.0)


def test_no_more_than_a_few_open_checks_are_remembered() -> None:
    consent = Consent(PEER, choose(), 0.0)
    for number in range(20):
        consent.asked(bytes([number]), 0.0)

    assert not consent.owns(bytes([0]))
    assert consent.owns(bytes([19]))
