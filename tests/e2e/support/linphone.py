"""Linphone as a phone, told what to do on its console: it plays a tone from a file, and records
what it hears."""

from pathlib import Path

from tests.e2e.support.namespaces import Network
from tests.e2e.support.processes import Running
from tests.e2e.support.sipp import is_bound
from tests.e2e.support.tones import write_tone
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

_CONFIG = """\
[sip]
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
guess_hostname=0
contact="{user}" <sip:{user}@{ip}>
[rtp]
audio_rtp_port=7078
[sound]
echocancellation=0
[net]
dns_srv_enabled=0
[audio_codec_0]
mime=PCMU
rate=8000
enabled=1
"""
_PROMPT = "linphonec>"


class Linphone:
    """One phone on one host of the network."""

    def __init__(
        self, network: Network, host: str, ip: str, user: str, hertz: float, directory: Path
    ) -> None:
        # Without a place for its database it opens no port, and does not say so.
        (directory / ".local/share/linphone").mkdir(parents=True)
        tone, self.recording = directory / "tone.wav", directory / "heard.wav"
        write_tone(tone, hertz, 30)
        config = directory / "linphonerc"
        config.write_text(_CONFIG.format(user=user, ip=ip))
        command = network.wrap(host)([path_of("linphonec"), "-c", str(config)])
        env = {"HOME": str(directory)}
        log = directory / f"linphone-{user}.log"
        self.running = Running(command, log, cwd=directory, env=env, listens=True)
        eventually("the console of Linphone", lambda: _PROMPT in self.running.said, 15.0)
        eventually("its SIP port", lambda: is_bound(self.running.pid, 5060), 15.0)
        for each in ("soundcard use files", f"play {tone}", f"record {self.recording}"):
            self.running.tell(each)

    def dial(self, uri: str) -> None:
        self.running.tell(f"call {uri}")
        self._wait_for("connected.")

    def hang_up(self) -> None:
        self.running.tell("terminate")
        self._wait_for("ended")

    def close(self) -> None:
        self.running.tell("quit")
        self.running.end()

    def _wait_for(self, words: str) -> None:
        eventually(f"{words!r} of Linphone", lambda: words in self.running.said, 15.0)
