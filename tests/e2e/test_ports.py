"""M1 with real sockets: as many calls as there are ports, then 503 before the called side hears of
it, and ports that come back after their quarantine."""

import time

from tests.e2e.conftest import StartBorder
from tests.e2e.support.calls import begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually

QUARANTINE = 2.0


def test_exhausted_ports_refuse_a_call_before_the_other_side_hears_of_it(
    start_border: StartBorder, lo: Loopback, caller: Phone, callee: Phone
) -> None:
    config = on_loopback(lo)
    for interface in config["interfaces"].values():
        interface["media"] = {"ports": "20000-20003", "quarantine": f"{QUARANTINE:g}s"}
    border = start_border(config)
    wan = (lo.wan, 5060)

    calls = [begin(caller, callee, wan) for _ in range(2)]
    ports = {call.a.far_media[1] for call in calls}
    assert ports == {20000, 20002}, "even, in the range, and each once"

    refusal = caller.invite(wan)
    assert refusal.status == 503
    assert refusal.field("Retry-After").isdigit()
    assert refusal.field("Warning").startswith("3")
    assert len(callee.requests("INVITE")) == 2, "the third one never reached the called side"
    assert border.metrics().sum("sbc_relay_ports", interface="wan", state="free") == 0
    mark = calls[0].settle()
    calls[0].talk(0.3)
    assert calls[0].lost(mark) == ([], [])

    # Freed ports rest before another call gets them.
    freed = time.monotonic()
    caller.hang_up(calls[0].a)
    eventually("the end of the call", lambda: len(border.records()) == 2)
    assert border.metrics().sum("sbc_relay_ports", interface="wan", state="quarantined") == 1
    assert caller.invite(wan).status == 503
    final = eventually("a call with ports again", lambda: answered(caller, wan), 5, look=0.2)
    assert time.monotonic() - freed >= QUARANTINE
    assert final


def answered(caller: Phone, border: tuple[str, int]) -> bool:
    return caller.invite(border).status == 200
