"""The border with a provider that knows it by an account, played by Kamailio: it registers and
stays registered (A3), answers challenges (A2), is called through its registration, and takes its
leave."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.border import Border, Json
from tests.e2e.support.configs import two_zones, with_metrics
from tests.e2e.support.kamailio import Kamailio, Provider
from tests.e2e.support.loopback import Address, Loopback, at, free_port
from tests.e2e.support.sipp import Sipp, listening
from tests.e2e.support.tools import require
from tests.e2e.support.waiting import eventually

REALM, PASSWORD = "provider.example", "an account's password"


class World:
    def __init__(
        self,
        lo: Loopback,
        directory: Path,
        ending: ExitStack,
        start_border: StartBorder,
        *,
        realm: str = REALM,
    ) -> None:
        self._directory, self._ending = directory, ending
        self.pbx = lo.callee, free_port(lo.callee)
        self.lan = lo.lan, free_port(lo.lan)
        self.subscriber = lo.stranger, free_port(lo.stranger)
        """Of the provider, outside."""
        self.provider = lo.caller, free_port(lo.caller)
        wan = lo.wan, free_port(lo.wan)
        challenging = Provider(lo.wan, self.subscriber, REALM, PASSWORD)
        self.kamailio = Kamailio(self.provider, directory / "kamailio", provider=challenging)
        ending.callback(self.kamailio.close)
        config = two_zones(wan, self.lan, at(self.provider), at(self.pbx))
        config["trunks"]["carrier"] |= {
            "domain": REALM,
            "auth": {"user": "acct01", "password": f"${{FILE:{_secret(directory)}}}"}
            | {"realm": realm},
            "register": {"expires": "60s"},
        }
        self.border: Border = start_border(with_metrics(config, lo.wan))

    def called(self, where: Address) -> Sipp:
        own = self._directory / "called"
        own.mkdir()
        end = Sipp("routed", own, where)
        self._ending.callback(end.running.end)
        return listening(end)

    def calls(self, here: Address, number: str, there: Address) -> Sipp:
        end = Sipp("routed", self._directory, here, there, number=number, media_port=6200)
        self._ending.callback(end.running.end)
        return end.finish()

    def registration(self) -> Json:
        (found,) = (each for each in self.border.client.trunks() if each["trunk"] == "carrier")
        shown = found["registration"]
        assert isinstance(shown, dict)
        return shown


def _secret(directory: Path) -> Path:
    file = directory / "secret"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    return file


@pytest.fixture
def world(lo: Loopback, tmp_path: Path, ending: ExitStack, start_border: StartBorder) -> World:
    require("sipp", "kamailio", "kamcmd")
    return World(lo, tmp_path, ending, start_border)


def test_it_registers_calls_and_is_called_and_takes_its_leave(world: World) -> None:
    eventually("the registration", lambda: "acct01" in world.kamailio.registered(), look=0.2)
    shown = world.registration()
    assert shown["state"] == "registered"
    assert 0 < shown["expires_in"] <= 60

    callee = world.called(world.subscriber)
    world.calls(world.pbx, "+493012345", world.lan)
    callee.finish()
    (invite,) = callee.got("INVITE")
    assert invite.first_line.startswith("INVITE sip:+493012345@")
    assert not invite.has("Proxy-Authorization")

    assert world.border.metrics().events("challenge_answered", method="INVITE") == 1
    assert world.border.stop() == 0
    eventually("the end of the registration", lambda: "acct01" not in world.kamailio.registered())


def test_a_call_to_the_account_comes_through_its_registration(world: World) -> None:
    eventually("the registration", lambda: "acct01" in world.kamailio.registered(), look=0.2)
    callee = world.called(world.pbx)
    world.calls(world.subscriber, "acct01", world.provider)
    callee.finish()
    (invite,) = callee.got("INVITE")
    assert invite.first_line.startswith(f"INVITE sip:acct01@{world.pbx[0]}")
    assert REALM not in invite.text


def test_another_realm_is_never_answered(
    lo: Loopback, tmp_path: Path, ending: ExitStack, start_border: StartBorder
) -> None:
    require("sipp", "kamailio", "kamcmd")
    world = World(lo, tmp_path, ending, start_border, realm="other.example")
    refused = eventually(
        "the refusal", lambda: world.border.metrics().events("challenge_refused"), look=0.2
    )
    assert refused >= 1
    assert "acct01" not in world.kamailio.registered()
    assert world.registration()["state"] != "registered"
