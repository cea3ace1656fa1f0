"""A trunk by name: a DNS server of the test tells its servers, of which the first is dead (S15)."""

import socket
import threading
from contextlib import ExitStack

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from tests.e2e.conftest import StartBorder
from tests.e2e.support.calls import begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Address, Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually


class NameServer:
    """Answers by UDP, in a thread, from what it is told; all else is not there."""

    def __init__(self, at: Address, records: dict[tuple[str, str], list[str]]) -> None:
        self.asked: list[str] = []
        self._records = records
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(at)
        self._socket.settimeout(0.1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                data, source = self._socket.recvfrom(4096)
            except OSError:
                continue
            self._socket.sendto(self._answered(dns.message.from_wire(data)), source)

    def _answered(self, query: dns.message.Message) -> bytes:
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{kind} {name}")
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        texts = self._records.get((name, kind))
        if texts:
            response.answer.append(dns.rrset.from_text(question.name, 30, "IN", kind, *texts))
        return bytes(response.to_wire())


@pytest.fixture
def names(ending: ExitStack, lo: Loopback) -> NameServer:
    server = NameServer(
        (lo.stranger, 5353),
        {
            ("pbx.test", "NAPTR"): ['10 10 "s" "SIP+D2U" "" _sip._udp.pbx.test.'],
            ("_sip._udp.pbx.test", "SRV"): ["1 0 5099 dead.test.", "2 0 5060 alive.test."],
            ("dead.test", "A"): [lo.callee],
            ("alive.test", "A"): [lo.callee],
        },
    )
    ending.callback(server.close)
    return server


def test_a_call_finds_the_server_that_is_alive(
    start_border: StartBorder, lo: Loopback, names: NameServer, caller: Phone, callee: Phone
) -> None:
    config = on_loopback(lo)
    config["dns"] = {"servers": [f"{lo.stranger}:5353"]}
    config["trunks"]["pbx"]["endpoints"] = [{"uri": "sip:pbx.test"}]
    config["routes"][0]["failover"] = {"no_answer_after": "1s"}
    border = start_border(config)
    eventually("the names are looked up", lambda: "A alive.test" in names.asked)
    assert names.asked[:2] == ["NAPTR pbx.test", "SRV _sip._udp.pbx.test"]
    conversation = begin(caller, callee, (lo.wan, 5060))
    conversation.settle()
    caller.hang_up(conversation.a)
    record = border.record()
    assert [each["status"] for each in record["attempts"]] == [408, 200]
    # The next call goes to the living one at once.
    again = begin(caller, callee, (lo.wan, 5060))
    caller.hang_up(again.a)
    eventually("the second record", lambda: len(border.records()) == 2)
    second = border.records()[1]
    assert [each["status"] for each in second["attempts"]] == [200]
