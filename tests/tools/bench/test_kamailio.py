"""Kamailio's configuration."""

from pathlib import Path

from tools.bench import kamailio

TEMPLATE = Path(kamailio.__file__).with_name("kamailio.cfg").read_text()


def test_with_media_offer_answer_and_end_of_a_call_reach_rtpengine() -> None:
    text = kamailio.configuration(TEMPLATE, media=True)
    assert text.count("rtpengine_manage(") == 3
    assert "127.0.0.61:22222" in text


def test_without_media_rtpengine_is_not_even_loaded() -> None:
    assert "rtpengine.so" not in kamailio.configuration(TEMPLATE, media=False)


def test_no_mark_of_the_template_is_left() -> None:
    for media in (False, True):
        assert "@" not in kamailio.configuration(TEMPLATE, media=media)
