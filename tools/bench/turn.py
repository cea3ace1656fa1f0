"""TURN servers: ours and Debian's coturn. Processor time a relayed packet, and an allocation.

Each client has an allocation, a channel to its peer, and a stream each way; the same generator as
for the relays sends them.
"""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from socket import AF_INET, SO_REUSEADDR, SOCK_DGRAM, SOL_SOCKET, socket
from time import monotonic

from stun_turn import attributes as of
from stun_turn.accounts import long_term_key
from stun_turn.attributes import MD5
from stun_turn.message import BadStun, Class, Message, Value, build, parse
from stun_turn.registry import Attribute, Method
from tools.bench.figures import per_item
from tools.bench.ours import NAME
from tools.bench.processes import Broken, Process, spent, until
from tools.bench.rtp import End, Phase
from tools.bench.streams import carry
from tools.bench.subject import CALLED, CALLER, Address, Subject, running
from tools.bench.table import Results

PROGRAM = "turnserver"
OURS, THEIRS = "127.0.0.71", "127.0.0.72"
PORT, FIRST_PORT = 3478, 30_000
REALM, USER, PASSWORD = "bench.example", "ann", "pw"
RATES = (10_000, 50_000)
CLIENTS, ALLOCATIONS = 100, 1000
_CHANNEL = 0x4000
_PATIENCE, _START = 2.0, 10.0
_MOST_LOST = 0.001
_KEY = long_term_key(USER, REALM, PASSWORD, MD5)

_CONFIGURATION = f"""version: 1
interfaces:
  wan:
    zone: outside
    bind: {OURS}
    sip: [{{ transport: udp, port: 5060 }}]
    media: {{ ports: 20000-20099 }}
zones:
  outside: {{ trust: untrusted }}
trunks:
  nobody:
    zone: outside
    endpoints: [{{ uri: "sip:192.0.2.1" }}]
    identify: {{ sources: [192.0.2.1/32] }}
routes:
  - {{ name: out, from: {{ trunk: nobody }}, to: [nobody] }}
turn:
  interfaces: [wan]
  listen: {{ udp: {PORT} }}
  realm: {REALM}
  relay_ports: 40000-49999
  credentials: {{ users: {{ {USER}: "${{ENV:BENCH_TURN}}" }} }}
  quotas: {{ per_user: 10000, per_source: 10000, total: 10000, rate: 100000/s }}
  peers: {{ allow: [127.0.0.0/8] }}
  stun: {{ rate: 100000/s }}
"""


class TurnServer(Subject):
    def __init__(self, name: str, address: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.at: Address = (address, PORT)
        self._command = command
        self._log = log
        self._process: Process | None = None

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        self._process = Process(self._command, self._log, environment={"BENCH_TURN": PASSWORD})
        until(f"an answer of {self.name}", _START, self._process, self._answers)

    def stop(self) -> None:
        if self._process:
            self._process.stop()

    def _answers(self) -> bool:
        with Client(self.at, (CALLER, FIRST_PORT - 1)) as client:
            client.patience(0.2)
            try:
                return client.asked(build(Method.BINDING, Class.REQUEST, bytes(12))) is not None
            except Broken:
                return False


Make = Callable[[Path], TurnServer]


def ours(folder: Path) -> TurnServer:
    file = folder / "turn.yaml"
    file.write_text(_CONFIGURATION)
    command = [sys.executable, "-m", "stun_turn", str(file)]
    return TurnServer(NAME, OURS, command, folder / "turn.log")


def coturn(folder: Path) -> TurnServer:
    command = [
        PROGRAM, "-n", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp", "--lt-cred-mech",
        "--allow-loopback-peers", f"--listening-ip={THEIRS}", f"--relay-ip={THEIRS}",
        f"--listening-port={PORT}", f"--realm={REALM}", f"--user={USER}:{PASSWORD}",
        "--min-port=40000", "--max-port=49999", "--log-file=stdout",
        f"--pidfile={folder / 'coturn.pid'}", f"--userdb={folder / 'coturn.db'}",
    ]  # fmt: skip
    return TurnServer("coturn", THEIRS, command, folder / "coturn.log")


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


def measure(makes: list[Make], folder: Path, seconds: float, results: Results) -> None:
    """One round."""
    for make in makes:
        server = make(folder)
        with running(server, results):
            server.start()
            _allocations(server, results)
        server = make(folder)
        with running(server, results):
            server.start()
            _packets(server, seconds, results)
        server = make(folder)
        with running(server, results):
            server.start()
            _indications(server, seconds, results)


def _allocations(server: TurnServer, results: Results) -> None:
    """One after the other, as fast as they are answered."""
    before, began = spent(server.processes), monotonic()
    for number in range(ALLOCATIONS):
        with Client(server.at, (CALLER, FIRST_PORT + number)) as client:
            client.allocate()
    taken, cost = monotonic() - began, spent(server.processes) - before
    results.add("TURN: allocations, one after the other", "1/s", server.name, ALLOCATIONS / taken)
    what = "TURN: processor time an allocation"
    results.add(what, "µs", server.name, 1e6 * per_item(cost, ALLOCATIONS))


def _packets(server: TurnServer, seconds: float, results: Results) -> None:
    _carried(server, "ChannelData", _by_channel(server), seconds, RATES, results)


def _indications(server: TurnServer, seconds: float, results: Results) -> None:
    _carried(server, "indications", _by_indication(server), seconds, RATES[:1], results)


def _carried(
    server: TurnServer, how: str, ends: list[End], seconds: float, rates: Sequence[int],
    results: Results,
) -> None:  # fmt: skip
    phases = [Phase("warm-up", 1.0, rates[0]), *(Phase(str(rate), seconds, rate) for rate in rates)]
    carried = carry(ends, phases, server.processes)
    for rate in rates:
        each = carried[str(rate)]
        if each.heard.lost > _MOST_LOST:
            lost = f"{each.heard.lost:.2%} lost"
            results.note(f"{server.name}, TURN by {how} at {rate:,}/s: {lost}.")
            continue
        what = f"TURN: processor time a packet by {how}, {rate:,} packets/s"
        results.add(what, "µs", server.name, each.microseconds)


def _by_channel(server: TurnServer) -> list[End]:
    ends = []
    for local, peer in _places():
        with Client(server.at, local) as client:
            relay = client.allocate()
            client.bind(peer)
        ends += [End(local, server.at, _CHANNEL), End(peer, relay)]
    return ends


def _by_indication(server: TurnServer) -> list[End]:
    ends = []
    for local, peer in _places():
        with Client(server.at, local) as client:
            relay = client.allocate()
            client.permit(peer)
        ends += [End(local, server.at, peer=peer), End(peer, relay)]
    return ends


def _places() -> Iterator[tuple[Address, Address]]:
    """Of a client and of its peer."""
    for number in range(CLIENTS):
        yield (CALLER, FIRST_PORT + 2 * number), (CALLED, FIRST_PORT + 2 * number)


class Client:
    """Enough of TURN to set a load up (RFC 8656 §7, §12)."""

    def __init__(self, server: Address, local: Address) -> None:
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self._socket.bind(local)
        self._socket.connect(server)
        self.patience(_PATIENCE)
        self._nonce = b""
        self._serial = 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def patience(self, seconds: float) -> None:
        self._socket.settimeout(seconds)

    def allocate(self) -> Address:
        """The relayed address. Raises Broken."""
        udp = (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0")
        challenge = self.asked(build(Method.ALLOCATE, Class.REQUEST, bytes(12), [udp]))
        self._nonce = challenge.get(Attribute.NONCE) or b""
        answer = self._request(Method.ALLOCATE, udp)
        relayed = answer.get(Attribute.XOR_RELAYED_ADDRESS)
        if relayed is None:
            raise Broken(f"an allocation was refused: {answer.attributes}")
        return of.read_xor_address(relayed, answer.transaction_id)

    def bind(self, peer: Address) -> None:
        """Raises Broken."""
        number = (Attribute.CHANNEL_NUMBER, of.channel_number(_CHANNEL))
        answer = self._request(
            Method.CHANNEL_BIND, number, (Attribute.XOR_PEER_ADDRESS, of.xor_address(peer, b""))
        )
        if answer.kind is not Class.SUCCESS:
            raise Broken(f"a channel was refused: {answer.attributes}")

    def permit(self, peer: Address) -> None:
        """Raises Broken."""
        answer = self._request(
            Method.CREATE_PERMISSION, (Attribute.XOR_PEER_ADDRESS, of.xor_address(peer, b""))
        )
        if answer.kind is not Class.SUCCESS:
            raise Broken(f"a permission was refused: {answer.attributes}")

    def _request(self, method: Method, *values: Value) -> Message:
        self._serial += 1
        credentials = [
            (Attribute.USERNAME, USER.encode()),
            (Attribute.REALM, REALM.encode()),
            (Attribute.NONCE, self._nonce),
        ]
        transaction_id = self._serial.to_bytes(12, "big")
        data = build(method, Class.REQUEST, transaction_id, [*values, *credentials], key=_KEY)
        return self.asked(data)

    def asked(self, data: bytes) -> Message:
        """Raises Broken without an answer."""
        try:
            self._socket.send(data)
            return parse(self._socket.recv(2048))
        except (OSError, BadStun) as error:
            raise Broken(f"TURN: {error}") from None
