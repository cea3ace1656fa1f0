"""DSCP on the wire (M8): SIP over UDP and TCP has the mark of its interface, RTP that of its media,
and an interface without marks has none."""

from contextlib import ExitStack
from pathlib import Path

from tests.e2e.conftest import StartBorder
from tests.e2e.support.calls import begin
from tests.e2e.support.captures import Capture
from tests.e2e.support.configs import two_zones
from tests.e2e.support.namespaces import Network
from tests.e2e.support.phone import Phone
from tests.e2e.support.tools import ROOT, require

CALLER, WAN = "192.0.2.7", "192.0.2.1"
LAN, CALLEE = "10.20.0.5", "10.20.0.11"
EF, CS3 = 46, 24


def test_what_leaves_the_border_is_marked(
    network: Network, start_border: StartBorder, tmp_path: Path, ending: ExitStack
) -> None:
    require(ROOT, "ip", "tcpdump")
    for name in ("caller", "border", "callee"):
        network.host(name)
    _, outside = network.link("caller", f"{CALLER}/24", "border", f"{WAN}/24")
    _, inside = network.link("callee", f"{CALLEE}/24", "border", f"{LAN}/24")
    config = two_zones((WAN, 5060), (LAN, 5060), f"{CALLER}:5060", f"{CALLEE}:5060")
    config["interfaces"]["wan"]["dscp"] = "cs3"
    config["interfaces"]["wan"]["media"]["dscp"] = "ef"
    config["trunks"]["carrier"]["endpoints"] = [{"uri": f"sip:{CALLER}:5070;transport=tcp"}]
    start_border(config, network.wrap("border"))
    phones = []
    for host, ip in (("caller", CALLER), ("callee", CALLEE)):
        with network.inside(host):
            phones.append(Phone(ip))
        ending.callback(phones[-1].close)
    wan = Capture(network, "border", outside, WAN, tmp_path / "wan.pcap")
    lan = Capture(network, "border", inside, LAN, tmp_path / "lan.pcap")
    for each in (wan, lan):
        ending.callback(each.close)
    call = begin(phones[0], phones[1], (WAN, 5060))
    call.talk(0.5)
    call.caller.hang_up(call.a)
    # A call the other way knocks at a TCP port where nobody listens: a SYN is enough.
    phones[1].invite((LAN, 5060), "200")
    found = wan.marks()
    assert found["udp", "sip"] == found["tcp", "sip"] == {CS3}
    assert found["udp", "media"] == {EF}
    assert set().union(*lan.marks().values()) == {0}
