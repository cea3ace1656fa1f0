"""Our own configuration in the benchmark."""

from pathlib import Path

from config.loader import load
from tools.bench.ours import configuration


def test_our_own_configuration_has_no_mistake(tmp_path: Path) -> None:
    config = load(configuration(tmp_path))
    assert set(config.interfaces) == {"near", "far"}
    assert config.cdr.spool == f"{tmp_path}/cdr"
