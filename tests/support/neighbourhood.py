"""Where the simulated world is: the border's three zones, each one wire, and the phones on them."""

from tests.support.scripts import Script

QUARANTINE = 32.0

BORDER = {"outside": "203.0.113.10", "inside": "10.20.0.5", "annex": "10.30.0.5"}
"""Our address in each zone."""
INTERFACES = {"outside": "wan", "inside": "lan", "annex": "dmz"}
ZONES = {interface: zone for zone, interface in INTERFACES.items()}
PORTS = {"outside": (20000, 20099), "inside": (30000, 30099), "annex": (40000, 40099)}
FEW_PORTS = {"outside": (20000, 20003), "inside": (30000, 30003), "annex": (40000, 40003)}
SECRETS = {zone: f"secret-of-the-{zone}" for zone in BORDER}
NAT = "192.0.2.1"
PHONES = {
    "alice": ("outside", "192.168.1.7"),
    "carol": ("outside", "192.0.2.20"),
    "bob": ("inside", "10.20.0.11"),
    "ben": ("annex", "10.30.0.12"),
}
"""Alice calls from behind a NAT; Carol is called outside; Bob inside, and where he fails, Ben."""
BEHIND_NAT = ("alice",)

CONFIG = """\
version: 1
interfaces:
  wan: { zone: outside, bind: 203.0.113.10, sip: [{ transport: udp }], media: { ports: WAN } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp }, { transport: tcp }], media: { ports: LAN } }
  dmz: { zone: annex, bind: 10.30.0.5, sip: [{ transport: udp }], media: { ports: DMZ } }
zones:
  outside: { trust: untrusted, media: patient }
  inside: { trust: trusted, media: patient }
  annex: { trust: trusted, media: patient }
media_profiles:
  patient: { rtp_timeout: { initial: 10s, subsequent: 15s } }
trunks:
  carrier: { zone: outside, endpoints: [{ uri: "sip:192.0.2.20" }], identify: { sources: [192.0.2.0/24] }, limits: { max_duration: 40s, ring: 20s }, refer: relay }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11;transport=TCP_OR_UDP" }], identify: { sources: [10.20.0.11/32] }, offerless: OFFERLESS }
  spare: { zone: annex, endpoints: [{ uri: "sip:10.30.0.12" }], identify: { sources: [10.30.0.12/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [carrier] }
  - { name: in, from: { trunk: carrier }, to: [pbx, spare] }
"""  # noqa: E501  (one line a thing, as in the documentation)


def config_text(script: Script, text: str = CONFIG) -> str:
    ports = FEW_PORTS if script.few_ports else PORTS
    filled = {INTERFACES[zone].upper(): f"{low}-{high}" for zone, (low, high) in ports.items()}
    filled["OFFERLESS"] = "insert" if script.inserts else "relay"
    filled["TCP_OR_UDP"] = "tcp" if script.tcp else "udp"
    for word, value in filled.items():
        text = text.replace(word, value)
    return text
