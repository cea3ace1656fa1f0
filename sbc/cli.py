"""The command line: `run`, `check`, `calls`, `call`, `registrations`, `trunks`, `report` and so on.

What is slow to import (rich, the model of the configuration, the border itself) is imported by the
command that needs it, so that `sbc calls` answers at once.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from config.problems import ConfigError, Misread
from sbc.operate.cdr_files import CdrFiles
from sbc.operate.client import Ambiguous, Client, NoSuchCall, NotRunning, Unanswered
from sbc.operate.places import InUse, UnsafeDirectory, run_directory

if TYPE_CHECKING:
    from config.model import Config

Json = dict[str, object]

main = typer.Typer(
    name="sbc",
    help="A session border controller.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
report = typer.Typer(help="What calls were like, from their CDRs.", no_args_is_help=True)
main.add_typer(report, name="report")

File = Annotated[Path, typer.Argument(help="The configuration (YAML).", show_default=False)]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="The border that runs with this file, not the default one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


class By(Enum):
    HOUR = "hour"
    ZONE = "zone"
    TRUNK = "trunk"
    CODEC = "codec"


@main.callback()
def _main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without our signs still gets the words
            stream.reconfigure(errors="replace")


@main.command()
def run(file: File) -> None:
    """Run the border until SIGTERM."""
    with _explained():
        status = import_module("sbc.app").run(str(file))
    raise typer.Exit(status if isinstance(status, int) else 0)


@main.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Tell everything that is wrong with a configuration."""
    from config.loader import load_with_warnings  # noqa: PLC0415
    from sbc.store.users import checked  # noqa: PLC0415
    from sbc.transport.rotation import expiring  # noqa: PLC0415

    try:
        loaded = load_with_warnings(file)
        users = checked(loaded.config)
        on_files = loaded.refused([*expiring(loaded.config, time.time()), *users])
        problems, omitted = (*loaded.warnings, *on_files.problems), 0
        failed = any(problem.severity == "error" for problem in problems)
    except ConfigError as error:
        problems, omitted = error.problems, error.omitted
        failed = True
    if as_json:
        found = [asdict(problem) for problem in problems]
        _print_json({"file": str(file), "ok": not failed, "problems": found, "omitted": omitted})
    else:
        for problem in problems:
            typer.echo(str(problem))
        more = f" and {omitted} more" if omitted else ""
        typer.echo(f"{file}: {len(problems)} problems{more}" if problems else f"{file}: good")
    raise typer.Exit(1 if failed else 0)


@main.command()
def calls(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the calls in being."""
    with _explained():
        found = _Border(config).client.calls()
    if as_json:
        _print_json(found)
        return
    from sbc.operate.tables import calls_table, show  # noqa: PLC0415

    show(calls_table(found))


@main.command()
def call(
    uid: Annotated[str, typer.Argument(help="Its uid, or the beginning of it.", metavar="ID")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell everything of one call, in being or ended."""
    with _explained():
        found = _found_call(_Border(config), uid)
    if as_json:
        _print_json(found)
        return
    from sbc.operate.tables import call_detail, show  # noqa: PLC0415

    show(call_detail(found))


@main.command()
def registrations(
    user: Annotated[str | None, typer.Argument(help="Tell all of this user's phones.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the phones that are registered: where each is, for how long, behind what NAT."""
    with _explained():
        found = _Border(config).client.registrations()
    if user is not None:
        found = [each for each in found if each.get("user") == user]
    if as_json:
        _print_json(found)
        return
    from sbc.operate.binding_table import binding_table, moves_table  # noqa: PLC0415
    from sbc.operate.tables import show  # noqa: PLC0415

    show(binding_table(found))
    if user is not None:
        show(moves_table(found))


@main.command()
def subscriptions(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the subscriptions through the border: who watches whom, and for how long still."""
    with _explained():
        found = _Border(config).client.subscriptions()
    if as_json:
        _print_json(found)
        return
    from sbc.operate.subscription_table import subscription_table  # noqa: PLC0415
    from sbc.operate.tables import show  # noqa: PLC0415

    show(subscription_table(found))


@main.command()
def trunks(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the trunks: their calls, and whether we are registered there."""
    with _explained():
        found = _Border(config).client.trunks()
    if as_json:
        _print_json(found)
        return
    from sbc.operate.tables import show  # noqa: PLC0415
    from sbc.operate.trunk_table import trunk_table  # noqa: PLC0415

    show(trunk_table(found))


@main.command()
def certificates(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the certificates in use, and how long they are good."""
    with _explained():
        found = _Border(config).client.certificates()
    if as_json:
        _print_json(found)
        return
    from sbc.operate.certificate_table import certificate_table  # noqa: PLC0415
    from sbc.operate.tables import show  # noqa: PLC0415

    show(certificate_table(found))


@main.command()
def turn(
    account: Annotated[
        str | None,
        typer.Option(help="Tell a registered user's credentials.", metavar="USER@DOMAIN"),
    ] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell who holds allocations of the TURN server, and what happened there."""
    with _explained():
        client = _Border(config).client
        found = client.turn() if account is None else client.turn_account(account)
    if as_json:
        _print_json(found)
        return
    if not found:
        _fail("no TURN server runs beside this border, or it does not answer")
    from sbc.operate.tables import show  # noqa: PLC0415
    from sbc.operate.turn_table import account_table, turn_tables  # noqa: PLC0415

    show(turn_tables(found) if account is None else account_table(found))


@report.callback()
def _report() -> None:
    pass


@report.command()
def quality(
    by: Annotated[
        list[By] | None,
        typer.Option("--by", help="May be repeated; usual: zone, trunk, codec."),
    ] = None,
    trunk: Annotated[str | None, typer.Option(help="Only streams which this trunk sent.")] = None,
    last: Annotated[str, typer.Option(help="Calls that ended within this time.")] = "24h",
    config: ConfigFile = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
) -> None:
    """Loss, jitter, gaps and MOS by who sent the streams, with percentiles."""
    from sbc.operate import quality_report  # noqa: PLC0415

    if as_json and as_csv:
        raise typer.BadParameter("either --json or --csv")
    since = _since(last)
    with _explained():
        files = _Border(config).cdr_files()
    keys = [key for key in quality_report.KEYS if By(key) in (by or ())] or quality_report.USUAL
    made = quality_report.report(files.records(since), keys, trunk)
    if as_json:
        _print_json({"last": last, "bad_lines": files.bad_lines, **quality_report.to_dict(made)})
    elif as_csv:
        typer.echo(quality_report.to_csv(made), nl=False)
    else:
        from sbc.operate.tables import quality_table, show  # noqa: PLC0415

        show(quality_table(made, f"Quality of the last {last}"))
    _warn(files)


@main.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the call.")] = False,
) -> None:
    """Make a call through a border on this machine, and show what happens."""
    with _explained():
        status = import_module("sbc.demo.app").demo(once=once)
    raise typer.Exit(status if isinstance(status, int) else 0)


class _Border:
    """Where a border's socket and its CDRs are."""

    def __init__(self, config_file: Path | None) -> None:
        """Raises ConfigError, UnsafeDirectory."""
        self._config = _loaded(config_file)
        self.client: Client = Client(run_directory(self._config))

    def cdr_files(self) -> CdrFiles:
        return CdrFiles(self._spool())

    def _spool(self) -> Path:
        """As configured; else as the border that runs here says; else where it is by default."""
        if self._config is not None:
            return Path(self._config.cdr.spool)
        try:
            told = self.client.status().get("spool")
        except (NotRunning, Unanswered):
            told = None
        if isinstance(told, str):
            return Path(told)
        from config.model import Cdr  # noqa: PLC0415

        return Path(Cdr().spool)


def _loaded(file: Path | None) -> "Config | None":
    if file is None:
        return None
    from config.loader import load  # noqa: PLC0415

    return load(file)


def _found_call(border: _Border, uid: str) -> Json:
    try:
        return border.client.call(uid)
    except (NoSuchCall, NotRunning):
        files = border.cdr_files()
    found = files.find(uid)
    _warn(files)
    if len(found) > 1:
        raise Ambiguous([str(each.get("uid")) for each in found])
    if not found:
        raise NoSuchCall(f"no call begins with {uid!r}, neither in being nor in {files.spool}")
    with suppress(NoSuchCall, NotRunning, Unanswered):  # of its last calls it knows the ladder too
        return border.client.call(str(found[0].get("uid")))
    return found[0]


def _since(last: str) -> datetime:
    from config.units import parse_duration  # noqa: PLC0415

    try:
        return datetime.now(UTC) - timedelta(seconds=parse_duration(last))
    except Misread as error:
        raise typer.BadParameter(f"{error}; {error.hint}", param_hint="--last") from error
    except OverflowError as error:
        raise typer.BadParameter(
            "that is before the calendar begins", param_hint="--last"
        ) from error


@contextmanager
def _explained() -> Iterator[None]:
    """Mistakes that the operator can mend: said in a line, not as a traceback."""
    try:
        yield
    except (ConfigError, InUse, UnsafeDirectory, NotRunning, Unanswered, NoSuchCall) as error:
        _fail(str(error))
    except Ambiguous as error:
        _fail("\n  ".join(("several calls begin so:", *error.uids)))
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename}" if error.filename else str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _warn(files: CdrFiles) -> None:
    if files.bad_lines:
        typer.echo(f"{files.bad_lines} unreadable lines in {files.spool} left out", err=True)
    for name in files.unreadable:
        typer.echo(f"cannot read {files.spool / name}", err=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))
