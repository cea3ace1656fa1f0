"""`sbc demo`: a border on this machine, a call through it, and what happened to that call.

Then the border stays up on `config/quickstart.yaml`, and says what to point a softphone at.
"""

import asyncio
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO

from config.loader import load
from sbc.demo.nat import Impairment
from sbc.demo.phone import Phone, PhoneCall
from sbc.demo.show import Measured, Secret, story
from sbc.demo.stage import INSIDE, PUBLIC_IP, Desk, Traveller
from sbc.operate.client import Client, NotRunning, Unanswered
from sbc.operate.places import run_directory
from sbc.operate.tables import show

QUICKSTART = Path(str(files("config"))) / "quickstart.yaml"
BORDER = ("127.0.0.1", 5060)
TURN_PASSWORD = "SBC_DEMO_TURN"  # noqa: S105 - the name of a variable
TALK = 8.0
"""Seconds of conversation."""
START_WITHIN = 15.0
IMPAIRMENT = Impairment(loss=0.03, jitter_ms=18.0)


class CannotShow(Exception):
    """Something on this machine is in the way; says what."""


def demo(*, once: bool = False) -> int:
    """The exit status. `once`: end after the show instead of staying up."""
    try:
        asyncio.run(_demo(once=once))
    except CannotShow as error:
        print(f"sbc demo: {error}", file=sys.stderr)  # noqa: T201 - the command's own output
        return 1
    return 0


async def _demo(*, once: bool) -> None:
    os.environ.setdefault(TURN_PASSWORD, secrets.token_urlsafe(12))
    client = Client(run_directory(load(QUICKSTART)))
    desk = Desk()
    with tempfile.TemporaryFile() as log:
        try:
            await desk.start()
        except OSError as error:
            raise CannotShow(f"the desk phone's ports are taken: {error}") from error
        try:
            async with _border(client, log) as ended:
                await _play(client, desk)
                if not once:
                    await _stay_up(ended)
        finally:
            desk.close()


@asynccontextmanager
async def _border(client: Client, log: IO[bytes]) -> AsyncIterator[asyncio.Task[int]]:
    """A whole border of its own processes, as `sbc run` starts it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sbc", "run", str(QUICKSTART), stderr=log, start_new_session=True
    )
    ended = asyncio.get_running_loop().create_task(process.wait())
    try:
        await _ready(client, ended, log)
        yield ended
    finally:
        if not ended.done():
            process.send_signal(signal.SIGTERM)
        await ended


async def _ready(client: Client, ended: asyncio.Task[int], log: IO[bytes]) -> None:
    """Until the border answers on its admin socket and has its relay."""
    deadline = asyncio.get_running_loop().time() + START_WITHIN
    while asyncio.get_running_loop().time() < deadline:
        if ended.done():
            log.seek(0)
            said = log.read()[-2000:].decode(errors="replace")
            raise CannotShow(f"the border did not start (exit status {ended.result()}):\n{said}")
        try:
            status = await asyncio.to_thread(client.status)
        except (NotRunning, Unanswered):
            status = {}
        relay = status.get("relay")
        if isinstance(relay, dict) and relay.get("connected"):
            return
        await asyncio.sleep(0.05)
    raise CannotShow(f"the border was not ready within {START_WITHIN:.0f} s")


async def _play(client: Client, desk: Desk) -> None:
    _say(
        f"A phone at {INSIDE[0]}, behind a symmetric NAT seen as {PUBLIC_IP}, calls the desk.",
        f"Its line loses {100 * IMPAIRMENT.loss:.0f} % of its packets and delays each by up to",
        f"{IMPAIRMENT.jitter_ms:.0f} ms. They talk for {TALK:.0f} seconds …",
    )
    traveller = Traveller(IMPAIRMENT, seed=7)
    try:
        call = await traveller.call("desk", BORDER, patience=10.0)
        await traveller.talk(call, TALK)
        live = await asyncio.to_thread(client.calls)
        uid = str(live[-1]["uid"])
        traveller.hang_up(call)
        record = await _over(client, uid)
    except (TimeoutError, ConnectionRefusedError, IndexError) as error:
        raise CannotShow(f"the call failed: {error!r}") from error
    finally:
        traveller.close()
    show(story(record, _secrets(traveller.phone, call, desk.phone), _directions(traveller, desk)))
    show(f"\nThe whole record:  sbc call {uid[:6]} --config {QUICKSTART}")


async def _over(client: Client, uid: str) -> dict[str, object]:
    """The record of the call, once it is whole."""
    async with asyncio.timeout(10.0):
        while True:
            record = await asyncio.to_thread(client.call, uid)
            if record.get("state") == "ended":
                return record
            await asyncio.sleep(0.05)


def _secrets(caller: Phone, call: PhoneCall, desk: Phone) -> list[Secret]:
    """What each phone knows of itself, looked for in every message that the other one got."""
    at_desk, at_caller = b"".join(desk.received), b"".join(caller.received)
    theirs = next(iter(desk.heard_calls), None)
    tag = call.dialog.local_tag if call.dialog else ""
    mine = [
        ("caller's address", INSIDE[0]),
        ("caller's public address", PUBLIC_IP),
        ("caller's Call-ID", call.call_id),
        ("caller's tag", tag),
        ("caller's user agent", caller.agent),
    ]
    other = [
        ("desk's address and port", f"{desk.address[0]}:{desk.address[1]}"),
        ("desk's Call-ID", theirs or ""),
        ("desk's user agent", desk.agent),
    ]
    return [Secret(what, value, value.encode() in at_desk) for what, value in mine] + [
        Secret(what, value, value.encode() in at_caller) for what, value in other if value
    ]


def _directions(traveller: Traveller, desk: Desk) -> list[Measured]:
    heard = next(iter(desk.audio.values()))
    mine = traveller.audio
    return [
        Measured(
            "caller → desk",
            "a",
            IMPAIRMENT.loss_put_in,
            IMPAIRMENT.jitter_put_in_ms,
            heard.heard,
            heard.lost,
            heard.tones,
        ),
        Measured("desk → caller", "b", 0.0, 0.0, mine.heard, mine.lost, mine.tones),
    ]


async def _stay_up(ended: asyncio.Task[int]) -> None:
    _say(
        "",
        f"The border stays up on {QUICKSTART}. Ctrl-C ends it.",
        "Point a softphone at it: account you@127.0.0.1:5060, no registration, no password;",
        "call sip:desk@127.0.0.1:5060 and the desk phone answers with a tone.",
        "To be called, let the softphone listen on 127.0.0.1:5062.",
        f"TURN: turn:127.0.0.1:3478, user demo, password {os.environ[TURN_PASSWORD]}",
        "In another terminal:  sbc calls    sbc report quality    curl 127.0.0.1:9100/metrics",
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = loop.create_task(stop.wait())
    await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


def _say(*lines: str) -> None:
    show("\n".join(lines))
