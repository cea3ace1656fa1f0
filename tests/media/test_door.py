from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from time import monotonic

import pytest

from media.control import (
    Command,
    Dead,
    Failed,
    Hello,
    ListSessions,
    Query,
    Reply,
    Sessions,
    Welcome,
)
from media.door import MOST_WAITING, Answered, Door
from media.engine.reference import ReferenceEngine
from media.wire import LONGEST_LINE
from tests.support.relay_client import RelayClient

WELCOME = Welcome(1, "r1", 0)


class House:
    """A door with nobody clever behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.loop = ReferenceEngine({}, lambda *_: None, lambda *_: None)
        self.asked: list[Command] = []
        self.reply: Reply = WELCOME
        self.lost: list[float] = []
        self.door = Door(path, self.loop, self._ask, self.lost.append)

    def _ask(self, command: Command, ticket: int, answered: Answered, _: float) -> None:
        self.asked.append(command)
        answered(ticket, self.reply)

    def run(self, until: Callable[[], bool]) -> None:
        end = monotonic() + 5.0
        while not until():
            assert monotonic() < end, "nothing happens"
            self.loop.turn(0.01)

    def ask(self, client: RelayClient, command: Command) -> Reply:
        """Question and answer, with the loop in between."""
        before = len(self.asked)
        number = client.send(command)
        self.run(lambda: len(self.asked) > before)
        found, reply = client.answer()
        assert found == number
        return reply

    def greeted(self) -> RelayClient:
        client = RelayClient(self.path)
        self.reply = WELCOME
        assert self.ask(client, Hello(1, "i1")) == WELCOME
        return client


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "run" / "media.sock")
    yield house
    house.door.close()
    house.loop.close()


def test_only_our_own_user_may_knock(house: House) -> None:
    assert house.path.stat().st_mode & 0o777 == 0o600
    assert house.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_question_is_answered_with_its_number(house: House) -> None:
    with RelayClient(house.path) as client:
        house.reply = Sessions(("c1",))
        assert house.ask(client, ListSessions()) == Sessions(("c1",))
        assert house.ask(client, Query("c1")) == Sessions(("c1",))
        assert house.asked == [ListSessions(), Query("c1")]


def test_events_go_to_who_has_been_welcomed(house: House) -> None:
    with house.greeted() as client, RelayClient(house.path) as curious:
        house.reply = Sessions(())
        house.ask(curious, ListSessions())
        house.door.tell(Dead("c1", "initial"))
        client.read(1000)
        curious.read()
        assert client.events == [Dead("c1", "initial")]
        assert curious.events == []


def test_without_signalling_an_event_is_lost(house: House) -> None:
    house.door.tell(Dead("c1", "initial"))
    with house.greeted() as client:
        client.read()
        assert client.events == []


def test_signalling_is_lost_with_its_last_connection(house: House) -> None:
    first, second = house.greeted(), house.greeted()
    house.reply = Sessions(())
    with RelayClient(house.path) as curious:
        house.ask(curious, ListSessions())
    first.socket.close()
    house.loop.turn(0.01)
    house.loop.turn(0.01)
    assert house.lost == []
    second.socket.close()
    house.run(lambda: bool(house.lost))
    assert len(house.lost) == 1


@pytest.mark.parametrize(
    ("line", "number", "text"),
    [
        (b"\n", 0, "truncated"),
        (b'[9,{"type":"dance"}]\n', 9, "'dance'"),
        (b'[9,{"type":"query"}]\n', 9, "`session`"),
    ],
)
def test_a_broken_line_is_answered_and_the_next_one_heard(
    house: House, line: bytes, number: int, text: str
) -> None:
    with RelayClient(house.path) as client:
        client.socket.sendall(line)
        client.send(Query("c1"))
        house.run(lambda: bool(house.asked))
        found, reply = client.answer()
        assert found == number
        assert isinstance(reply, Failed)
        assert reply.reason == "bad_command"
        assert text in reply.text
        assert client.answer()[1] == WELCOME


def test_a_line_without_end_ends_the_connection(house: House) -> None:
    with house.greeted() as client:
        client.socket.setblocking(False)
        sent = 0
        end = monotonic() + 5.0
        while not house.lost and monotonic() < end:
            with suppress(OSError):
                sent += client.socket.send(b"x" * 65_536)
            house.loop.turn(0.0)
        assert house.lost
        assert sent > LONGEST_LINE


def test_a_client_that_does_not_read_is_cut_off(house: House) -> None:
    with house.greeted() as client:
        event = Dead("c" * 100_000, "initial")
        for _ in range(MOST_WAITING // 100_000 + 20):
            house.door.tell(event)
        house.run(lambda: bool(house.lost))
        assert client.ended()


def test_a_long_answer_is_sent_as_fast_as_it_is_read(house: House) -> None:
    with RelayClient(house.path) as client:
        names = tuple(f"session-{number:09}" for number in range(100_000))
        house.reply = Sessions(names)
        client.send(ListSessions())
        client.send(ListSessions())
        found: list[tuple[int, Reply]] = []

        def read() -> bool:
            found.extend(client.answered())
            return len(found) == 2

        house.run(read)
        assert found == [(1, Sessions(names)), (2, Sessions(names))]


def test_what_is_told_to_a_client_that_has_gone_does_no_harm(house: House) -> None:
    client = house.greeted()
    client.socket.close()
    house.door.tell(Dead("c1", "initial"))
    house.door.tell(Dead("c2", "initial"))
    house.run(lambda: bool(house.lost))
    house.door.tell(Dead("c3", "initial"))


def test_more_clients_than_any_border_needs_are_sent_away(house: House) -> None:
    clients = [RelayClient(house.path) for _ in range(16)]
    for client in clients:
        house.ask(client, ListSessions())
    with RelayClient(house.path) as late:
        house.loop.turn(0.1)
        assert late.ended()
    for client in clients:
        client.socket.close()


def test_the_socket_of_a_dead_relay_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "media.sock"
    with socket(AF_UNIX, SOCK_STREAM) as dead:
        dead.bind(str(path))
    house = House(path)
    with RelayClient(path) as client:
        assert house.ask(client, Query("c1")) == WELCOME
    house.door.close()
    house.loop.close()
    assert not path.exists()


def test_the_socket_of_a_living_relay_is_not(house: House) -> None:
    with pytest.raises(FileExistsError):
        House(house.path)


def test_a_path_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."):
        House(tmp_path / ("x" * 200))
