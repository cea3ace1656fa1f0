"""Voice quality reports on real sockets (Q7, RFC 6035): a phone's is in the record of its call, and
our own reach the collector."""

import socket
from secrets import token_hex

from tests.e2e.conftest import StartBorder
from tests.e2e.support.calls import begin
from tests.e2e.support.configs import on_loopback
from tests.e2e.support.loopback import Address, Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually

BODY = (
    "VQSessionReport: CallTerm\r\nCallID: {call_id}\r\nLocalMetrics:\r\n"
    "SessionDesc: PT=8 PD=PCMA SR=8000\r\nPacketLoss: NLR=1.5 JDR=0.5\r\n"
    "QualityEst: MOSLQ=4.2 MOSCQ=4.1\r\n"
)


def publish(ip: str, call_id: str, to: Address) -> bytes:
    """From another port of the phone; the first line of the answer."""
    body = BODY.format(call_id=call_id)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((ip, 0))
        udp.settimeout(5.0)
        port = udp.getsockname()[1]
        head = (
            f"PUBLISH sip:quality@{to[0]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {ip}:{port};branch=z9hG4bK{token_hex(6)};rport\r\n"
            f"From: <sip:phone@{ip}>;tag=1\r\nTo: <sip:phone@{ip}>\r\nCall-ID: {token_hex(6)}\r\n"
            "CSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\nEvent: vq-rtcpxr\r\n"
            f"Content-Type: application/vq-rtcpxr\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        udp.sendto((head + body).encode(), to)
        return udp.recv(4096).partition(b"\r\n")[0]


def test_reports_come_in_and_go_out(
    start_border: StartBorder, caller: Phone, callee: Phone, lo: Loopback
) -> None:
    config = on_loopback(lo)
    config["trunks"]["carrier"]["quality_reports"] = "take"
    config["monitoring"]["quality"] = {"collector": {"trunk": "pbx"}}
    border = start_border(config)
    call = begin(caller, callee, (lo.wan, 5060))
    call.talk(1.0)
    caller.hang_up(call.a)
    assert publish(lo.caller, call.a.call_id, (lo.wan, 5060)) == b"SIP/2.0 200 OK"
    record = border.record(2.0)
    (report,) = record["reports"]
    assert (report["leg"], report["kind"]) == ("a", "session")
    assert report["local"] == {
        "codec": "PCMA",
        "rate": 8000.0,
        "loss_percent": 1.5,
        "discard_percent": 0.5,
        "mos_lq": 4.2,
        "mos_cq": 4.1,
    }
    eventually("both of our own reports", lambda: len(callee.requests("PUBLISH")) >= 2)
    told = {each.field("CallID"): each.whole for each in callee.requests("PUBLISH")}
    assert set(told) == {call.a.call_id, call.b.call_id}
    assert "PD=PCMA" in told[call.a.call_id]
    assert "NLR=0" in told[call.a.call_id]
    status, shown, _ = border.command("call", str(record["uid"]))
    assert status == 0
    assert "caller, session, local: codec PCMA, rate 8000, loss_percent 1.5" in shown
