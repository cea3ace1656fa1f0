"""Bad input at the TURN server's own sockets: broken, forged, replayed and random STUN, a stolen
nonce, one user who wants everything (I4, I5)."""

import socket
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from time import time

import pytest

from stun_turn.accounts import TimeLimited
from stun_turn.message import Class, build
from stun_turn.registry import Attribute, Method
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.processes import Running
from tests.e2e.support.turn import PORT, SECRETS, configuration, start_server
from tests.e2e.support.turn_socket import UDP, TurnSocket, code

WANTED, AT_ONCE = 10_000, 100
QUOTA = 100
GROWTH = 16 << 20
"""Bytes of memory that a hundred allocations and ten thousand refusals may cost."""


@pytest.fixture
def server(ending: ExitStack, tmp_path: Path, lo: Loopback) -> Running:
    return start_server(configuration(lo), lo.wan, tmp_path, ending)


class Clients:
    def __init__(self, lo: Loopback, ending: ExitStack) -> None:
        self._lo = lo
        self._ending = ending
        self._server = (lo.wan, PORT)

    def ann(self, ip: str | None = None) -> TurnSocket:
        return self._client(ip or self._lo.caller, "ann", SECRETS["ANN"])

    def bob(self) -> TurnSocket:
        name, password = TimeLimited(SECRETS["TURN_KEY"].encode()).issue("bob", time() + 60)
        return self._client(self._lo.callee, name, password)

    def _client(self, ip: str, user: str, password: str) -> TurnSocket:
        made = TurnSocket(ip, self._server, user, password)
        self._ending.callback(made.close)
        return made


@pytest.fixture
def clients(lo: Loopback, ending: ExitStack, server: Running) -> Clients:
    del server  # it is up
    return Clients(lo, ending)


def memory(pid: int) -> int:
    """Bytes that are resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_whoever_wants_ten_thousand_allocations_gets_a_quota_and_others_get_theirs(
    lo: Loopback, clients: Clients, server: Running
) -> None:
    before, opened = memory(server.pid), files(server.pid)
    codes: Counter[int] = Counter()
    for batch in range(WANTED // AT_ONCE):
        greedy = [clients.ann(f"{lo.prefix}.{100 + each}") for each in range(AT_ONCE)]
        for each in greedy:
            each.knock()
        for each in greedy:
            each.challenged()
            each.say(each.request(Method.ALLOCATE, UDP))
        for each in greedy:
            answer = code(each.hear())
            codes[answer] += 1
            if answer:  # else the port stays ours: nobody else is to come from it
                each.close()
        if batch == WANTED // AT_ONCE // 2:
            assert clients.bob().allocate() == 0
    assert set(codes) == {0, 486}
    assert codes[0] <= QUOTA
    assert codes.total() == WANTED
    assert files(server.pid) - opened <= QUOTA + 1
    assert memory(server.pid) - before < GROWTH
    assert clients.bob().allocate() == 0


def test_broken_forged_and_random_datagrams_harm_nobody(clients: Clients, server: Running) -> None:
    random = Random(5)
    good, evil = clients.bob(), clients.ann()
    assert good.allocate() == 0
    evil.knock()
    evil.challenged()
    true = evil.request(Method.ALLOCATE, UDP)
    for cut in range(len(true)):
        evil.say(true[:cut])
    for _ in range(300):
        at = random.randrange(20, len(true))
        evil.say(true[:at] + bytes([true[at] ^ (1 << random.randrange(8))]) + true[at + 1 :])
        evil.say(random.randbytes(random.randrange(1500)))
        evil.say(true[:20] + random.randbytes(len(true) - 20))
    evil.socket.settimeout(0.2)
    while True:
        try:
            assert code(evil.hear()) in {400, 401, 420, 438}
        except TimeoutError:
            break
    good.say(good.request(Method.REFRESH))
    assert code(good.hear()) == 0
    evil.say(true)
    evil.socket.settimeout(5.0)
    assert code(evil.hear()) == 0  # what was forged has taken nothing from whom it was forged for
    assert "Traceback" not in server.said


def test_what_was_heard_on_the_way_is_worth_nothing_from_elsewhere(
    lo: Loopback, clients: Clients
) -> None:
    """Another port, another address, another transport; and no allocation comes of it."""
    ann = clients.ann()
    assert ann.allocate() == 0
    recorded = [ann.request(Method.REFRESH, (Attribute.LIFETIME, bytes(4)))]
    recorded.append(ann.request(Method.ALLOCATE, UDP))
    for thief in (clients.ann(), clients.ann(lo.stranger)):
        for each in recorded:
            thief.say(each)
            assert code(thief.hear()) == 438
        thief.nonce = ann.nonce  # even who knows the password
        thief.say(thief.request(Method.ALLOCATE, UDP))
        assert code(thief.hear()) == 438
    place = ann.socket.getsockname()
    with socket.create_connection((lo.wan, PORT), timeout=5.0, source_address=place) as stream:
        stream.sendall(recorded[1])
        assert stream.recv(2048)[:2] == build(Method.ALLOCATE, Class.ERROR, bytes(12))[:2]
    ann.say(ann.request(Method.REFRESH))
    assert code(ann.hear()) == 0
