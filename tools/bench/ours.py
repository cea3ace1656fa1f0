"""Our own side: the relay alone on its control socket, and the border as `sbc run` starts it."""

import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

from msgspec.structs import replace

from media.control import (
    PROTOCOL,
    Address,
    CodecClock,
    Command,
    Hello,
    Open,
    Opened,
    Program,
    Programmed,
    Reply,
    Sdes,
    SidePlan,
    SrtpKey,
    StreamPlan,
    StreamRequest,
    Welcome,
)
from media.wire import Lines, decode_answer, encode_command
from tools.bench.processes import Broken, Process, until
from tools.bench.sipp import CALLED_AT, answers
from tools.bench.subject import CALLED, CALLER, Keys, Secured

NEAR, FAR = "127.0.0.51", "127.0.0.52"
"""Our two interfaces."""
ENTRY: Address = (NEAR, 5060)
NAME = "sbc"
_PATIENCE = 5.0
_START = 15.0
_CLOCKS = (CodecClock(8, "PCMA", 8000),)

CONFIGURATION = f"""version: 1
node: {{ name: bench, run_directory: @FOLDER@/run }}
interfaces:
  near:
    zone: outside
    bind: {NEAR}
    sip: [{{ transport: udp, port: 5060 }}]
    media: {{ ports: 20000-29999, quarantine: 1s }}
  far:
    zone: inside
    bind: {FAR}
    sip: [{{ transport: udp, port: 5060 }}]
    media: {{ ports: 20000-29999, quarantine: 1s }}
zones:
  outside: {{ trust: untrusted, latching: {{ mode: ranked, window: 3s }} }}
  inside: {{ trust: trusted }}
trunks:
  caller:
    zone: outside
    endpoints: [{{ uri: "sip:{CALLER}:5060" }}]
    identify: {{ sources: [{CALLER}/32] }}
  called:
    zone: inside
    endpoints: [{{ uri: "sip:{CALLED_AT[0]}:{CALLED_AT[1]}" }}]
    identify: {{ sources: [{CALLED}/32] }}
routes:
  - {{ name: through, from: {{ trunk: caller }}, to: [called] }}
cdr: {{ spool: @FOLDER@/cdr }}
"""


def configuration(folder: Path) -> Path:
    file = folder / "bench.yaml"
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    file.write_text(CONFIGURATION.replace("@FOLDER@", str(folder)))
    return file


class OurRelay:
    """One process; plans as our signalling makes them, ranked latching on the outside."""

    name = NAME

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._socket = socket(AF_UNIX, SOCK_STREAM)
        self._socket.settimeout(_PATIENCE)
        self._lines = Lines()
        self._numbers = count(1)

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        control = self._folder / "run" / "relay.sock"
        file = configuration(self._folder)
        self._process = Process(
            [sys.executable, "-m", "media", str(file), "--control", str(control)],
            self._folder / "relay.log",
        )
        until("the relay's socket", _START, self._process, lambda: self._connects(control))
        if not isinstance(self._ask(Hello(PROTOCOL, "bench")), Welcome):
            raise Broken("the relay does not welcome us")

    def stop(self) -> None:
        self._socket.close()
        if self._process:
            self._process.stop()

    def _connects(self, control: Path) -> bool:
        return self._socket.connect_ex(str(control)) == 0

    def connect(self, call: int, caller: Address, called: Address) -> tuple[Address, Address]:
        session = f"bench-{call}"
        opened = self._ask(Open(session, (StreamRequest(0, "audio", "near", "far"),)))
        if not isinstance(opened, Opened):
            raise Broken(f"the relay answers {opened}")
        plan = StreamPlan(0, side_plan(caller, "ranked"), side_plan(called, "none"))
        done = self._ask(Program(session, (plan,), supervise=True, initial=30.0, subsequent=60.0))
        if not isinstance(done, Programmed):
            raise Broken(f"the relay answers {done}")
        (ports,) = opened.streams
        return (NEAR, ports.a), (FAR, ports.b)

    def connect_secure(self, call: int, caller: Address, called: Address, keys: Keys) -> Secured:
        session = f"bench-{call}"
        opened = self._ask(Open(session, (StreamRequest(0, "audio", "near", "far"),)))
        if not isinstance(opened, Opened):
            raise Broken(f"the relay answers {opened}")
        ours = SrtpKey(keys.other)
        sdes = Sdes(keys.suite, (SrtpKey(keys.caller),), ours)
        near = replace(side_plan(caller, "ranked"), sdes=sdes)
        plan = StreamPlan(0, near, side_plan(called, "none"))
        done = self._ask(Program(session, (plan,), supervise=True, initial=30.0, subsequent=60.0))
        if not isinstance(done, Programmed):
            raise Broken(f"the relay answers {done}")
        (ports,) = opened.streams
        return Secured((NEAR, ports.a), (FAR, ports.b), keys.other)

    def _ask(self, command: Command) -> Reply:
        """The reply; events in between are passed over."""
        number = next(self._numbers)
        self._socket.sendall(encode_command(number, command))
        while True:
            data = self._socket.recv(65_536)
            if not data:
                raise Broken("the relay has closed its control socket")
            for line in self._lines.feed(data):
                answered, reply = decode_answer(line)
                if answered == number:
                    return reply  # type: ignore[return-value] # only events have number 0


def side_plan(address: Address, latching: str) -> SidePlan:
    ip, port = address
    return SidePlan(
        rtp=address,
        rtcp=(ip, port + 1),
        sends=True,
        receives=True,
        latching=latching,
        window=3.0,
        prefix=24,
        signalling_ip=ip,
        codecs=_CLOCKS,
        epoch=1,
    )


class OurBorder:
    name = NAME
    entry = ENTRY

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        file = configuration(self._folder)
        self._process = Process(
            [sys.executable, "-m", "sbc", "run", str(file)], self._folder / "sbc.log"
        )
        until("the border's answer", _START, self._process, lambda: answers(ENTRY))

    def stop(self) -> None:
        if self._process:
            self._process.stop()
