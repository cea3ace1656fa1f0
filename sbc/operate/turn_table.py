"""The TURN server as tables on a terminal: who holds how much of it, what happened, an account."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sbc.operate.record import Record, part, printable, text, texts, whole
from sbc.operate.tables import NONE


def turn_tables(turn: Record) -> Group:
    held = _table("User", "Allocations")
    for user, _ in sorted(_counts(part(turn, "by_user")), key=lambda each: (-each[1], each[0])):
        held.add_row(Text(printable(user)), str(whole(part(turn, "by_user"), user)))
    whole_of_it = (
        f"allocations: {whole(turn, 'allocations')}, connections: {whole(turn, 'connections')}, "
        f"unsent: {whole(turn, 'unsent')}"
    )
    happened = _table("Event", "Times")
    for event, times in sorted(_counts(part(turn, "notes"))):
        happened.add_row(Text(printable(event)), str(times))
    return Group(held, Text(whole_of_it), Text(), happened)


def account_table(account: Record) -> Table:
    """As it is to be entered into a client."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in (
        ("URLs", "\n".join(texts(account, "urls"))),
        ("Username", text(account, "username")),
        ("Credential", text(account, "credential")),
        ("Good for", f"{whole(account, 'expires_in')} s"),
    ):
        table.add_row(Text(name, style="dim"), Text(value or NONE))
    return table


def _table(name: str, count: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(name)
    table.add_column(count, justify="right")
    return table


def _counts(record: Record) -> list[tuple[str, int]]:
    return [(str(name), whole(record, name)) for name in record]
