"""Kamailio as a proxy that anchors by its rtpengine module: whoever speaks NG behind it."""

from pathlib import Path

from tests.e2e.support.loopback import Address
from tests.e2e.support.processes import Running
from tests.e2e.support.sipp import is_bound
from tests.e2e.support.tools import path_of
from tests.e2e.support.waiting import eventually

_CONFIGURATION = """\
#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:@AT@
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules:/usr/lib/aarch64-linux-gnu/kamailio/modules"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "rtpengine.so"
modparam("rtpengine", "rtpengine_sock", "udp:@NG@")
modparam("rtpengine", "rtpengine_tout_ms", 2000)
modparam("rtpengine", "extra_id_pv", "$avp(extra)")
request_route {
    if (!mf_process_maxfwd_header("10")) { exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (has_totag()) {
        loose_route();
        if (is_method("BYE")) { rtpengine_delete(); }
        if (is_method("INVITE")) {
            rtpengine_offer("replace-origin replace-session-connection ICE=remove");
            t_on_reply("ANCHOR");
        }
        t_relay();
        exit;
    }
    if (is_method("INVITE")) {
        record_route();
        rtpengine_offer("replace-origin replace-session-connection ICE=remove trust-address");
        t_on_reply("ANCHOR");
        $ru = "sip:100@@CALLED@";
        t_relay();
        exit;
    }
    sl_send_reply("405", "No");
}
onreply_route[ANCHOR] {
    if (has_body("application/sdp")) {
        rtpengine_answer("replace-origin replace-session-connection ICE=remove trust-address");
    }
}
"""


class NgProxy:
    def __init__(self, at: Address, relay: Address, called: Address, directory: Path) -> None:
        directory.mkdir(parents=True)
        file = directory / "kamailio.cfg"
        text = _CONFIGURATION
        for mark, (ip, port) in (("@AT@", at), ("@NG@", relay), ("@CALLED@", called)):
            text = text.replace(mark, f"{ip}:{port}")
        file.write_text(text)
        command = [
            path_of("kamailio"), "-f", str(file), "-DD", "-E", "-m", "32", "-M", "4",
            "-Y", str(directory),
        ]  # fmt: skip
        self.running = Running(command, directory / "kamailio.log")
        eventually("Kamailio's socket", lambda: _listens(self.running.pid, at[1]), 15.0)

    def close(self) -> None:
        self.running.end()


def _listens(pid: int, port: int) -> bool:
    return is_bound(pid, port)
