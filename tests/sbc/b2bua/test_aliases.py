"""Names for dialogs, given to other trunks (S9); whole flows are in
tests/simulation/test_s9_named_dialogs.py."""

from sbc.b2bua.aliases import Aliases
from sbc.tokens import Tokens
from tests.support.border import Border
from tests.support.ends import up


def test_each_trunk_gets_a_name_of_its_own_and_keeps_it() -> None:
    border = Border()
    up(border)
    dialog, other = border.core._wire.usages.values()
    aliases, tokens = Aliases(), Tokens(b"seed")
    one, another = (aliases.give(dialog, trunk, tokens) for trunk in ("pbx", "branch"))
    assert one != another
    assert aliases.give(dialog, "pbx", tokens) == one
    assert aliases.give(other, "pbx", tokens) not in {one, another}
    assert aliases.named(one, "pbx") is dialog
    assert aliases.named(one, "branch") is None
    assert len(aliases) == 3
    aliases.forget(dialog)
    assert len(aliases) == 1
    assert aliases.named(one, "pbx") is None
