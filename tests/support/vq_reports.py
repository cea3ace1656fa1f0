"""PUBLISH requests with voice quality reports, as phones send them (RFC 6035)."""

from itertools import count

from sbc.actions import Flow
from tests.support.messages import text

_NUMBERS = count(1)


def report(call_id: str, *lines: str, kind: str = "VQSessionReport: CallTerm") -> str:
    said = lines or ("PacketLoss: NLR=5.0 JDR=2.0", "QualityEst: MOSLQ=4.1")
    return "".join(f"{line}\r\n" for line in (kind, f"CallID: {call_id}", "LocalMetrics:", *said))


def publish(
    body: str,
    flow: Flow,
    *,
    event: str = "vq-rtcpxr",
    kind: str = "application/vq-rtcpxr",
    user: str = "200",
) -> bytes:
    ip, port = flow.remote
    number = next(_NUMBERS)
    return text(
        "PUBLISH sip:collector@example.com SIP/2.0",
        [
            f"Via: SIP/2.0/UDP {ip}:{port};branch=z9hG4bKvq{number};rport",
            f"From: <sip:{user}@{ip}>;tag=p{number}",
            f"To: <sip:{user}@{ip}>",
            f"Call-ID: publish-{number}@{ip}",
            "CSeq: 1 PUBLISH",
            "Max-Forwards: 70",
            f"Event: {event}",
        ],
        body,
        kind,
    )
