"""What messages say of the session timer of a dialog (S7)."""

from config.model import SessionTimer as Terms
from sbc.b2bua.session import session_fields
from sbc.dialog.session_timer import SessionTimer
from tests.support.border import Border
from tests.support.ends import hang_up, up


def test_option_tags_stand_in_one_field() -> None:
    untimed = SessionTimer(Terms(mode="none"))
    timed = session_fields(SessionTimer(Terms()), "100rel")
    assert timed == [("Supported", "100rel, timer, replaces")]
    assert session_fields(untimed, "100rel") == [("Supported", "100rel, replaces")]
    assert session_fields(untimed) == [("Supported", "replaces")]
    assert session_fields(SessionTimer(Terms(mode="require")))[1:] == [
        ("Session-Expires", "1800;refresher=uac")
    ]


def test_no_alarm_outlives_the_dialog() -> None:
    border = Border()
    caller, callee = up(border, "Supported: timer", "Session-Expires: 3600")
    assert border.core.left_over()["timers"] >= 1
    hang_up(caller, callee)
    border.wait(40)
    assert border.core.left_over()["timers"] == 0
