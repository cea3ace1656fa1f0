"""Names of dialogs that are none of ours (S9): made up, stable, and good for one trunk."""

import pytest

from sbc.b2bua.foreign_dialogs import ForeignDialogs

REAL = ("call@10.20.0.11", "local", "remote")


def test_a_name_leads_back_to_who_told_of_the_dialog_and_for_its_trunk_alone() -> None:
    foreign = ForeignDialogs()
    names = foreign.give("carrier", "pbx", REAL, b"k")
    assert foreign.named(names, "carrier") == ("pbx", REAL)
    assert foreign.named(names, "partner") is None
    assert foreign.named(REAL, "carrier") is None
    assert not set(names) & set(REAL)


def test_it_is_the_same_again_and_another_for_another_key_or_trunk() -> None:
    foreign = ForeignDialogs()
    names = foreign.give("carrier", "pbx", REAL, b"k")
    assert foreign.give("carrier", "pbx", REAL, b"k") == names
    assert len(foreign) == 1
    assert foreign.give("carrier", "pbx", REAL, b"other") != names
    assert foreign.give("partner", "pbx", REAL, b"k") != names


def test_the_oldest_are_forgotten_and_one_told_of_again_is_not_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sbc.b2bua.foreign_dialogs.MOST", 2)
    foreign = ForeignDialogs()
    made = [foreign.give("a", "b", (f"{number}", "l", "r"), b"k") for number in range(2)]
    foreign.give("a", "b", ("0", "l", "r"), b"k")
    foreign.give("a", "b", ("2", "l", "r"), b"k")
    assert foreign.named(made[0], "a") is not None
    assert foreign.named(made[1], "a") is None
    assert len(foreign) == 2
