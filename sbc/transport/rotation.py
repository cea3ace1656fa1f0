"""The certificates of one configuration, kept up to date: files that change are read again (X7).

What cannot be used does not replace what can. Connections that are up keep the context they began
with; new handshakes get the new one.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.certificates import Material, Stamp, Unfit, paths, read, stamp_of
from config.model import Certificate, Config
from config.problems import Finding
from sbc.actions import Note

DAY = 86_400.0
THRESHOLDS = (0.0, DAY, 7 * DAY)
"""Before it expires, a warning; besides that at `warn_before`."""


class CannotRead(Exception):
    """The operator's fault: one finding for each certificate that cannot be used."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


@dataclass(slots=True)
class Kept:
    """One certificate, as it is in use."""

    name: str
    section: Certificate
    material: Material
    stamp: Stamp
    """Of the files when they were last looked at, whether they were fit or not."""
    next_look: float = 0.0
    warned: float | None = None
    """The last threshold that was told."""
    unfit: str = ""
    """Why what lies there now is not used; empty: it is."""


class Rotation:
    def __init__(self, config: Config) -> None:
        """Raises CannotRead."""
        self._kept: dict[str, Kept] = {}
        self._contexts: dict[object, ssl.SSLContext] = {}
        findings: list[Finding] = []
        for name, section in config.certificates.items():
            stamp = stamp_of(section)
            try:
                self._kept[name] = Kept(name, section, read(section), stamp)
            except Unfit as error:
                findings.append(Finding(("certificates", name), str(error), at_key=True))
        if findings:
            raise CannotRead(findings)

    def material(self, name: str) -> Material:
        return self._kept[name].material

    def context(self, key: object, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        """The context for this use; made again after a change of any certificate."""
        found = self._contexts.get(key)
        if found is None:
            found = self._contexts[key] = make()
        return found

    def look(self, now: float, epoch: float) -> list[Note]:
        """At the files whose time has come. `epoch`: the time of day, in seconds."""
        notes: list[Note] = []
        for kept in self._kept.values():
            if now >= kept.next_look:
                kept.next_look = now + kept.section.watch
                notes += self._reread(kept, epoch)
            notes += _warnings(kept, epoch)
        return notes

    def status(self, epoch: float) -> list[dict[str, object]]:
        """For operators."""
        return [
            {
                "name": kept.name,
                "expires": kept.material.expires,
                "days_left": round((kept.material.expires - epoch) / DAY, 2),
                "names": list(kept.material.names),
                "chain": kept.section.chain or kept.section.trust,
                "not_used": kept.unfit,
            }
            for kept in self._kept.values()
        ]

    def _reread(self, kept: Kept, epoch: float) -> list[Note]:
        stamp = stamp_of(kept.section)
        if stamp == kept.stamp:
            return []
        kept.stamp = stamp
        try:
            material = read(kept.section)
            if material.expires <= epoch < kept.material.expires:
                raise Unfit("it has expired")
        except Unfit as error:
            kept.unfit = str(error)
            return [Note("certificate_refused", (), (("name", kept.name), ("why", kept.unfit)))]
        if stamp_of(kept.section) != stamp:
            kept.stamp = ()  # It changed while it was read: look again.
            return []
        kept.unfit = ""
        if material == kept.material:
            return []
        kept.material, kept.warned = material, None
        self._contexts.clear()
        days = f"{(material.expires - epoch) / DAY:.0f}"
        return [Note("certificate_loaded", (), (("name", kept.name), ("days_left", days)))]


def expiring(config: Config, epoch: float) -> list[Finding]:
    """For `sbc check`, which may run on another machine: what is not there is worth a warning, what
    is there and unfit an error."""
    findings: list[Finding] = []
    for name, section in config.certificates.items():
        loc = ("certificates", name)
        absent = [path for path in paths(section) if not Path(path).exists()]
        if absent:
            message = f"{absent[0]} is not on this machine"
            findings.append(Finding(loc, message, at_key=True, severity="warning"))
            continue
        try:
            left = read(section).expires - epoch
        except Unfit as error:
            findings.append(Finding(loc, str(error), at_key=True))
            continue
        if left <= section.warn_before:
            message = "has expired" if left <= 0 else f"expires in {left / DAY:.0f} days"
            findings.append(Finding(loc, message, at_key=True, severity="warning"))
    return findings


def _warnings(kept: Kept, epoch: float) -> list[Note]:
    left = kept.material.expires - epoch
    passed = [each for each in (*THRESHOLDS, kept.section.warn_before) if left <= each]
    if not passed or kept.warned == min(passed):
        return []
    kept.warned = min(passed)
    days = f"{max(left, 0.0) / DAY:.1f}"
    return [Note("certificate_expires", (), (("name", kept.name), ("days_left", days)))]
