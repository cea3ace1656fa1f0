"""baresip as a phone: it plays a tone from a file, records what it hears, and is told what to do
over its control socket (module ctrl_tcp: JSON in netstrings)."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.support.namespaces import Network
from tests.e2e.support.processes import Running
from tests.e2e.support.tones import write_tone
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

MODULES = Path("/usr/lib/baresip/modules")
_CONTROL_PORT = 4444

_CONFIG = """\
poll_method             epoll
sip_listen              {ip}:5060
call_local_timeout      60
audio_source            aufile,{tone}
audio_player            aubridge,nowhere
audio_alert             aubridge,silence
ausrc_srate             8000
auplay_srate            8000
ausrc_channels          1
auplay_channels         1
rtp_ports               10000-10099
rtcp_mux                no
jitter_buffer_delay     1-5
module_path             {modules}
module                  g711.so
module                  sndfile.so
module                  aufile.so
module                  aubridge.so
module_tmp              uuid.so
module_tmp              account.so
module_app              ctrl_tcp.so
module_app              menu.so
ctrl_tcp_listen         127.0.0.1:{control}
snd_path                {recordings}
ringback_disabled       yes
menu_bell               no
statmode_default        off
"""

Event = dict[str, Any]


class Baresip:
    """One phone on one host of the network. It answers whoever calls it."""

    def __init__(
        self,
        network: Network,
        host: str,
        ip: str,
        user: str,
        hertz: float,
        directory: Path,
        account: str | None = None,
        trust: Path | None = None,
        modules: Sequence[str] = (),
        of_media: str = "",
    ) -> None:
        """`account`: its line of the file of accounts; None: it registers nowhere. `trust`: who
        vouches for the servers that it reaches by TLS. `of_media`: parameters of its account for
        which it needs these `modules`."""
        self.ip = ip
        self.events: list[Event] = []
        """All that it told of its calls, in order."""
        self._recordings = directory / "recordings"
        self._recordings.mkdir(parents=True)
        tone = directory / "tone.wav"
        write_tone(tone, hertz, 30)
        form = {"ip": ip, "tone": tone, "modules": MODULES, "control": _CONTROL_PORT}
        config = _CONFIG.format(**form, recordings=self._recordings)
        if trust is not None:
            config += f"sip_cafile {trust}\n"
        config += "".join(f"module {module}.so\n" for module in modules)
        (directory / "config").write_text(config)
        account = account or f"<sip:{user}@{ip}>;regint=0;answermode=auto{of_media}"
        (directory / "accounts").write_text(f"{account}\n")
        (directory / "contacts").write_text("")
        command = network.wrap(host)([path_of("baresip"), "-f", str(directory)])
        self.running = Running(command, directory / f"baresip-{user}.log", cwd=directory)
        with network.inside(host):
            self._control = eventually(f"the control socket of {user}", self._connected)
        self._told = b""

    def dial(self, uri: str) -> None:
        self._command("dial", uri)
        self.wait_for("CALL_ESTABLISHED")

    def hang_up(self) -> None:
        self._command("hangup")

    def hold(self) -> None:
        self._command("hold")

    def resume(self) -> None:
        self._command("resume")

    def wait_for(self, kind: str, count: int = 1, within: float = 10.0) -> None:
        """Until it has happened so often."""
        eventually(f"{kind} at {self.ip}", lambda: self._happened(kind, count), within)

    def recording(self) -> Path:
        """What it heard in its last call, once the file is whole."""
        found = sorted(self._recordings.glob("*-dec.wav"))
        assert found, f"{self.ip} recorded nothing"
        return found[-1]

    def close(self) -> None:
        self._control.close()
        self.running.end()

    def _connected(self) -> socket.socket | None:
        assert self.running.status is None, self.running.said[-3000:]
        try:
            connection = socket.create_connection(("127.0.0.1", _CONTROL_PORT), timeout=1)
        except OSError:
            return None
        connection.setblocking(False)
        return connection

    def _command(self, command: str, parameters: str = "") -> None:
        text = json.dumps({"command": command, "params": parameters}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def _happened(self, kind: str, count: int) -> bool:
        self._read()
        kinds = [event["type"] for event in self.events]
        happened = kinds.count(kind) >= count
        assert happened or "CALL_CLOSED" not in kinds, f"the call ended: {self.events[-1]}"
        return happened

    def _read(self) -> None:
        try:
            self._told += self._control.recv(65536)
        except BlockingIOError:
            return
        while (colon := self._told.find(b":")) > 0:
            end = colon + 1 + int(self._told[:colon])
            if len(self._told) <= end:
                return
            told = json.loads(self._told[colon + 1 : end])
            if told.get("event"):
                self.events.append(told)
            self._told = self._told[end + 1 :]
