"""Kamailio as a registrar: of the trusted core, where it believes everybody, or of a provider, who
challenges all that comes from the border."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.support.border import Wrap
from tests.e2e.support.loopback import Address, at
from tests.e2e.support.processes import Running
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
loadmodule "ctl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("ctl", "binrpc", "unix:@CONTROL@")
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 7200)
"""
_CORE = """\
request_route {
    if (!mf_process_maxfwd_header("10")) { exit; }
    if (is_method("REGISTER")) { save("location"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (has_totag()) {
        if (!loose_route()) { lookup("location"); }
        t_relay();
        exit;
    }
    if (is_method("INVITE")) {
        record_route();
        if (!lookup("location")) { sl_send_reply("404", "Not here"); exit; }
        t_relay();
        exit;
    }
    sl_send_reply("405", "No");
}
"""
_PROVIDER = """\
loadmodule "auth.so"
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
request_route {
    if (!mf_process_maxfwd_header("10")) { exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (has_totag()) { loose_route(); t_relay(); exit; }
    if (is_method("REGISTER")) {
        if (!pv_www_authenticate("@REALM@", "@PASSWORD@", "0")) {
            www_challenge("@REALM@", "1");
            exit;
        }
        save("location");
        exit;
    }
    record_route();
    if (src_ip == @BORDER@) {
        if (!pv_proxy_authenticate("@REALM@", "@PASSWORD@", "0")) {
            proxy_challenge("@REALM@", "1");
            exit;
        }
        consume_credentials();
        $du = "sip:@CALLEE@";
    } else if (!lookup("location")) {
        sl_send_reply("404", "Not here");
        exit;
    }
    t_relay();
}
"""
_WITH_PATH = """\
loadmodule "auth.so"
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("registrar", "use_path", 1)
modparam("registrar", "path_mode", 2)
request_route {
    if (!mf_process_maxfwd_header("10")) { exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (is_method("REGISTER")) {
        @PROOF@
        save("location");
        exit;
    }
    if (has_totag()) {
        if (!loose_route()) { lookup("location"); }
        t_relay();
        exit;
    }
    if (is_method("INVITE")) {
        record_route();
        if (!lookup("location")) { sl_send_reply("404", "Not here"); exit; }
        t_relay();
        exit;
    }
    sl_send_reply("405", "No");
}
"""
_PROOF = """
        if (!pv_www_authenticate("$td", "@PASSWORD@", "0")) { www_challenge("$td", "1"); exit; }
"""
_PRESENCE = """\
loadmodule "db_text.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
modparam("presence", "db_url", "text://@TABLES@")
modparam("presence_xml", "db_url", "text://@TABLES@")
modparam("presence", "server_address", "sip:@AT@")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 0)
modparam("presence", "min_expires", 30)
modparam("presence", "min_expires_action", 1)
modparam("presence_xml", "force_active", 1)
request_route {
    if (!mf_process_maxfwd_header("10")) { exit; }
    if (is_method("PUBLISH")) { if (t_newtran()) { handle_publish(); t_release(); } exit; }
    if (is_method("SUBSCRIBE")) {
        if (t_newtran()) { handle_subscribe(); t_release(); }
        exit;
    }
    sl_send_reply("405", "No");
}
"""
_TABLES = Path("/usr/share/kamailio/dbtext/kamailio")


def presence_installed() -> bool:
    modules = Path("/usr/lib").glob("*/kamailio/modules/presence_xml.so")
    return _TABLES.is_dir() and any(modules)


@dataclass(frozen=True, slots=True)
class Provider:
    """Who challenges the border, and gives its calls to a callee."""

    border: str
    callee: Address
    realm: str
    password: str

    def routes(self) -> str:
        text = _PROVIDER.replace("@REALM@", self.realm).replace("@PASSWORD@", self.password)
        return text.replace("@BORDER@", self.border).replace("@CALLEE@", at(self.callee))


@dataclass(frozen=True, slots=True)
class WithPath:
    """A registrar that calls phones along their Path (RFC 3327)."""

    password: str | None = None
    """Of everybody. None: it believes the border."""

    def routes(self) -> str:
        proof = "" if self.password is None else _PROOF.replace("@PASSWORD@", self.password)
        return _WITH_PATH.replace("@PROOF@", proof)


class Kamailio:
    def __init__(
        self,
        where: Address,
        directory: Path,
        wrap: Wrap = list,
        provider: Provider | WithPath | None = None,
        *,
        presence: bool = False,
    ) -> None:
        """`presence`: it keeps who is there, and tells who asks (RFC 3856, RFC 3903)."""
        directory.mkdir(parents=True)
        self._control = directory / "ctl.sock"
        file = directory / "kamailio.cfg"
        text = _CONFIGURATION.replace("@AT@", at(where))
        if presence:
            shutil.copytree(_TABLES, directory / "tables")
            text += _PRESENCE.replace("@TABLES@", str(directory / "tables"))
            text = text.replace("@AT@", at(where))
        else:
            text += _CORE if provider is None else provider.routes()
        file.write_text(text.replace("@CONTROL@", str(self._control)))
        self._directory = directory
        command = [
            path_of("kamailio"), "-f", str(file), "-DD", "-E", "-m", "32", "-M", "4",
            "-Y", str(directory),
        ]  # fmt: skip
        self.running = Running(wrap(command), directory / "kamailio.log")
        eventually("Kamailio's control socket", self._control.exists, 15.0)

    def registered(self) -> str:
        """Its table of contacts, as text."""
        kamcmd = Running(
            [path_of("kamcmd"), "-s", f"unix:{self._control}", "ul.dump"],
            self._directory / f"kamcmd-{len(list(self._directory.iterdir()))}.log",
        )
        kamcmd.wait(5.0)
        return kamcmd.said

    def close(self) -> None:
        self.running.end()
