"""Debian's rtpengine, in userspace (`--table=-1`), asked over its NG protocol."""

import re
import shutil
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

from tools.bench.bencode import BadBencode, Value, decode, encode
from tools.bench.processes import Broken, Process, until
from tools.bench.subject import Address, Keys, Secured

PROGRAM = "rtpengine"
ADDRESS = "127.0.0.61"
NG: Address = (ADDRESS, 22_222)
_KEY = re.compile(rb"a=crypto:[0-9]+ [A-Z0-9_]+ inline:([A-Za-z0-9+/=]+)")
_PORTS = (40_000, 49_999)
_PATIENCE = 1.0
_START = 10.0


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


class Rtpengine:
    name = PROGRAM

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._cookies = count(1)
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.settimeout(_PATIENCE)

    @property
    def processes(self) -> Sequence[Process]:
        return [self._process] if self._process else []

    def start(self) -> None:
        low, high = _PORTS
        self._socket.connect(NG)
        self._process = Process(
            [
                PROGRAM,
                "--foreground",
                "--log-stderr",
                "--log-level=3",
                "--table=-1",
                f"--interface={ADDRESS}",
                f"--listen-ng={ADDRESS}:{NG[1]}",
                f"--port-min={low}",
                f"--port-max={high}",
                "--delete-delay=0",
                "--timeout=600",
            ],
            self._folder / "rtpengine.log",
        )
        until("rtpengine's answer", _START, self._process, self._pings)

    def stop(self) -> None:
        if self._process:
            self._process.stop()
        self._socket.close()

    def connect(self, call: int, caller: Address, called: Address) -> tuple[Address, Address]:
        tags: dict[str, Value] = {"call-id": f"bench-{call}", "from-tag": f"a{call}"}
        offer = self._ask({"command": "offer", **tags, "sdp": description(caller)})
        answer = self._ask(
            {"command": "answer", **tags, "to-tag": f"b{call}", "sdp": description(called)}
        )
        return media_address(answer), media_address(offer)

    def connect_secure(self, call: int, caller: Address, called: Address, keys: Keys) -> Secured:
        tags: dict[str, Value] = {"call-id": f"bench-{call}", "from-tag": f"a{call}"}
        line = f"a=crypto:1 {keys.suite} inline:{keys.caller}"
        sdp = description(caller, "RTP/SAVP", line)
        plain: dict[str, Value] = {"transport-protocol": "RTP/AVP"}
        offer = self._ask({"command": "offer", **tags, **plain, "sdp": sdp})
        answer = self._ask(
            {"command": "answer", **tags, "to-tag": f"b{call}", "sdp": description(called)}
        )
        return Secured(media_address(answer), media_address(offer), key_of(answer))

    def _ask(self, question: dict[str, Value]) -> dict[str, Value]:
        cookie = b"bench%d " % next(self._cookies)
        self._socket.send(cookie + encode(question))
        try:
            while True:
                reply = self._socket.recv(65_535)
                if reply.startswith(cookie):
                    break
            answer = decode(reply.removeprefix(cookie))
        except (OSError, BadBencode) as error:
            raise Broken(f"rtpengine: {error}") from None
        if not isinstance(answer, dict) or answer.get("result") not in {b"ok", b"pong"}:
            raise Broken(f"rtpengine answers {answer!r}")
        return answer

    def _pings(self) -> bool:
        try:
            return bool(self._ask({"command": "ping"}))
        except Broken:
            return False


def description(address: Address, profile: str = "RTP/AVP", *more: str) -> str:
    ip, port = address
    lines = (
        "v=0",
        f"o=- 1 1 IN IP4 {ip}",
        "s=-",
        f"c=IN IP4 {ip}",
        "t=0 0",
        f"m=audio {port} {profile} 8",
        "a=rtpmap:8 PCMA/8000",
        "a=sendrecv",
        *more,
    )
    return "".join(f"{line}\r\n" for line in lines)


def key_of(answer: Mapping[str, Value]) -> str:
    """With which it sends, by its SDP."""
    sdp = answer.get("sdp")
    found = _KEY.search(sdp) if isinstance(sdp, bytes) else None
    if found is None:
        raise Broken("rtpengine answers without a key")
    key = found[1].decode()
    return key + "=" * (-len(key) % 4)


def media_address(answer: Mapping[str, Value]) -> Address:
    """Where its SDP wants the media."""
    sdp = answer.get("sdp")
    if not isinstance(sdp, bytes):
        raise Broken("rtpengine answers without a description")
    for line in sdp.decode().splitlines():
        if line.startswith("m="):
            return ADDRESS, int(line.split()[1])
    raise Broken("rtpengine answers without media")
