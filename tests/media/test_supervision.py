from math import inf

from media.supervision import Patience, Watch

PATIENCE = Patience(initial=30.0, subsequent=60.0)


def watch(now: float = 100.0) -> Watch:
    watch = Watch()
    watch.expect(True, PATIENCE, now)
    return watch


def test_an_end_that_is_never_heard_is_silent_after_the_initial_time() -> None:
    never = watch(100.0)
    assert never.due == 130.0
    assert never.look(None, PATIENCE, 129.9) is None
    assert never.look(None, PATIENCE, 130.0) == "initial"
    assert never.silent


def test_what_was_heard_before_the_watch_began_does_not_count() -> None:
    assert watch(100.0).look(99.0, PATIENCE, 130.0) == "initial"


def test_an_end_that_falls_silent_has_the_subsequent_time_from_its_last_packet() -> None:
    speaker = watch()
    assert speaker.look(120.0, PATIENCE, 130.0) is None
    assert speaker.due == 180.0
    assert speaker.look(120.0, PATIENCE, 180.0) == "subsequent"


def test_silence_is_said_once_until_the_end_speaks_again() -> None:
    speaker = watch()
    assert speaker.look(110.0, PATIENCE, 170.0) == "subsequent"
    assert speaker.look(110.0, PATIENCE, 171.0) is None
    assert speaker.due == 231.0
    assert speaker.look(180.0, PATIENCE, 231.0) is None
    assert not speaker.silent
    assert speaker.due == 240.0
    assert speaker.look(180.0, PATIENCE, 240.0) == "subsequent"


def test_an_end_that_never_spoke_stays_silent() -> None:
    never = watch(0.0)
    never.look(None, PATIENCE, 30.0)
    assert never.look(None, PATIENCE, 90.0) is None
    assert never.silent


def test_a_hold_never_ends_in_silence() -> None:
    held = watch()
    held.expect(False, PATIENCE, 110.0)
    assert held.due == inf
    assert held.look(None, PATIENCE, 1e6) is None
    assert not held.silent


def test_a_direction_that_is_opened_again_has_its_whole_initial_time() -> None:
    resumed = watch(0.0)
    resumed.expect(False, PATIENCE, 20.0)
    resumed.expect(True, PATIENCE, 500.0)
    assert resumed.look(19.0, PATIENCE, 529.9) is None
    assert resumed.look(19.0, PATIENCE, 530.0) == "initial"


def test_to_expect_it_once_more_changes_nothing() -> None:
    again = watch(0.0)
    again.expect(True, PATIENCE, 29.0)
    assert again.due == 30.0
    assert again.expecting


def test_no_time_at_all_means_to_wait_for_ever() -> None:
    patient = Watch()
    patient.expect(True, Patience(0.0, 0.0), 0.0)
    assert patient.due == inf
    assert patient.look(None, Patience(0.0, 0.0), 1e9) is None


def test_a_silence_is_as_long_as_nothing_was_heard_since_it_was_expected() -> None:
    asked = watch(100.0)
    assert asked.silence(None, 107.0) == 7.0
    assert asked.silence(90.0, 107.0) == 7.0
    assert asked.silence(105.0, 107.0) == 2.0
    asked.expect(False, PATIENCE, 108.0)
    assert asked.silence(105.0, 109.0) is None
