"""Who has forwarded a call: Diversion and History-Info, and the one made from the other (RFC 5806,
RFC 7044, RFC 7544) (H6, Z4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.effective import Terms, terms_of
from sbc.b2bua.diversion import NOBODY, Diversion, Diversions, diversions_of
from sbc.sip.headers import Headers
from tests.support.configs import config

TERMS = terms_of(config())
TRUSTED, UNTRUSTED = TERMS["pbx"], TERMS["carrier"]
HOST = "203.0.113.10"

DIVERSION = (
    "<sip:302@pbx.inside>;reason=no-answer;counter=1,"
    " <sip:301@pbx.inside;x=1>;reason=user-busy;privacy=full"
)
HISTORY = (
    "<sip:301@pbx.inside?Privacy=history>;index=1, <sip:302@pbx.inside;cause=486>;index=1.1,"
    " <sip:303@pbx.inside;cause=408>;index=1.1.1"
)
TWICE = (Diversion("301", "user-busy", hidden=True), Diversion("302", "no-answer"))


def read(*fields: tuple[str, str], terms: Terms = TRUSTED) -> Diversions:
    return diversions_of(Headers(fields), terms)


def shown(form: str, *, trusted: bool = True, target: str = "303") -> dict[str, str]:
    to = replace(TRUSTED if trusted else UNTRUSTED, diversion=form)  # type: ignore[arg-type]
    return dict(Diversions(TWICE, frozenset({"diversion"})).fields(to, HOST, target))


@pytest.mark.parametrize("field", [("Diversion", DIVERSION), ("History-Info", HISTORY)])
def test_both_tell_the_same(field: tuple[str, str]) -> None:
    assert read(field).each == TWICE


def test_history_goes_before_diversion() -> None:
    found = read(("Diversion", "<sip:9@x>"), ("History-Info", HISTORY))
    assert found.each == TWICE
    assert found.said_as == {"diversion", "history-info"}


def test_why_an_entry_did_not_stay_may_stand_in_itself() -> None:
    value = "<sip:301@x?Reason=SIP%3Bcause%3D302>;index=1, <sip:302@x>;index=1.1"
    assert read(("History-Info", value)).each == (Diversion("301", "unconditional"),)
    alone = "<sip:301@x?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1"
    assert read(("History-Info", alone)).each == (Diversion("301", "user-busy"),)


def test_who_is_called_now_has_not_forwarded_the_call() -> None:
    assert read(("History-Info", "<sip:301@x>;index=1")) is NOBODY


def test_diversion_is_written_newest_first_with_our_host() -> None:
    assert shown("diversion") == {
        "Diversion": f"<sip:302@{HOST}>;reason=no-answer,"
        f" <sip:301@{HOST}>;reason=user-busy;privacy=full"
    }


def test_history_is_written_oldest_first_and_ends_with_who_is_called() -> None:
    assert shown("history-info") == {
        "History-Info": f"<sip:301@{HOST}?Privacy=history>;index=1,"
        f" <sip:302@{HOST};cause=486>;index=1.1, <sip:303@{HOST};cause=408>;index=1.1.1"
    }
    again = read(("History-Info", shown("history-info")["History-Info"]))
    assert again.each == TWICE


def test_without_a_target_the_last_reason_stands_in_the_last_entry() -> None:
    value = shown("history-info", target="")["History-Info"]
    assert value.endswith(f"<sip:302@{HOST};cause=486?Reason=SIP%3Bcause%3D408>;index=1.1")
    assert read(("History-Info", value)).each == TWICE


def test_who_asked_for_privacy_is_not_named_to_the_untrusted() -> None:
    for form in ("diversion", "history-info", "both"):
        text = " ".join(shown(form, trusted=False).values())
        assert "301" not in text
        assert "sip:anonymous@anonymous.invalid" in text


def test_it_is_kept_in_the_form_that_it_came_in() -> None:
    assert set(shown("keep")) == {"Diversion"}
    assert set(shown("both")) == {"Diversion", "History-Info"}


def test_an_untrusted_peer_is_not_listened_to_unless_it_is_said() -> None:
    assert read(("Diversion", DIVERSION), terms=UNTRUSTED) is NOBODY
    said = replace(UNTRUSTED, diversion="both")
    assert read(("Diversion", DIVERSION), terms=said).each == TWICE


@pytest.mark.parametrize(
    "value",
    ["", "*", "<sip:pbx.inside>", "<http://pbx.inside/x>", "<sip:1@x", "anonymous", "<sip:%zz@x>"],
)
def test_what_names_nobody_is_left_out(value: str) -> None:
    assert read(("Diversion", value)) is NOBODY
    assert read(("History-Info", f"{value};index=1")) is NOBODY


def test_ten_are_enough() -> None:
    assert len(read(("Diversion", ", ".join(["<sip:1@x>"] * 5000))).each) == 10
    assert len(read(("History-Info", ", ".join(["<sip:1@x;cause=302>"] * 5000))).each) < 10


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=200))
def test_no_host_of_the_other_side_is_ever_written(text: str) -> None:
    for name in ("Diversion", "History-Info"):
        value = f'"{text}" <sip:{text}@inside.secret;{text}?{text}>;reason={text};index=1.1'
        found = read((name, f"{value}, {value}"))
        for form in ("diversion", "history-info"):
            to = replace(UNTRUSTED, diversion=form)
            for _, written in found.fields(to, HOST, "1"):
                assert "inside.secret" not in written.replace(text, "")
