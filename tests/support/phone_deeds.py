"""What a phone does of its own accord in a call that is up: one function for each kind of deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sbc.sip.message import Response
from tests.support.phone_dialog import TRIES, End, PhoneDialog
from tests.support.scripts import Deed, Step

OFFERING = frozenset(
    {"hold", "resume", "add video", "drop video", "move", "ask for an offer", "update"}
    | {"change its mind"}
)


def act(end: End, dialog: PhoneDialog, steps: Sequence[Step]) -> None:
    """What the script has it do, now that its call is up."""
    for step in steps:
        if step.deed == "vanish":
            end.phone.later(step.after, end.vanish)
        else:
            end.phone.later(step.after, partial(do, dialog, step.deed))


def do(dialog: PhoneDialog, deed: Deed, tries: int = TRIES) -> None:
    if dialog.over or dialog.gone:
        return
    if deed in OFFERING:
        if dialog.may_offer:
            _offer(dialog, deed, tries)
        elif tries:
            dialog.phone.later(0.5, partial(do, dialog, deed, tries - 1))
    elif deed == "mute":
        dialog.media.silence(dialog.phone.now, mute=True)
    elif deed == "hang up":
        dialog.hang_up()
    else:
        _ask(dialog, deed)


def _offer(dialog: PhoneDialog, deed: Deed, tries: int) -> None:
    media, phone = dialog.media, dialog.phone
    bodies: dict[str, Callable[[], str]] = {
        "hold": partial(media.directed_offer, "sendonly"),
        "change its mind": partial(media.directed_offer, "inactive"),
        "resume": partial(media.directed_offer, "sendrecv"),
        "update": partial(media.directed_offer, "recvonly"),
        "add video": media.with_video,
        "drop video": media.without_video,
        "move": media.moved_offer,
        "ask for an offer": str,
    }
    method = "UPDATE" if deed == "update" else "INVITE"
    dialog.inviting = True
    key = dialog.ask(method, partial(_answered, dialog, method, deed, tries), bodies[deed]())
    if deed == "change its mind":
        phone.later(phone.random.uniform(0.0, 0.6), partial(phone.cancel, key))


def _answered(
    dialog: PhoneDialog, method: str, deed: Deed, tries: int, answer: Response | None
) -> None:
    if answer is None or answer.status >= 300:
        _refused(dialog, deed, tries, answer)
    elif answer.status >= 200 and method == "UPDATE":
        dialog.inviting = False
        dialog.described(answer.body)
    elif answer.status >= 200:
        dialog.accepted(answer)


def _refused(dialog: PhoneDialog, deed: Deed, tries: int, answer: Response | None) -> None:
    dialog.gave_up_offering()
    status = answer.status if answer is not None else 408
    if status == 491 and tries:
        pause = dialog.phone.random.uniform(0.0, 2.0)
        dialog.phone.later(pause, partial(do, dialog, deed, tries - 1))
    elif status in {408, 481}:
        dialog.hang_up()


def _ask(dialog: PhoneDialog, deed: Deed) -> None:
    noticed = partial(_noticed, dialog)
    if deed == "info":
        body = "Signal=5\r\nDuration=160\r\n"
        dialog.ask("INFO", noticed, body, kind="application/dtmf-relay")
    elif deed == "refer":
        refer_to = f"Refer-To: <sip:300@{dialog.phone.me.secret}.example>"
        dialog.ask("REFER", noticed, fields=(refer_to,))
    else:
        dialog.ask("UPDATE" if deed == "refresh" else "OPTIONS", noticed)


def _noticed(dialog: PhoneDialog, answer: Response | None) -> None:
    if answer is not None and answer.status in {408, 481}:
        dialog.hang_up()
