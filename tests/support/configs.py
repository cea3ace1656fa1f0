"""Configurations for tests, as an operator would write them."""

from config.loader import loads
from config.model import Config

TWO_ZONES = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp, port: 5060 }, { transport: tcp, port: 5060 }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp, port: 5060 }, { transport: tcp, port: 5060 }], media: { ports: 30000-30999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [192.0.2.0/24] }, refer: relay }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [carrier] }
  - { name: in, from: { trunk: carrier }, to: [pbx] }
"""  # noqa: E501  (one line a thing, as in the documentation)

UDP_ONLY = TWO_ZONES.replace(", { transport: tcp, port: 5060 }", "")
"""There large requests go over UDP too."""


def config(text: str = TWO_ZONES) -> Config:
    return loads(text, "test.yaml")
