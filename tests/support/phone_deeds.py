"""What a phone does of its own accord in a call that is up: one function for each kind of deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sbc.sip.message import Response
from tests.support.phone_dialog import TRIES, End, PhoneDialog
from tests.support.phone_media import PhoneMedia
from tests.support.scripts import Deed, Step

_OFFERS: dict[Deed, Callable[[PhoneMedia], str]] = {
    "hold": lambda media: media.directed_offer("sendonly"),
    "hold both ways": lambda media: media.directed_offer("inactive"),
    "hold by zero": PhoneMedia.zero_offer,
    "change its mind": lambda media: media.directed_offer("inactive"),
    "resume": lambda media: media.directed_offer("sendrecv"),
    "update": lambda media: media.directed_offer("recvonly"),
    "add video": lambda media: media.with_kind("video"),
    "drop video": lambda media: media.without_kind("video"),
    "renumber video": lambda media: media.numbered_offer("102"),
    "add text": lambda media: media.with_kind("text"),
    "drop text": lambda media: media.without_kind("text"),
    "only PCMU": lambda media: media.spoken_offer("0", "101"),
    "renumber events": lambda media: media.spoken_offer("8", "0", "96"),
    "every codec": lambda media: media.spoken_offer("8", "0", "101"),
    "fax": lambda media: media.instead("audio", "image"),
    "fax beside": lambda media: media.with_kind("image"),
    "talk again": lambda media: media.instead("image", "audio"),
    "drop fax": lambda media: media.without_kind("image"),
    "move": PhoneMedia.moved_offer,
    "ask for an offer": lambda _: "",
}
"""What a deed offers."""


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
    if deed in _OFFERS:
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
    phone = dialog.phone
    method = "UPDATE" if deed == "update" else "INVITE"
    dialog.inviting = True
    key = dialog.ask(
        method, partial(_answered, dialog, method, deed, tries), _OFFERS[deed](dialog.media)
    )
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
