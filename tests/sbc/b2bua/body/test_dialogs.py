"""Dialog identifiers in dialog-info (S9; RFC 4235): of calls of ours those of the other leg."""

import re

from sbc.b2bua.body.dialogs import DIALOGS
from sbc.b2bua.body.values import Translation
from sbc.b2bua.wire import DialogId
from tests.support.documents import DIALOG_INFO, filled

OTHER = {("pbx", "pbx", "pbx"): ("our-call", "our-local", "our-remote")}


def find(dialog: DialogId) -> DialogId | None:
    return OTHER.get(dialog)


def names(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r'call-id="([^"]+)" local-tag="([^"]+)" remote-tag="([^"]+)"', text)


def made(text: str, translation: Translation) -> str:
    return (DIALOGS.rebuild(text.encode(), translation) or b"").decode()


def test_a_call_of_ours_has_the_names_that_the_other_leg_knows() -> None:
    text = made(filled(DIALOG_INFO, "pbx"), Translation(b"k", find))
    assert names(text) == [("our-call", "our-local", "our-remote")] * 2


def test_any_other_call_has_made_up_names_that_stay_the_same() -> None:
    one = names(made(filled(DIALOG_INFO, "other"), Translation(b"k", find)))
    assert one == names(made(filled(DIALOG_INFO, "other"), Translation(b"k", find)))
    assert one != names(made(filled(DIALOG_INFO, "other"), Translation(b"l", find)))
    assert "other" not in str(one)


def test_a_name_that_is_not_there_is_not_made_up() -> None:
    text = made(
        '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"><dialog id="1" call-id="x"/>'
        '<dialog id="2"/></dialog-info>',
        Translation(),
    )
    assert "tag" not in text
    assert text.count("call-id") == 1
