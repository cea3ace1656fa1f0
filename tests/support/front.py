"""A stateless border in front of two whole borders, with a caller outside and a PBX inside, all by
UDP: what each of them sends is carried to the others."""

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.border import Border

FRONT = """\
version: 1
interfaces:
  out: { zone: near, bind: 203.0.113.10, sip: [{ transport: udp }], media: { ports: 20000-20999 } }
  in: { zone: borders, bind: 10.1.0.1, sip: [{ transport: udp }], media: { ports: 30000-30999 } }
zones:
  near: { trust: trusted }
  borders: { trust: trusted }
trunks:
  carrier: { zone: near, endpoints: [{ uri: "sip:192.0.2.1" }], identify: { sources: [192.0.2.0/24] } }
  borders:
    zone: borders
    endpoints: [{ uri: "sip:10.1.0.11" }, { uri: "sip:10.1.0.12" }]
    identify: { sources: [10.1.0.11/32, 10.1.0.12/32] }
routes:
  - { name: in, from: { trunk: carrier }, to: [borders], mode: stateless }
  - { name: out, from: { trunk: borders }, to: [carrier], mode: stateless }
"""  # noqa: E501  (one line a thing, as in the documentation)
BEHIND = """\
version: 1
interfaces:
  wan: { zone: outside, bind: HERE, sip: [{ transport: udp }], media: { ports: 20000-20999 } }
  lan: { zone: inside, bind: 10.20.0.5, sip: [{ transport: udp }], media: { ports: 30000-30999 } }
zones:
  outside: { trust: untrusted }
  inside: { trust: trusted }
trunks:
  front: { zone: outside, endpoints: [{ uri: "sip:10.1.0.1" }], identify: { sources: [10.1.0.1/32] } }
  pbx: { zone: inside, endpoints: [{ uri: "sip:10.20.0.11" }], identify: { sources: [10.20.0.11/32] } }
routes:
  - { name: out, from: { trunk: pbx }, to: [front] }
  - { name: in, from: { trunk: front }, to: [pbx] }
"""  # noqa: E501
CALLER = Flow("out", "udp", ("192.0.2.1", 5060))
PBX = Flow("lan", "udp", ("10.20.0.11", 5060))
HOSTS = ("10.1.0.11", "10.1.0.12")


class Front:
    def __init__(self) -> None:
        self.front = Border(FRONT)
        self.behind = {host: Border(BEHIND.replace("HERE", host)) for host in HOSTS}

    def carry(self) -> None:
        """Between front and borders, until nothing is on its way there."""
        moved = True
        while moved:
            moved = False
            for host, border in self.behind.items():
                to_front = Flow("wan", "udp", ("10.1.0.1", 5060))
                for message in border.take(to_front):
                    self.front.receive(message, Flow("in", "udp", (host, 5060)))
                    moved = True
                for message in self.front.take(Flow("in", "udp", (host, 5060))):
                    border.receive(message, to_front)
                    moved = True

    def calls(self, message: bytes) -> None:
        """Of the caller."""
        self.front.receive(message, CALLER)
        self.carry()

    def heard(self) -> list[Request | Response]:
        """By the caller; of provisional answers only those that tell something."""
        self.carry()
        heard = self.front.take(CALLER)
        return [m for m in heard if isinstance(m, Request) or m.status != 100]

    def at_pbx(self) -> list[tuple[str, Request | Response]]:
        """What the PBX got, and from which border."""
        self.carry()
        return [(host, m) for host, border in self.behind.items() for m in border.take(PBX)]

    def pbx_says(self, host: str, message: bytes) -> None:
        self.behind[host].receive(message, PBX)
        self.carry()

    def over(self) -> bool:
        return all(each.over() for each in (self.front, *self.behind.values()))
