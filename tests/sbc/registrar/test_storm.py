"""How many REGISTERs are looked at."""

from config.model import Registers
from sbc.registrar.storm import LATEST, MOST_SOURCES, SOONEST, Storm, retry_after


def test_a_source_has_its_rate_and_a_user_his() -> None:
    storm = Storm(Registers.model_validate({"per_source": "2/s", "per_user": "1/s"}))
    assert sum(storm.takes("192.0.2.1", 0.0) for _ in range(100)) == 20
    assert sum(storm.takes("192.0.2.1", 1.0) for _ in range(100)) == 2
    assert storm.takes("192.0.2.2", 0.0)
    assert sum(storm.takes_of("anna", 0.0) for _ in range(100)) == 10
    assert storm.takes_of("bert", 0.0)


def test_forged_sources_cost_no_memory() -> None:
    storm = Storm(Registers())
    for number in range(MOST_SOURCES + 5000):
        storm.takes(f"source {number}", 0.0)
    assert storm.remembered() <= MOST_SOURCES + 1


def test_a_storm_is_worth_one_line_a_second() -> None:
    storm = Storm(Registers())
    said = [storm.worth_a_word(number / 100) for number in range(300)]
    assert [each for each in said if each] == [1, 100, 100]


def test_phones_are_told_to_come_again_each_at_another_time() -> None:
    times = {int(retry_after(number)[1]) for number in range(1000)}
    assert times == set(range(SOONEST, LATEST + 1))
