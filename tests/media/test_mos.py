import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.mos import CODECS, Impairment, burst_ratio, delay_impairment, loss_impairment, mos, score


def scored(
    codec: str = "PCMA", loss: float = 0.0, jitter_ms: float = 0.0, trip: float | None = None
) -> float:
    found = mos(codec, loss, jitter_ms, trip)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("rating", "expected"),
    # ITU-T G.107 table B.1: the lower limits of user satisfaction.
    [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)],
)
def test_a_rating_becomes_the_mos_of_the_published_table(rating: float, expected: float) -> None:
    assert score(rating) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("rating", "expected"), [(-5, 1.0), (0, 1.0), (3, 1.0), (100, 4.5), (120, 4.5)]
)
def test_a_mos_lies_between_1_and_4_5(rating: float, expected: float) -> None:
    assert score(rating) == expected


def test_a_perfect_g711_call_has_the_default_rating() -> None:
    assert score(93.2) == pytest.approx(4.41, abs=0.005)  # G.107: the value of all defaults
    assert scored(trip=0) == pytest.approx(score(93.2), abs=0.02)  # 20 ms of packet


@pytest.mark.parametrize(
    ("delay", "expected", "within"),
    # 0.024 d + 0.11 (d - 177.3) above 177.3: the known line through G.107's curve, good to 400 ms.
    [
        (0, 0.0, 1e-9),
        (50, 1.2, 0.3),
        (100, 2.4, 0.15),
        (150, 3.6, 0.1),
        (250, 14.0, 0.1),
        (300, 20.7, 0.2),
    ],
)
def test_delay_costs_what_the_e_model_says(delay: float, expected: float, within: float) -> None:
    assert delay_impairment(delay) == pytest.approx(expected, abs=within)


def test_without_loss_a_codec_costs_its_ie_and_at_bpl_half_of_what_remains() -> None:
    codec = Impairment(11.0, 19.0)
    assert loss_impairment(codec, 0.0) == 11.0
    assert loss_impairment(codec, 0.19) == 11.0 + 42.0
    assert loss_impairment(codec, 1.0) == pytest.approx(11.0 + 84.0 * 100 / 119)


@pytest.mark.parametrize(
    ("expected", "lost", "bursts", "ratio"),
    [
        (1000, 0, 0, 1.0),
        (1000, 100, 25, 3.6),  # 4 in a row, where chance makes it 1 / (1 - 0.1)
        (1000, 500, 250, 1.0),  # 2 in a row is what chance makes of a half
        (1000, 100, 100, 1.0),  # more even than chance: the model ends at 1
        (10, 10, 1, 1.0),
    ],
)
def test_the_burst_ratio_compares_runs_with_those_of_chance(
    expected: int, lost: int, bursts: int, ratio: float
) -> None:
    assert burst_ratio(expected, lost, bursts) == pytest.approx(ratio)


def test_loss_in_bursts_costs_more_than_the_same_loss_by_chance() -> None:
    codec = Impairment(0.0, 4.3)
    assert loss_impairment(codec, 0.05, 1.0) == pytest.approx(95 * 5 / 9.3)
    assert loss_impairment(codec, 0.05, 2.0) == pytest.approx(95 * 5 / (2.5 + 4.3))
    found = mos("PCMA", 0.05, 0.0, None, 2.0)
    assert found is not None
    assert found[0] < scored(loss=0.05)
    assert found[1] == "E-model G.107, PCMA, loss and burst ratio 2.0, delay 100 ms assumed"


@pytest.mark.parametrize(
    ("codec", "loss", "expected"),
    # By hand: 93.2 - 2.54 (Id of 100 ms) - Ie,eff, through the cubic of annex B.
    [("PCMU", 0.0, 4.355), ("PCMU", 0.02, 4.154), ("G729", 0.0, 4.011), ("G729", 0.05, 3.211)],
)
def test_the_score_of_known_calls(codec: str, loss: float, expected: float) -> None:
    assert scored(codec, loss) == pytest.approx(expected, abs=0.001)


def test_the_method_names_model_codec_and_what_was_assumed() -> None:
    found = mos("PCMA", 0.01, 3.0, None)
    assert found is not None
    assert found[1] == "E-model G.107, PCMA, loss and delay 100 ms assumed"


def test_a_known_round_trip_takes_the_place_of_the_assumption() -> None:
    found = mos("PCMA", 0.0, 10.0, 90.0)  # 45 on the way, 20 in the jitter buffer, 20 in the packet
    assert found is not None
    assert found[1] == "E-model G.107, PCMA, loss and delay 85 ms"
    assert found[0] == score(93.2 - delay_impairment(85.0))


def test_a_wide_band_codec_is_put_on_the_narrow_band_scale_and_says_so() -> None:
    found = mos("opus", 0.0, 0.0, None)
    assert found is not None
    assert found == (
        scored("PCMU"),
        "E-model G.107, opus (narrow-band scale, loss estimated), loss and delay 100 ms assumed",
    )


@pytest.mark.parametrize("codec", [None, "", "speex", "H264", "telephone-event"])
def test_nothing_is_said_of_a_codec_that_the_model_does_not_know(codec: str | None) -> None:
    assert mos(codec, 0.0, 0.0, None) is None


@pytest.mark.parametrize(
    ("codec", "rating"),
    # 93.2 - Id - Ie,eff at 2 % loss, by the values of G.113 appendix I.
    [("PCMA", 83.65), ("G729", 71.66), ("G723", 66.82), ("AMR", 70.66), ("GSM-EFR", 70.66)],
)
def test_published_codecs_are_rated_by_their_published_values(codec: str, rating: float) -> None:
    assert scored(codec, 0.02) == pytest.approx(score(rating), abs=0.001)


def test_names_of_codecs_have_no_case() -> None:
    assert scored("pcmu") == scored("PCMU")
    assert all(name == name.lower() for name in CODECS)


@given(st.sampled_from(sorted(CODECS)), st.floats(0, 1), st.floats(0, 1), st.floats(0, 5000))
def test_more_loss_never_scores_better(codec: str, one: float, two: float, trip: float) -> None:
    low, high = sorted((one, two))
    assert 1.0 <= scored(codec, high, 0, trip) <= scored(codec, low, 0, trip) <= 4.5


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_a_longer_way_never_scores_better(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert scored(trip=high) <= scored(trip=low) + 1e-9
