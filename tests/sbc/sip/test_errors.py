"""The peer's faults carry what is needed to answer them."""

from sbc.sip.errors import BadMessage


def test_a_fault_says_which_status_answers_it() -> None:
    bad = BadMessage(416, "Unsupported URI scheme")
    assert (bad.status, bad.reason, bad.request) == (416, "Unsupported URI scheme", None)


def test_a_fault_reads_well_in_a_log() -> None:
    assert str(BadMessage(400, "Bad Via")) == "(400, 'Bad Via')"
