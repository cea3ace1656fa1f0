import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from media.control import Close, Command, Dead, Programmed, Welcome
from sbc.actions import Action, AskRelay, Flow, Journal, Note, Transmit
from sbc.sip.errors import BadMessage
from sbc.transport.shell import Shell
from tests.support.scripted_core import Input, ScriptedCore, Shelf

PEER = Flow("wan", "udp", ("192.0.2.1", 5060))


@dataclass
class Outside:
    """Everything that the shell acts on, in the order in which it was acted on."""

    done: list[object] = field(default_factory=list)

    def send(self, data: bytes, flow: Flow) -> None:
        self.done.append((data, flow))

    def ask(self, serial: int, command: Command) -> None:
        self.done.append((serial, command))

    def start(self, uid: str, record: object) -> None:
        self.done.append(("start", uid, record))

    def cdr(self, uid: str, record: object) -> None:
        self.done.append(("cdr", uid, record))

    def note(self, note: Note) -> None:
        self.done.append(note)


def shell_on(core: ScriptedCore, outside: Outside) -> Shell:
    shell = Shell(core, outside, [outside.note])
    shell.attach("wan", "udp", outside)
    shell.attach_relay(outside)
    return shell


def run(scenario: Callable[[ScriptedCore, Outside, Shell], Awaitable[None]]) -> None:
    async def main() -> None:
        core, outside = ScriptedCore(), Outside()
        shell = shell_on(core, outside)
        await scenario(core, outside, shell)
        shell.close()

    asyncio.run(main())


def test_all_actions_of_an_input_are_done_in_their_order() -> None:
    note = Note("call_ended")

    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.answer = lambda _: [
            Transmit(b"BYE", PEER),
            note,
            AskRelay(7, Close("s")),
            Journal("start", "u", {"a": 1}),
            Journal("cdr", "u", {"b": 2}),
        ]
        shell.received(b"INVITE", PEER)
        assert outside.done == [
            (b"BYE", PEER),
            note,
            (7, Close("s")),
            ("start", "u", {"a": 1}),
            ("cdr", "u", {"b": 2}),
        ]

    run(scenario)


def test_every_kind_of_input_reaches_the_core_as_it_came() -> None:
    error, welcome = BadMessage(400, "Bad"), Welcome(1, "r", 0)
    reply, event = Programmed("s"), Dead("s", "initial")

    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        shell.received(b"x", PEER)
        shell.malformed(error, PEER)
        shell.transport_failed(PEER)
        shell.relay_up(welcome)
        shell.relay_replied(3, reply)
        shell.relay_told(event)
        shell.relay_lost()
        shell.drain()
        assert core.inputs == [
            Input("receive", (b"x", PEER)),
            Input("malformed", (error, PEER)),
            Input("transport_failed", (PEER,)),
            Input("relay_up", (welcome,)),
            Input("relay_replied", (3, reply)),
            Input("relay_told", (event,)),
            Input("relay_lost"),
            Input("drain"),
        ]
        assert core.times == sorted(core.times)

    run(scenario)


def test_the_first_listener_of_an_interface_is_the_one_to_send_by() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        second = Outside()
        shell.attach("wan", "udp", second)
        core.answer = lambda _: [Transmit(b"x", PEER)]
        shell.received(b"INVITE", PEER)
        assert (len(outside.done), second.done) == (1, [])

    run(scenario)


def test_without_a_relay_an_ask_goes_nowhere_and_harms_nothing() -> None:
    async def main() -> None:
        core = ScriptedCore(lambda _: [AskRelay(1, Close("s"))])
        shell = Shell(core, Shelf())
        shell.received(b"INVITE", PEER)
        assert shell.faults == 0

    asyncio.run(main())


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_in_the_core_is_logged_and_the_next_input_is_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def answer(one: Input) -> Sequence[Action]:
        if one.data == b"evil":
            raise ZeroDivisionError("here")
        return [Transmit(b"fine", PEER)]

    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.answer = answer
        shell.received(b"evil", PEER)
        shell.received(b"good", PEER)
        assert outside.done == [(b"fine", PEER)]
        assert shell.faults == 1

    run(scenario)
    assert "ZeroDivisionError: here" in caplog.text


def test_an_action_that_fails_does_not_hinder_the_others(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Flow("unheard-of", "udp", PEER.remote)

    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.answer = lambda _: [Transmit(b"lost", nowhere), Transmit(b"kept", PEER)]
        shell.received(b"x", PEER)
        assert outside.done == [(b"kept", PEER)]

    run(scenario)
    assert "an action (Transmit)" in caplog.text


def test_something_that_is_no_action_is_a_fault() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.answer = lambda _: [cast(Action, "no action")]
        shell.received(b"x", PEER)
        assert shell.faults == 1

    run(scenario)


# --- the alarm ------------------------------------------------------------------------------------


def test_the_core_is_woken_at_its_deadline_and_not_before() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.deadline = wanted = shell.clock() + 0.02
        shell.received(b"x", PEER)
        await core.next("handle_timeout")
        assert core.times[-1] >= wanted

    run(scenario)


def test_a_deadline_that_comes_nearer_moves_the_alarm() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.deadline = shell.clock() + 3600
        shell.received(b"x", PEER)
        core.deadline = wanted = shell.clock() + 0.01
        shell.received(b"y", PEER)
        await core.next("handle_timeout")
        assert core.times[-1] >= wanted

    run(scenario)


def test_a_deadline_that_moves_away_wakes_nobody_until_then() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.deadline = shell.clock() + 0.01
        shell.received(b"x", PEER)
        core.deadline = wanted = shell.clock() + 0.04
        shell.received(b"y", PEER)
        await core.next("handle_timeout")
        assert core.times[-1] >= wanted
        assert [one.name for one in core.inputs] == ["receive", "receive"]

    run(scenario)


def test_inputs_do_not_ask_for_the_deadline_since_one_look_in_a_tick_serves_all() -> None:
    @dataclass
    class Asked(ScriptedCore):
        looks: int = 0

        def next_deadline(self) -> float | None:
            self.looks += 1
            return super().next_deadline()

    async def main() -> None:
        core = Asked()
        shell = shell_on(core, Outside())
        for _ in range(100):
            shell.received(b"x", PEER)
        assert core.looks == 0
        core.deadline = shell.clock()
        await core.next("handle_timeout")
        assert core.looks == 1
        shell.close()

    asyncio.run(main())


def test_a_deadline_that_vanishes_wakes_nobody() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        core.deadline = shell.clock() + 0.01
        shell.received(b"x", PEER)
        core.deadline = None
        asyncio.get_running_loop().call_later(0.03, shell.received, b"later", PEER)
        await core.next("receive")
        await core.next("receive")
        assert core.inputs == []

    run(scenario)


def test_a_timer_that_always_fails_does_not_spin() -> None:
    async def scenario(core: ScriptedCore, outside: Outside, shell: Shell) -> None:
        def answer(one: Input) -> Sequence[Action]:
            if one.name == "handle_timeout":
                core.deadline = 0.0
                raise ZeroDivisionError
            return ()

        core.answer = answer
        core.deadline = 0.0
        shell.received(b"x", PEER)
        await core.next("handle_timeout")
        asyncio.get_running_loop().call_later(0.05, shell.received, b"later", PEER)
        await core.next("receive")
        await core.next("receive")
        assert core.inputs == []
        assert shell.faults == 1

    run(scenario)
