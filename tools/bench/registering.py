"""Registrations in absorb mode: how many a second, and the processor time of one.

Phones refresh over and over with digest credentials, as they do; behind us a registrar grants every
user an hour. A window of requests is kept open, so that the border never waits for the load.
"""

import sys
import threading
from hashlib import sha256
from pathlib import Path
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from time import monotonic

from sbc.sip.digest import Challenge
from sbc.sip.message import Response, parse
from tools.bench.figures import per_item
from tools.bench.ours import NAME
from tools.bench.processes import Broken, Process, spent, until
from tools.bench.sipp import answers
from tools.bench.subject import CALLED, CALLER, Address
from tools.bench.table import Results

NEAR, FAR = "127.0.0.81", "127.0.0.82"
ENTRY: Address = (NEAR, 5060)
USERS, WINDOW = 500, 64
_PASSWORD, _REALM = "pw", "bench.example"
_START, _PATIENCE = 15.0, 3.0

_CONFIGURATION = f"""version: 1
node: {{ name: bench, run_directory: @FOLDER@/run-registering }}
interfaces:
  near:
    zone: outside
    bind: {NEAR}
    sip: [{{ transport: udp, port: 5060 }}]
    media: {{ ports: 20000-20099 }}
  far:
    zone: inside
    bind: {FAR}
    sip: [{{ transport: udp, port: 5060 }}]
    media: {{ ports: 20000-20099 }}
zones:
  outside: {{ trust: untrusted, unknown_action: reject }}
  inside: {{ trust: trusted }}
trunks:
  core:
    zone: inside
    endpoints: [{{ uri: "sip:{CALLED}:5060" }}]
    identify: {{ sources: [{CALLED}/32] }}
access:
  phones:
    zone: outside
    domains: [{_REALM}]
    registrar: {{ mode: absorb, upstream: core, client_expires: 60s }}
    auth:
      users: {{ @USERS@ }}
    limits: {{ registers: {{ per_source: 1000000/s, per_user: 1000000/s }} }}
routes:
  - {{ name: out, from: {{ access: phones }}, to: [core] }}
cdr: {{ spool: @FOLDER@/cdr-registering }}
"""


def measure(folder: Path, seconds: float, results: Results) -> None:
    """One round; ours alone, for no peer absorbs by itself."""
    users = ", ".join(f'u{n}: "${{ENV:BENCH_PHONE}}"' for n in range(USERS))
    (folder / "run-registering").mkdir(mode=0o700, exist_ok=True)
    file = folder / "registering.yaml"
    text = _CONFIGURATION.replace("@FOLDER@", str(folder)).replace("@USERS@", users)
    file.write_text(text)
    command = [sys.executable, "-m", "sbc", "run", str(file)]
    border = Process(command, folder / "registering.log", environment={"BENCH_PHONE": _PASSWORD})
    upstream = _Upstream((CALLED, 5060))
    try:
        until("the border's answer", _START, border, lambda: answers(ENTRY))
        phones = _Phones((CALLER, 5064))
        phones.register(2 * USERS)  # each is challenged, and known upstream
        before, began = spent([border]), monotonic()
        done = phones.register_for(seconds)
        taken, cost = monotonic() - began, spent([border]) - before
        results.add("registrations absorbed", "1/s", NAME, done / taken)
        what = "processor time: registration absorbed"
        results.add(what, "ms", NAME, 1000 * per_item(cost, done))
        results.note(f"Of {done + 2 * USERS:,} REGISTERs {upstream.heard:,} went upstream.")
    except Broken as problem:
        results.note(f"registering: {problem}")
    finally:
        border.stop()
        upstream.stop()


class _Phones:
    def __init__(self, at: Address) -> None:
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20)
        self._socket.bind(at)
        self._socket.settimeout(_PATIENCE)
        self._at = at
        self._sent = 0
        self._open = 0
        self._nonces: dict[str, tuple[str, int]] = {}
        self._secrets = {f"u{n}": _hex(f"u{n}:{_REALM}:{_PASSWORD}") for n in range(USERS)}

    def register(self, count: int) -> None:
        goal = self._sent + count
        while self._sent < goal or self._open:
            while self._open < WINDOW and self._sent < goal:
                self._send()
            self._hear()

    def register_for(self, seconds: float) -> int:
        """How many were granted."""
        end, granted = monotonic() + seconds, 0
        while monotonic() < end or self._open:
            while self._open < WINDOW and monotonic() < end:
                self._send()
            granted += self._hear() == 200
        return granted

    def _send(self) -> None:
        user = f"u{self._sent % USERS}"
        self._sent += 1
        self._open += 1
        ip, port = self._at
        lines = [
            f"REGISTER sip:{_REALM} SIP/2.0",
            f"Via: SIP/2.0/UDP {ip}:{port};branch=z9hG4bK{self._sent};rport",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{_REALM}>;tag=t{user}",
            f"To: <sip:{user}@{_REALM}>",
            f"Call-ID: {user}@bench",
            f"CSeq: {self._sent} REGISTER",
            f"Contact: <sip:{user}@{ip}:{port}>",
            "Expires: 60",
            *self._credentials(user),
            "Content-Length: 0",
            "",
            "",
        ]
        self._socket.sendto("\r\n".join(lines).encode(), ENTRY)

    def _credentials(self, user: str) -> list[str]:
        if user not in self._nonces:
            return []
        nonce, used = self._nonces[user]
        self._nonces[user] = (nonce, used + 1)
        uri, nc = f"sip:{_REALM}", f"{used + 1:08x}"
        what = _hex(f"REGISTER:{uri}")
        response = _hex(f"{self._secrets[user]}:{nonce}:{nc}:c:auth:{what}")
        return [
            f'Authorization: Digest username="{user}", realm="{_REALM}", nonce="{nonce}", '
            f'uri="{uri}", response="{response}", algorithm=SHA-256, cnonce="c", qop=auth, nc={nc}'
        ]

    def _hear(self) -> int:
        """The status of one answer. Raises Broken when none comes."""
        try:
            answer = parse(self._socket.recv(65_536))
        except OSError:
            raise Broken("a REGISTER was not answered") from None
        self._open -= 1
        assert isinstance(answer, Response)
        if answer.status == 401:
            challenge = Challenge.parse(answer.headers.all("www-authenticate")[0])
            user = answer.headers.call_id.partition("@")[0]
            self._nonces[user] = (challenge.nonce, 0)
        return answer.status


class _Upstream:
    """A registrar that grants everything, in a thread of its own."""

    def __init__(self, at: Address) -> None:
        self.heard = 0
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.bind(at)
        self._socket.settimeout(0.2)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                data, source = self._socket.recvfrom(65_536)
            except OSError:
                continue
            self.heard += 1
            head = data.decode().partition("\r\n\r\n")[0].split("\r\n")[1:]
            kept = ("Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:")
            lines = ["SIP/2.0 200 OK", *(line for line in head if line.startswith(kept))]
            answer = "\r\n".join([*lines, "Content-Length: 0", "", ""])
            self._socket.sendto(answer.encode(), source)


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()
