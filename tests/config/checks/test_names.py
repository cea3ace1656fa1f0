import pytest

from config.checks.names import REFERENCES, dangling
from config.nodes import Plain
from config.problems import Loc
from tests.config.samples import data


def test_a_file_whose_names_all_lead_somewhere_has_no_findings() -> None:
    assert list(dangling(data())) == []


@pytest.mark.parametrize(
    ("loc", "message"),
    [
        (("interfaces", "wan", "zone"), "there is no zone `nowhere`"),
        (("zones", "inside", "codec_policy"), "there is no codec policy `nowhere`"),
        (("zones", "inside", "media"), "there is no media profile `nowhere`"),
        (("trunks", "pbx", "zone"), "there is no zone `nowhere`"),
        (("trunks", "pbx", "codec_policy"), "there is no codec policy `nowhere`"),
        (("trunks", "pbx", "media"), "there is no media profile `nowhere`"),
        (("routes", 0, "from", "zone"), "there is no zone `nowhere`"),
        (("routes", 1, "from", "trunk"), "there is no trunk `nowhere`"),
        (("routes", 1, "to", 0), "there is no trunk `nowhere`"),
    ],
)
def test_a_name_that_leads_nowhere_is_found(loc: Loc, message: str) -> None:
    (finding,) = dangling(data({loc: "nowhere"}))
    assert (finding.loc, finding.message, finding.word) == (loc, message, "nowhere")


def test_every_reference_of_the_model_is_in_the_table() -> None:
    assert len(REFERENCES) == 21


def test_the_names_that_are_known_come_along() -> None:
    (finding,) = dangling(data({("trunks", "pbx", "zone"): "insid"}))
    assert tuple(finding.known) == ("outside", "inside")


def test_a_section_without_names_is_said_to_be_so() -> None:
    (finding,) = dangling(data({("trunks", "pbx", "media"): "calm"}))
    assert finding.hint == "the section `media_profiles` has none"


@pytest.mark.parametrize(
    "made",
    [
        "text",
        5,
        [],
        {},
        {"routes": {"to": "x"}, "trunks": [], "zones": 1},
        {"routes": [1, {"from": "any", "to": "x"}, {"from": [], "to": [5, {}]}]},
        {"interfaces": {"wan": {"zone": 5}}},
    ],
)
def test_what_has_another_shape_is_left_to_others(made: Plain) -> None:
    assert list(dangling(made)) == []
