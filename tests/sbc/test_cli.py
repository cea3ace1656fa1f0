import contextlib
import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sbc.cli import main
from sbc.operate.journal import Journal, SpoolInUse
from sbc.operate.record import timestamp
from tests.support.authority import Authority
from tests.support.borders import running_border
from tests.support.call_records import call
from tests.support.configs import TWO_ZONES


def sbc(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file whose border has its sockets and its CDRs in this test's folder."""
    (tmp_path / "run").mkdir(mode=0o700)
    file = tmp_path / "sbc.yaml"
    file.write_text(
        f"{TWO_ZONES}node: {{ run_directory: {tmp_path}/run }}\ncdr: {{ spool: {tmp_path}/cdr }}\n"
    )
    return file


def ended(uid: str, ago: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
    return call(uid, times={"invite": None, "ended": timestamp(datetime.now(UTC) - ago)})


def journaled(config: Path, *records: dict[str, Any]) -> None:
    with Journal(config.parent / "cdr", "sbc") as journal:
        for record in records:
            journal.cdr(record["uid"], record)


# --- check ----------------------------------------------------------------------------------------


def test_a_good_file_is_good(config: Path) -> None:
    told = sbc("check", config)
    assert told.exit_code == 0
    assert f"{config}: good" in told.stdout


def test_every_mistake_is_told_with_its_place_and_a_hint(config: Path) -> None:
    lines = config.read_text().replace("trust: untrusted", "trsut: untrusted").splitlines()
    config.write_text("\n".join([*lines, "extra: 1"]))
    told = sbc("check", config)
    assert told.exit_code == 1
    line = next(number for number, text in enumerate(lines, 1) if "trsut" in text)
    assert f"{config}:{line}:" in told.stdout
    assert "did you mean `trust`" in told.stdout
    assert f"{config}:{len(lines) + 1}:1" in told.stdout


def test_mistakes_for_programs(config: Path) -> None:
    config.write_text("version: 2\n")
    told = sbc("check", config, "--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert (found["file"], found["ok"], found["omitted"]) == (str(config), False, 0)
    assert {"line", "column", "message", "hint"} <= found["problems"][0].keys()
    config.write_text(TWO_ZONES)
    assert json.loads(sbc("check", config, "--json").stdout)["ok"] is True


def test_mistakes_without_end_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "sbc.yaml"
    file.write_text("version: 1\n" + "".join(f"extra{number}: 1\n" for number in range(200)))
    told = sbc("check", file)
    assert told.stdout.rstrip().endswith("more")


def test_a_file_that_is_not_there_is_a_mistake_like_others(tmp_path: Path) -> None:
    told = sbc("check", tmp_path / "none.yaml")
    assert told.exit_code == 1
    assert "none.yaml" in told.stdout


# --- calls and call -------------------------------------------------------------------------------


def test_calls_of_the_running_border(config: Path) -> None:
    with running_border(config.parent / "run", [call("ab1", state="up"), call("cd2")]):
        told = sbc("calls", "--config", config)
        assert told.exit_code == 0
        assert "ab1" in told.stdout
        assert "calls: 2" in told.stdout
        as_json = json.loads(sbc("calls", "--config", config, "--json").stdout)
        assert [each["uid"] for each in as_json] == ["ab1", "cd2"]


def test_trunks_of_the_running_border(config: Path) -> None:
    """(A3)"""
    trunk = {"trunk": "carrier", "registration": {"state": "registered", "expires_in": 90}}
    with running_border(config.parent / "run", [], {"trunks": [trunk]}):
        told = sbc("trunks", "--config", config)
        assert told.exit_code == 0
        assert "registered" in told.stdout
        assert "1:30" in told.stdout
        assert json.loads(sbc("trunks", "--config", config, "--json").stdout) == [trunk]


def test_subscriptions_of_the_running_border(config: Path) -> None:
    one = {"from": "anna", "to": "100", "event": "dialog", "state": "active", "expires_in": 60}
    with running_border(config.parent / "run", [], {"subscriptions": [one]}):
        told = sbc("subscriptions", "--config", config)
        assert told.exit_code == 0
        assert "dialog" in told.stdout
        as_json = sbc("subscriptions", "--config", config, "--json").stdout
        assert json.loads(as_json) == [one]


def test_registrations_of_the_running_border(config: Path) -> None:
    """(N6)"""
    phone = {"user": "anna", "access": "office", "expires_in": 41}
    with running_border(config.parent / "run", [], {"registrations": [phone]}):
        told = sbc("registrations", "--config", config)
        assert told.exit_code == 0
        assert "anna" in told.stdout
        assert "41 s" in told.stdout
        as_json = sbc("registrations", "--config", config, "--json").stdout
        assert json.loads(as_json) == [phone]
        told = sbc("registrations", "anna", "--config", config)
        assert "41 s" in told.stdout
        assert "Moved" in told.stdout
        assert json.loads(sbc("registrations", "bert", "--config", config, "--json").stdout) == []


def test_certificates_of_the_running_border(config: Path) -> None:
    """(X7)"""
    edge = {"name": "edge", "days_left": 12.0, "names": ["a.example"], "chain": "/edge.pem"}
    with running_border(config.parent / "run", [], {"certificates": [edge]}):
        told = sbc("certificates", "--config", config)
        assert told.exit_code == 0
        assert "a.example" in told.stdout
        assert json.loads(sbc("certificates", "--config", config, "--json").stdout) == [edge]


def test_turn_beside_the_running_border(config: Path) -> None:
    """(I5)"""
    held = {"allocations": 2, "by_user": {"ann": 2}, "notes": {"allocated": 5}, "unsent": 0}
    with running_border(config.parent / "run", [], {"turn": held}):
        told = sbc("turn", "--config", config)
        assert told.exit_code == 0
        assert "ann" in told.stdout
        assert json.loads(sbc("turn", "--config", config, "--json").stdout) == held
        told = sbc("turn", "--config", config, "--account", "ann@example.org")
        assert "9:ann@example.org" in told.stdout
        told = sbc("turn", "--config", config, "--account", "eve@example.org")
        assert told.exit_code == 1


def test_without_a_turn_server_turn_says_so(config: Path) -> None:
    with running_border(config.parent / "run", [], {"turn": {}}):
        told = sbc("turn", "--config", config)
        assert told.exit_code == 1
        assert "no TURN server" in told.stderr
        assert json.loads(sbc("turn", "--config", config, "--json").stdout) == {}


def test_a_check_looks_into_certificates_too(config: Path) -> None:
    """(X7)"""
    pair = Authority(config.parent).pair("edge", "a.example", days=10)
    text = config.read_text()
    config.write_text(f"{text}certificates:\n  e: {{ chain: {pair.chain}, key: {pair.key} }}\n")
    told = sbc("check", config)
    assert told.exit_code == 0
    assert "expires in 10 days" in told.stdout
    pair.key.write_text("no key")
    told = sbc("check", config)
    assert told.exit_code == 1
    assert "certificates.e: chain and key: " in told.stdout


def test_without_a_border_calls_says_so(config: Path) -> None:
    told = sbc("calls", "--config", config)
    assert told.exit_code == 1
    assert "no border runs here" in told.stderr
    assert told.stdout == ""


def test_a_bad_configuration_is_told_by_every_command(config: Path) -> None:
    config.write_text("version: 2\n")
    told = sbc("calls", "--config", config)
    assert told.exit_code == 1
    assert f"{config}:1:" in told.stderr


def test_one_call_by_the_beginning_of_its_uid(config: Path) -> None:
    trace = [{"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE"}]
    with running_border(config.parent / "run", [call("ab1", trace=trace), call("cd2")]):
        told = sbc("call", "ab", "--config", config)
        assert told.exit_code == 0
        assert "Call ab1" in told.stdout
        assert "─── INVITE" in told.stdout
        assert json.loads(sbc("call", "cd2", "--config", config, "--json").stdout) == call("cd2")


def test_an_ended_call_is_found_in_the_files_also_beside_a_running_border(config: Path) -> None:
    journaled(config, ended("ef3"))
    assert json.loads(sbc("call", "ef", "--config", config, "--json").stdout)["uid"] == "ef3"
    with running_border(config.parent / "run", [call("ab1")]):
        assert "Call ef3" in sbc("call", "ef3", "--config", config).stdout


def test_of_an_ended_call_a_running_border_still_tells_the_ladder(config: Path) -> None:
    journaled(config, ended("ef3"))
    trace = [{"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE"}]
    with running_border(config.parent / "run", [call("ab1")]) as border:
        border.view.over["ef3"] = call("ef3", trace=trace)
        assert "─── INVITE" in sbc("call", "ef", "--config", config).stdout


def test_a_beginning_that_several_calls_have_is_told_with_their_uids(config: Path) -> None:
    journaled(config, ended("ef3"), ended("ef4"))
    told = sbc("call", "ef", "--config", config)
    assert told.exit_code == 1
    assert {"ef3", "ef4"} <= set(told.stderr.split())
    with running_border(config.parent / "run", [call("ab1"), call("ab2")]):
        told = sbc("call", "ab", "--config", config)
        assert {"ab1", "ab2"} <= set(told.stderr.split())


def test_a_call_that_nobody_knows(config: Path) -> None:
    told = sbc("call", "zz", "--config", config)
    assert told.exit_code == 1
    assert f"neither in being nor in {config.parent}/cdr" in told.stderr


# --- report ---------------------------------------------------------------------------------------


def test_quality_by_zone_trunk_and_codec(config: Path) -> None:
    journaled(config, ended("1"), ended("2"))
    told = sbc("report", "quality", "--config", config)
    assert told.exit_code == 0
    assert "Zone      Trunk    Codec" in told.stdout
    assert "Percentiles: nearest-rank. MOS: E-model G.107." in told.stdout


def test_quality_of_one_trunk_for_programs(config: Path) -> None:
    journaled(config, ended("1"), ended("2"), ended("old", timedelta(hours=30)))
    options = ["--config", config, "--by", "trunk", "--trunk", "carrier"]
    found = json.loads(sbc("report", "quality", *options, "--json").stdout)
    assert (found["by"], found["calls"], found["last"]) == (["trunk"], 2, "24h")
    ((trunk, streams),) = [(row["trunk"], row["streams"]) for row in found["rows"]]
    assert (trunk, streams) == ("carrier", 2)
    longer = json.loads(sbc("report", "quality", *options, "--last", "2d", "--json").stdout)
    assert longer["calls"] == 3


def test_quality_for_spreadsheets(config: Path) -> None:
    journaled(config, ended("1"))
    told = sbc("report", "quality", "--config", config, "--by", "codec", "--by", "zone", "--csv")
    rows = list(csv.DictReader(io.StringIO(told.stdout)))
    assert [(row["zone"], row["codec"]) for row in rows] == [
        ("carriers", "PCMA/8000"),
        ("core", "PCMA/8000"),
    ]


def test_what_could_not_be_read_is_told_and_the_rest_reported(config: Path) -> None:
    journaled(config, ended("1"))
    (file,) = (config.parent / "cdr").glob("cdr-*.jsonl")
    file.write_text(f"noise\n{file.read_text()}")
    (config.parent / "cdr" / "cdr-9999-01-01.jsonl").mkdir()
    told = sbc("report", "quality", "--config", config, "--json")
    assert told.exit_code == 0
    assert "1 unreadable lines" in told.stderr
    assert "cannot read" in told.stderr
    assert json.loads(told.stdout)["calls"] == 1


@pytest.mark.parametrize("last", ["24", "yesterday", "999999999d"])
def test_a_time_that_is_none_is_refused(config: Path, last: str) -> None:
    told = sbc("report", "quality", "--config", config, "--last", last)
    assert told.exit_code == 2
    assert "--last" in told.stderr


def test_one_output_at_a_time(config: Path) -> None:
    assert sbc("report", "quality", "--config", config, "--json", "--csv").exit_code == 2


# --- without --config -----------------------------------------------------------------------------


def test_the_running_border_tells_where_its_records_are(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sbc.cli.run_directory", lambda _: config.parent / "run")
    journaled(config, ended("ef3"))
    status = {"spool": str(config.parent / "cdr")}
    with running_border(config.parent / "run", [call("ab1")], status):
        assert "ab1" in sbc("calls").stdout
        assert "Call ef3" in sbc("call", "ef").stdout
        assert json.loads(sbc("report", "quality", "--json").stdout)["calls"] == 1


def test_without_a_border_the_records_are_at_their_default_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sbc.cli.run_directory", lambda _: tmp_path)
    assert "nor in /var/lib/sbc/cdr" in sbc("call", "no-such-call").stderr


# --- run and demo ---------------------------------------------------------------------------------


def stand_in(
    monkeypatch: pytest.MonkeyPatch, name: str, function: str, does: Callable[..., object]
) -> None:
    module = ModuleType(name)
    setattr(module, function, does)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(("status", "code"), [(None, 0), (0, 0), (3, 3)])
def test_run_and_demo_end_as_what_they_started_ends(
    config: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, code: int
) -> None:
    ran: list[str] = []

    def run(file: str) -> int | None:
        ran.append(file)
        return status

    stand_in(monkeypatch, "sbc.app", "run", run)
    stand_in(monkeypatch, "sbc.demo.app", "demo", lambda once: status)
    assert sbc("run", config).exit_code == code
    assert ran == [str(config)]
    assert sbc("demo").exit_code == code


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (SpoolInUse("/spool is in use by another running border"), "another running border"),
        (OSError(98, "Address already in use"), "Address already in use"),
        (PermissionError(13, "Permission denied", "/run/sbc"), "Permission denied: /run/sbc"),
    ],
)
def test_what_keeps_a_border_from_running_is_told_in_a_line(
    config: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception, told: str
) -> None:
    def run(_: str) -> None:
        raise trouble

    stand_in(monkeypatch, "sbc.app", "run", run)
    result = sbc("run", config)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr


# --- all ------------------------------------------------------------------------------------------


def test_the_command_line_starts_without_what_only_a_border_needs() -> None:
    heavy = ["aiohttp", "prometheus_client", "structlog", "rich", "uvloop", "yaml", "media"]
    code = f"import sys, sbc.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_terminal_that_knows_only_ascii_gets_the_words(config: Path) -> None:
    with running_border(config.parent / "run", [call("ab1")]):
        command = ["-c", "import sbc.cli; sbc.cli.main()", "calls", "--config", str(config)]
        environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
        done = subprocess.run([sys.executable, *command], capture_output=True, env=environ)
    assert done.returncode == 0
    assert b"? +4930987654" in done.stdout


def test_output_that_is_kept_in_memory_is_left_as_it_is(config: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as kept:
        main(["check", str(config)], standalone_mode=False)
    assert "good" in kept.getvalue()


def test_help_names_every_command() -> None:
    told = sbc("--help").stdout
    assert all(
        name in told
        for name in (
            "run",
            "check",
            "calls",
            "call",
            "trunks",
            "certificates",
            "turn",
            "report",
            "demo",
        )
    )
    assert sbc().exit_code == 2
    assert "quality" in sbc("report", "--help").stdout
