"""Certificates that change under a running border, in time as it is told (X7)."""

from pathlib import Path
from typing import Any

import pytest

from config.certificates import client_context
from config.model import Certificate, Config
from config.problems import Loc
from sbc.transport.rotation import DAY, CannotRead, Rotation, expiring
from tests.config.samples import model
from tests.support.authority import Authority, Pair

NOW = 1000.0


def config_of(**sections: Certificate) -> Config:
    changes: dict[Loc, Any] = {
        ("certificates", name): section.model_dump(exclude_unset=True, exclude_none=True)
        for name, section in sections.items()
    }
    return model(changes)


class World:
    def __init__(self, directory: Path, days: float = 365) -> None:
        self.authority = Authority(directory)
        self.directory = directory
        self.pair = self.authority.pair("edge", "a.example", days=days)
        self.config = config_of(edge=self.pair.section())
        self.rotation = Rotation(self.config)
        self.now = NOW
        self.epoch = self.rotation.material("edge").expires - days * DAY

    def look(self) -> list[tuple[str, dict[str, str]]]:
        self.now += 5
        notes = self.rotation.look(self.now, self.epoch)
        return [(note.event, dict(note.detail)) for note in notes]

    def replace(self, pair: Pair, *, chain: bool = True, key: bool = True) -> None:
        if chain:
            pair.chain.replace(self.pair.chain)
        if key:
            pair.key.replace(self.pair.key)

    def context(self) -> object:
        material = self.rotation.material
        return self.rotation.context("x", lambda: client_context(material("edge"), None))


def test_a_new_certificate_makes_new_contexts_and_the_old_ones_live_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.context()
    assert world.look() == []
    assert world.context() is before
    world.replace(world.authority.pair("new", "b.example", days=100))
    assert [event for event, _ in world.look()] == ["certificate_loaded"]
    assert world.rotation.material("edge").names == ("b.example",)
    assert world.context() is not before
    assert world.look() == []


def test_a_pair_that_does_not_fit_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = world.context()
    new = world.authority.pair("new", "b.example")
    world.replace(new, key=False)
    ((event, detail),) = world.look()
    assert (event, detail["why"]) == (
        "certificate_refused",
        "chain and key: key values mismatch",
    )
    assert world.look() == []
    assert world.context() is before
    assert world.rotation.status(world.epoch)[0]["not_used"] == detail["why"]
    world.replace(new, chain=False)
    assert [event for event, _ in world.look()] == ["certificate_loaded"]
    assert world.rotation.status(world.epoch)[0]["not_used"] == ""


@pytest.mark.parametrize("trouble", ["gone", "empty", "expired"])
def test_nor_does_one_that_is_gone_or_of_no_use(tmp_path: Path, trouble: str) -> None:
    world = World(tmp_path)
    if trouble == "gone":
        world.pair.chain.unlink()
    elif trouble == "empty":
        world.pair.chain.write_bytes(b"")
    else:
        world.replace(world.authority.pair("old", "a.example", days=-1))
    assert [event for event, _ in world.look()] == ["certificate_refused"]
    assert world.rotation.material("edge").names == ("a.example",)


def test_files_are_looked_at_no_more_often_than_was_said(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.look()
    world.replace(world.authority.pair("new", "b.example"))
    assert world.rotation.look(world.now + 1.9, world.epoch) == []
    assert len(world.rotation.look(world.now + 2.0, world.epoch)) == 1


def test_its_end_is_told_30_7_and_1_day_before_once_each(tmp_path: Path) -> None:
    world = World(tmp_path, days=40)
    told: list[tuple[float, str]] = []
    for hours in range(0, 41 * 24, 6):
        world.epoch = world.rotation.material("edge").expires - (40 * DAY - hours * 3600)
        told += [(40 - hours / 24, detail["days_left"]) for _, detail in world.look()]
    assert told == [(30, "30.0"), (7, "7.0"), (1, "1.0"), (0, "0.0")]


def test_a_new_one_begins_anew(tmp_path: Path) -> None:
    world = World(tmp_path, days=5)
    assert [event for event, _ in world.look()] == ["certificate_expires"]
    world.replace(world.authority.pair("new", "a.example", days=90))
    assert [event for event, _ in world.look()] == ["certificate_loaded"]
    assert world.look() == []


def test_all_that_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    gone = Certificate(chain=str(tmp_path / "no.pem"), key=str(tmp_path / "no.key"))
    with pytest.raises(CannotRead) as refused:
        Rotation(config_of(a=gone, b=gone))
    assert [finding.loc for finding in refused.value.findings] == [
        ("certificates", "a"),
        ("certificates", "b"),
    ]
    assert "No such file" in str(refused.value)


def test_what_a_check_says_of_files(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    good, soon = authority.pair("good", "a.example"), authority.pair("soon", "a.example", days=10)
    over = authority.pair("over", "a.example", days=-1)
    mixed = Certificate(chain=str(good.chain), key=str(soon.key))
    absent = Certificate(trust=str(tmp_path / "no.pem"))
    sections = {"good": good, "soon": soon, "over": over}
    config = config_of(
        **{name: pair.section() for name, pair in sections.items()}, mixed=mixed, absent=absent
    )
    epoch = Rotation(config_of(soon=soon.section())).material("soon").expires - 10 * DAY
    found = {str(f.loc[1]): (f.message, f.severity) for f in expiring(config, epoch)}
    assert found == {
        "soon": ("expires in 10 days", "warning"),
        "over": ("has expired", "warning"),
        "mixed": ("chain and key: key values mismatch", "error"),
        "absent": (f"{tmp_path / 'no.pem'} is not on this machine", "warning"),
    }


def test_the_status_is_for_operators(tmp_path: Path) -> None:
    world = World(tmp_path, days=12)
    (told,) = world.rotation.status(world.epoch)
    assert told["name"] == "edge"
    assert told["days_left"] == 12.0
    assert told["names"] == ["a.example"]
    assert told["chain"] == str(world.pair.chain)
