"""Configurations to begin a test with, and a way to change one value of them."""

from copy import deepcopy
from typing import Any

import yaml

from config.model import Config
from config.problems import Finding, Loc

SMALLEST = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp, port: 5060 }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp, port: 5060 }], media: { ports: 20000-20999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [192.0.2.1/32] } }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [carrier] }
  - { name: in, from: { trunk: carrier }, to: [pbx] }
"""  # noqa: E501  the text of the design, as it stands there
"""The smallest useful file."""


def data(changes: dict[Loc, Any] | None = None) -> dict[str, Any]:
    """The smallest file as plain data, with these values set; None removes one."""
    made: dict[str, Any] = yaml.safe_load(SMALLEST)
    for loc, value in (changes or {}).items():
        part: Any = made
        for step in loc[:-1]:
            part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]
        if value is None:
            del part[loc[-1]]
        elif isinstance(part, list) and loc[-1] == len(part):
            part.append(value)
        else:
            part[loc[-1]] = deepcopy(value)
    return made


def model(changes: dict[Loc, Any] | None = None) -> Config:
    return Config.model_validate(data(changes))


def told(findings: list[Finding]) -> list[tuple[Loc, str]]:
    """Where, and in which words."""
    return [(finding.loc, finding.message) for finding in findings]
