"""Many call flows beside each other, through one border: each party has an address, a trunk and a
number of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.support.border import Border
from tests.e2e.support.flows import scenario
from tests.e2e.support.loopback import Loopback, at
from tests.e2e.support.sipp import Sipp, listening

Json = dict[str, Any]
SIP, LINE = 5060, 5070
"""Ports of a party, and of its second line: a party `alice-line` is at the trunk of `alice`, and
whoever calls that gets the line."""


@dataclass(frozen=True, slots=True)
class Flow:
    name: str
    parties: dict[str, str]
    """The side of each in the ladder (`flows`). Alice is outside, the others are inside."""
    trunks: dict[str, Json] = field(default_factory=dict)
    """Settings of trunks, by party."""
    outside: tuple[str, ...] = ("alice",)


@dataclass(frozen=True, slots=True)
class Party:
    flow: Flow
    name: str
    ip: str
    number: str

    @property
    def trunk(self) -> str:
        return f"t{self.number}"

    @property
    def is_outside(self) -> bool:
        return self.name in self.flow.outside

    def config(self) -> Json:
        lines = any(name == f"{self.name}-line" for name in self.flow.parties)
        own: Json = {
            "zone": "outside" if self.is_outside else "inside",
            "identify": {"sources": [f"{self.ip}/32"]},
            "endpoints": [{"uri": f"sip:{self.ip}:{LINE if lines else SIP}"}],
        }
        own |= self.flow.trunks.get(self.name, {})
        for endpoint in own["endpoints"]:
            endpoint["uri"] = endpoint["uri"].format(ip=self.ip)
        return own


class Service:
    """Plays all flows at once; what became of each is known when all have ended."""

    def __init__(self, flows: tuple[Flow, ...], lo: Loopback, directory: Path) -> None:
        self._lo = lo
        self._directory = directory
        self._parties = {
            flow.name: list(_parties(flow, place, lo)) for place, flow in enumerate(flows)
        }
        self.failures: dict[str, list[str]] = {flow.name: [] for flow in flows}

    def config(self) -> Json:
        all_ = [party for parties in self._parties.values() for party in parties]
        return {
            "version": 1,
            "interfaces": {
                name: {
                    "zone": zone,
                    "bind": ip,
                    "sip": [{"transport": "udp", "port": SIP}],
                    "media": {"ports": "20000-20999"},
                }
                for name, zone, ip in (
                    ("wan", "outside", self._lo.wan),
                    ("lan", "inside", self._lo.lan),
                )
            },
            "zones": {"outside": {"trust": "untrusted"}, "inside": {"trust": "trusted"}},
            "trunks": {party.trunk: self._without_secrets(party.config()) for party in all_},
            "routes": [
                {
                    "name": f"to-{party.number}",
                    "from": "any",
                    "match": {"to": [party.number]},
                    "to": [party.trunk],
                }
                for party in all_
            ],
        }

    def _without_secrets(self, trunk: Json) -> Json:
        """Passwords stand in files of their own."""
        if "auth" not in trunk:
            return trunk
        file = self._directory / f"secret-{len(list(self._directory.iterdir()))}"
        file.write_text(trunk["auth"]["password"])
        file.chmod(0o600)
        return trunk | {"auth": trunk["auth"] | {"password": f"${{FILE:{file}}}"}}

    def play(self, ending: ExitStack) -> "Service":
        border = Border(self.config(), self._directory / "border")
        ending.callback(border.close)
        border.start()
        waiting: list[tuple[str, Sipp]] = []
        callers = []
        for name, parties in self._parties.items():
            numbers = {party.name: party.number for party in parties}
            by_name = {party.name: party for party in parties}
            for who, steps in parties[0].flow.parties.items():
                made = (by_name[who.partition("-")[0]], who, steps, numbers)
                if steps.strip().startswith("<"):
                    waiting.append((name, self._end(ending, *made, calling=False)))
                else:
                    callers.append((name, made))
        for _, end in waiting:
            listening(end)
        playing = [(name, self._end(ending, *made, calling=True)) for name, made in callers]
        for name, end in waiting + playing:
            status = end.running.wait(60)
            if status:
                self.failures[name].append(f"{end.name}: {status}\n{end.complaints}")
        return self

    def _end(
        self,
        ending: ExitStack,
        party: Party,
        who: str,
        steps: str,
        numbers: dict[str, str],
        *,
        calling: bool,
    ) -> Sipp:
        directory = self._directory / f"{party.number}-{who}"
        directory.mkdir()
        file = directory / "scenario.xml"
        places = {"{wan}": self._lo.wan, "{lan}": self._lo.lan}
        for macro, ip in places.items():
            steps = steps.replace(macro, ip)
        border = (self._lo.wan if party.is_outside else self._lo.lan, SIP)
        file.write_text(scenario(party.name, steps, numbers, at(border)))
        local, media = (party.ip, SIP), 6000
        if who.endswith("-line"):
            local, media = (party.ip, LINE), 6100
        remote = border if calling else None
        end = Sipp(who, directory, local, remote, media_port=media, file=file)
        ending.callback(end.running.end)
        return end


def _parties(flow: Flow, at: int, lo: Loopback) -> Iterator[Party]:
    names = dict.fromkeys(name.partition("-")[0] for name in flow.parties)
    for place, name in enumerate(names):
        host = 70 + 4 * at + place
        assert place < 4
        assert host < 255, "no more addresses of our own"
        yield Party(flow, name, f"{lo.prefix}.{host}", f"7{at:02}{place}")
