"""Calls by SIPp: a caller and a called party by scenarios of our own, and how the calls went."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Literal, Self

from tools.bench.processes import LOAD_CORE, Process
from tools.bench.subject import CALLED, CALLER, Address

PROGRAM = "sipp"
CALLER_AT: Address = (CALLER, 5060)
CALLED_AT: Address = (CALLED, 5060)

_SCENARIOS = Path(__file__).with_name("scenarios")
Media = Literal["none", "anchored", "flowing"]
"""What calls carry: descriptions without any media line, so that there is nothing to anchor; one
audio stream that stays silent; or one with a few packets each way."""

_ECHO_PORT = 7000
"""Of the called party, for all of its calls."""
_SOUND = "sound.alaw"
_SILENCE = b"\xd5"
"""In A-law."""
PACKETS = 5
"""Each way in a call with media flowing."""
_PLAY = f"""<nop>
    <action><exec rtp_stream="{_SOUND},1,8"/></action>
  </nop>"""
_AUDIO = """m=audio @PORT@ RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15
      a=ptime:20
      a=sendrecv"""
_SPARE = 20.0
"""Seconds that SIPp may take beyond the time of its calls."""


@dataclass(frozen=True, slots=True)
class Calls:
    rate: int
    """Begun a second."""
    count: int
    hold: float = 0.5
    """Seconds from the answer to the BYE."""
    media: Media = "anchored"

    @property
    def seconds(self) -> float:
        return self.count / self.rate + self.hold


@dataclass(frozen=True, slots=True)
class Outcome:
    succeeded: int
    failed: int
    repeated: int
    """Messages that had to be sent again."""

    def clean(self, calls: Calls) -> bool:
        """All calls succeeded, and nothing was late enough to be repeated, but for a few."""
        return self.succeeded == calls.count and self.repeated <= calls.count // 100

    def told(self) -> str:
        return (
            f"{self.succeeded} succeeded, {self.failed} failed, {self.repeated} messages repeated"
        )


def installed() -> bool:
    return shutil.which(PROGRAM) is not None


class CallLoad:
    """A called party which stays, and callers which come and go."""

    def __init__(self, folder: Path, entry: Address) -> None:
        self._folder = folder
        self._entry = entry
        self._called: Process | None = None
        self._callers: list[Process] = []
        (folder / _SOUND).write_bytes(_SILENCE * 160 * PACKETS)

    def answer(self, media: Media = "anchored") -> None:
        file = self._scenario("uas", media)
        self._called = self._sipp(
            ["-sf", str(file), "-rtp_echo", "-mp", str(_ECHO_PORT)], "uas", CALLED_AT
        )

    def begin(self, calls: Calls) -> Process:
        """The callers, which end by themselves."""
        statistics = self._statistics()
        statistics.unlink(missing_ok=True)
        process = self._sipp(
            [
                f"{self._entry[0]}:{self._entry[1]}",
                *("-sf", str(self._scenario("uac", calls.media))),
                *("-r", str(calls.rate), "-m", str(calls.count)),
                *("-l", str(2 * calls.count), "-d", str(round(1000 * calls.hold))),
                *("-trace_stat", "-stf", str(statistics), "-fd", "1"),
            ],
            "uac",
            CALLER_AT,
        )
        self._callers.append(process)
        return process

    def run(self, calls: Calls) -> Outcome:
        caller = self.begin(calls)
        try:
            caller.wait(calls.seconds + _SPARE)
        finally:
            caller.stop()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Of the last callers, once they have ended."""
        return outcome(self._statistics().read_text().splitlines())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._callers:
            process.stop()
        if self._called:
            self._called.stop()

    def _statistics(self) -> Path:
        return self._folder / "uac.csv"

    def _scenario(self, name: str, media: Media) -> Path:
        path = self._folder / f"{name}.xml"
        path.write_text(scenario(name, media))
        return path

    def _sipp(self, options: Sequence[str], name: str, at: Address) -> Process:
        return Process(
            [
                PROGRAM,
                *options,
                "-i",
                at[0],
                "-mi",
                at[0],
                "-p",
                str(at[1]),
                "-nostdin",
                "-timer_resol",
                "2",
            ],
            self._folder / f"{name}.log",
            core=LOAD_CORE,
            cwd=self._folder,
            environment={"TERM": "dumb"},
        )


def scenario(name: str, media: Media) -> str:
    text = (_SCENARIOS / f"{name}.xml").read_text()
    flowing = media == "flowing"
    port = "[rtpstream_audio_port]" if flowing and name == "uac" else "[media_port]"
    audio = "a=sendrecv" if media == "none" else _AUDIO.replace("@PORT@", port)
    return text.replace("@MEDIA@", audio).replace("@TALK@", _PLAY if flowing else "")


def outcome(statistics: Sequence[str]) -> Outcome:
    """From SIPp's `-trace_stat`: the last line has the sums."""
    last = list(csv.DictReader(statistics, delimiter=";"))[-1]
    return Outcome(
        succeeded=int(last["SuccessfulCall(C)"]),
        failed=int(last["FailedCall(C)"]),
        repeated=int(last["Retransmissions(C)"]),
    )


def answers(entry: Address, source: str = CALLER) -> bool:
    """Whether something there answers a SIP request, be it a refusal."""
    with socket(AF_INET, SOCK_DGRAM) as udp:
        udp.settimeout(0.2)
        udp.bind((source, 0))
        udp.connect(entry)
        host, port = udp.getsockname()
        request = (
            f"OPTIONS sip:{entry[0]}:{entry[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-bench-{port}\r\n"
            f"From: <sip:bench@{host}>;tag=bench\r\n"
            f"To: <sip:{entry[0]}>\r\n"
            f"Call-ID: bench-{port}\r\n"
            "CSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        try:
            udp.send(request.encode())
            return udp.recv(4096).startswith(b"SIP/2.0 ")
        except OSError:
            return False
