import fcntl
import json
import os
from io import StringIO
from typing import Any

import pytest

from media.control import Dead, Failed, Program, Query, SessionReport, StreamPlan
from media.shell import Shell
from tests.support.relay_world import ALICE, BOB, RelayWorld
from tests.support.side_plans import side_plan

MOVED = side_plan(("10.20.0.99", 5000), epoch=2)


def logged(world: RelayWorld) -> list[dict[str, Any]]:
    return [json.loads(line) for line in world.log.getvalue().splitlines()]


def test_a_fault_at_a_packet_ends_its_session_and_no_other() -> None:
    world = RelayWorld()
    (one, _), (two, _) = world.call("c1"), world.call("c2")
    world.engine.cursed["install"] = one
    assert world.speak(one, ALICE) == []
    assert world.events() == [Dead("c1", "subsequent")]
    assert one not in world.engine.ports
    assert len(world.speak(two, ALICE)) == 1
    assert isinstance(world.ask(Query("c1")), Failed)
    assert isinstance(world.ask(Query("c2")), SessionReport)


def test_a_fault_is_one_line_which_tells_the_place_but_no_address() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.engine.cursed["install"] = wan
    world.speak(wan, ALICE)
    (line,) = logged(world)
    assert (line["event"], line["session"], line["error"]) == ("relay_fault", "c1", "OurMistake")
    assert line["at"][-1].startswith("virtual_engine.py:")
    assert "10.0.0.7" not in world.log.getvalue()


def test_a_fault_at_a_command_is_answered() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.speak(wan, ALICE)
    world.engine.cursed["install"] = wan
    reply = world.ask(Program("c1", (StreamPlan(0, side_plan(ALICE), MOVED),), True, 30.0, 60.0))
    assert reply == Failed("c1", "bad_command", "the relay has failed at it")
    assert world.events() == [Dead("c1", "subsequent")]


def test_a_fault_in_the_engine_ends_the_session_of_the_port() -> None:
    world = RelayWorld()
    wan, _ = world.call()
    world.shell.fault(wan, world.now)
    assert world.events() == [Dead("c1", "subsequent")]
    world.shell.fault(wan, world.now)
    assert [line["session"] for line in logged(world)] == ["c1", None]


def test_a_fault_at_an_alarm_ends_the_session_that_was_looked_at() -> None:
    world = RelayWorld()
    wan, _ = world.call("c1")
    world.call("c2")
    world.engine.cursed["unbind"] = wan
    world.relay.signalling_lost(world.now)
    world.advance(100.0)
    assert [line["session"] for line in logged(world)] == ["c1"]
    assert len(world.relay) == 0


def test_a_fault_while_a_session_is_given_up_does_not_end_the_relay() -> None:
    world = RelayWorld()
    (wan, _), (other, _) = world.call("c1"), world.call("c2")
    world.engine.cursed = {"install": wan, "unbind": wan}
    world.speak(wan, ALICE)
    assert len(logged(world)) == 2
    assert len(world.speak(other, ALICE)) == 1


def test_of_very_many_alarms_at_once_packets_do_not_wait_for_all() -> None:
    world = RelayWorld()
    for number in range(40):
        world.open(f"c{number}")
    world.now += 10.0
    world.shell.timeout(world.now)
    assert world.shell.deadline == world.now
    for _ in range(3):
        world.shell.timeout(world.now)
    assert world.shell.deadline == world.now + 10.0


class Closed(StringIO):
    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_a_log_that_nobody_reads_any_more_costs_no_other_call() -> None:
    world = RelayWorld(log=Closed())
    (one, _), (two, _) = world.call("c1"), world.call("c2")
    world.engine.cursed["install"] = one
    world.speak(one, ALICE)
    assert world.events() == [Dead("c1", "subsequent")]
    assert len(world.speak(two, ALICE)) == 1


def test_a_log_that_nobody_reads_is_not_waited_for() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with os.fdopen(writer, "w") as pipe, os.fdopen(reader) as end:
        shell = Shell(RelayWorld().relay, pipe)
        for _ in range(200):
            shell.say("something", detail="x" * 100)
        shell.say("a line too many")
        assert "too many" not in os.read(end.fileno(), 8192).decode()
        shell.say("the next line")
        assert os.read(end.fileno(), 8192) == b'{"event": "the next line"}\n'


def test_the_deadline_is_that_of_the_core_after_every_input() -> None:
    world = RelayWorld()
    assert world.shell.deadline is None
    _, lan = world.call()
    assert world.shell.deadline == world.relay.next_deadline()
    world.advance(100.0)
    world.speak(lan, BOB)
    assert world.shell.deadline == world.relay.next_deadline()


@pytest.mark.parametrize("session", ["c1", "c2"])
def test_replies_go_to_who_has_asked(session: str) -> None:
    world = RelayWorld()
    world.call("c1")
    replies: list[Any] = []
    world.shell.command(Query(session), 3, lambda *reply: replies.append(reply), world.now)
    ((ticket, reply),) = replies
    assert ticket == 3
    assert reply.session == session
