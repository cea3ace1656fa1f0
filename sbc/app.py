"""`sbc run FILE`: reads the configuration, takes hold of what it names, and runs the border.

Whatever the operator can mend is found before anything starts, told in plain words, and ends with
status 2.
"""

import asyncio
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import uvloop

from config.loader import ConfigError, load_with_warnings
from config.model import Config
from sbc.border import CONTROL_SOCKET, TURN_SOCKET, Border, CannotStart, Setting, log_everything
from sbc.core import Core
from sbc.operate.journal import Journal
from sbc.operate.log import Log
from sbc.operate.places import InUse, UnsafeDirectory, ensure, run_directory
from sbc.store.bindings import BindingStore
from sbc.store.users import UsersFiles
from sbc.tokens import Tokens
from sbc.transport.rotation import CannotRead, Rotation
from sbc.transport.sockets import CannotListen, bind_all

STOPPED = 0
REFUSED = 2


def run(config_path: str | Path) -> int:
    """Until a signal ends it; the status to exit with."""
    try:
        loaded = load_with_warnings(config_path)
        for warning in loaded.warnings:
            sys.stderr.write(f"{warning}\n")
        try:
            setting = prepare(loaded.config, Path(config_path))
        except (CannotListen, CannotRead) as error:
            raise loaded.refused(error.findings) from None
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(setting))
    except (ConfigError, CannotStart) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return STOPPED


def prepare(config: Config, path: Path) -> Setting:
    """Raises CannotListen, CannotRead, CannotStart."""
    certificates = Rotation(config)
    users = UsersFiles(config)
    if findings := users.read():
        raise CannotRead(findings)
    bound = bind_all(config.interfaces)
    with ExitStack() as held:
        for one in bound:
            held.callback(one.socket.close)
        directory = run_directory(config)
        try:
            ensure(directory)
        except (OSError, UnsafeDirectory) as error:
            raise CannotStart(f"node.run_directory: {error}") from None
        try:
            journal = Journal(Path(config.cdr.spool), config.node.name)
        except InUse as error:
            raise CannotStart(f"cdr.spool: {error}") from None
        bindings = binding_store(config)
        held.pop_all()
    relay, turn = relay_command(path, directory), turn_command(config, path, directory)
    return Setting(config, bound, journal, directory, relay, turn, certificates, bindings, users)


def binding_store(config: Config) -> BindingStore | None:
    """Beside the records of calls; None where no phone can register. Raises CannotStart."""
    if not config.access:
        return None
    try:
        return BindingStore(Path(config.cdr.spool) / f"{config.node.name}.bindings.sqlite")
    except OSError as error:
        raise CannotStart(f"cdr.spool: {error}") from None


def relay_command(path: Path, directory: Path) -> list[str]:
    control = directory / CONTROL_SOCKET
    return [sys.executable, "-m", "media", str(path.resolve()), "--control", str(control)]


def turn_command(config: Config, path: Path, directory: Path) -> list[str]:
    """Empty where the configuration has no such server."""
    if config.turn is None:
        return []
    control = directory / TURN_SOCKET
    return [sys.executable, "-m", "stun_turn", str(path.resolve()), "--control", str(control)]


async def serve(setting: Setting) -> None:
    log = Log()
    log_everything(log)
    core = Core(setting.config, Tokens(os.urandom(64)), epoch=time.time() - time.monotonic())
    await Border(setting, core, log).serve()
