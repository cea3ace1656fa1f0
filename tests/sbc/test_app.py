import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.loader import load
from sbc.app import REFUSED, STOPPED, prepare, relay_command, run
from sbc.border import CannotStart
from sbc.operate.journal import Journal
from tests.support.loopback import WAN, free_ports, write_config


def written(directory: Path) -> Path:
    port, carrier, pbx, metrics = free_ports(4)
    return write_config(directory, port=port, carrier=carrier, pbx=pbx, metrics=metrics)


def test_every_problem_of_the_configuration_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    text = path.read_text().replace("trust: trusted", "trust: blind").replace("wan:", "WAN:")
    path.write_text(text)
    assert run(path) == REFUSED
    told = capsys.readouterr().err
    assert "zones.inside.trust" in told
    assert "WAN" in told


def test_a_file_that_is_not_there_is_a_problem_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(tmp_path / "nowhere.yaml")) == REFUSED
    assert "cannot be read" in capsys.readouterr().err


def test_a_taken_port_is_told_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    port = load(path).interfaces["wan"].sip[1].port
    with socket.create_server((WAN, port)):
        assert run(path) == REFUSED
    assert f"interfaces.wan.sip[1]: cannot bind {WAN} port {port}/tcp" in capsys.readouterr().err


def test_a_spool_of_another_border_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    other = Journal(Path(load(path).cdr.spool), "other")
    assert run(path) == REFUSED
    other.close()
    assert "cdr.spool: " in capsys.readouterr().err


def test_a_run_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    with pytest.raises(CannotStart, match=r"node\.run_directory"):
        prepare(load(path), path)


def test_what_the_border_needs_is_at_hand_before_it_runs(tmp_path: Path) -> None:
    path = written(tmp_path)
    setting = prepare(load(path), path)
    assert [(one.interface, one.transport) for one in setting.bound] == [
        ("wan", "udp"),
        ("wan", "tcp"),
        ("lan", "udp"),
    ]
    assert setting.control == tmp_path / "run" / "relay.sock"
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    for one in setting.bound:
        one.socket.close()
    setting.journal.close()


def test_the_relay_is_started_by_the_same_python_with_a_path_that_means_the_same_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    command = relay_command(Path("sbc.yaml"), Path("/run/sbc"))
    assert command == [
        sys.executable,
        *("-m", "media", str(tmp_path / "sbc.yaml"), "--control", "/run/sbc/relay.sock"),
    ]


def test_from_the_command_line_it_runs_with_its_relay_until_it_is_told_to_stop(
    tmp_path: Path,
) -> None:
    path = written(tmp_path)
    command = [sys.executable, "-m", "sbc", "run", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as border:
        assert border.stderr is not None
        said = [next(line for line in border.stderr if '"started"' in line)]
        border.send_signal(signal.SIGTERM)
        said += border.stderr.readlines()
        assert border.wait() == STOPPED
    assert '"stopped"' in said[-1]
    assert "Traceback" not in "".join(said)
    assert not (tmp_path / "run" / "relay.sock").exists()
    assert not (tmp_path / "run" / "admin.sock").exists()
