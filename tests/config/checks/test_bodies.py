"""Types of bodies that cross unseen are told (Z6)."""

from config.checks.bodies import unseen
from config.problems import Loc
from tests.config.samples import model

TYPES: Loc = ("zones", "outside", "message_limits")


def test_a_type_that_cannot_be_rebuilt_is_a_warning_where_it_goes_to_strangers() -> None:
    listed = {"body_types": ["application/sdp", "application/isup", "text/plain"]}
    (found,) = unseen(model({TYPES: listed}))
    assert found.loc == (*TYPES, "body_types", 1)
    assert found.severity == "warning"
    assert "application/isup" in found.message
    assert list(unseen(model({("zones", "inside", "message_limits"): listed}))) == []


def test_the_defaults_say_nothing() -> None:
    assert list(unseen(model({}))) == []
