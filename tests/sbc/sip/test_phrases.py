import pytest

from sbc.sip.phrases import reason_phrase


@pytest.mark.parametrize(
    ("status", "phrase"),
    [(100, "Trying"), (180, "Ringing"), (200, "OK"), (487, "Request Terminated")],
)
def test_a_registered_status_has_its_phrase(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (199, "Early Dialog Terminated"),
        (299, "OK"),
        (499, "Request Failure"),
        (699, "Global Failure"),
    ],
)
def test_an_unknown_status_is_named_by_its_class(status: int, phrase: str) -> None:
    assert reason_phrase(status) == phrase
