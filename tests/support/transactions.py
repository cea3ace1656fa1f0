"""Messages as they come off the wire, and what a transaction layer did with them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sbc.actions import Flow, Transmit
from sbc.sip.message import Request, Response, build_request, build_response, parse
from sbc.transaction.events import Output

ALICE = Flow("access", "udp", ("192.0.2.1", 5060))
BOB = Flow("core", "udp", ("198.51.100.2", 5060))
ALICE_TCP = Flow("access", "tcp", ("192.0.2.1", 40_000))
BOB_TCP = Flow("core", "tcp", ("198.51.100.2", 5060))

Fields = Sequence[tuple[str, str]]
T = TypeVar("T")


def request(
    method: str = "INVITE",
    *,
    branch: str | None = "z9hG4bKa",
    sent_by: str = "192.0.2.1:5060",
    params: str = ";rport",
    cseq: int = 1,
    call_id: str = "call-1",
    from_tag: str = "alice",
    to_tag: str | None = None,
    fields: Fields = (),
) -> Request:
    """A request as it was received, or as a TU of ours would send it."""
    own = "" if branch is None else f";branch={branch}"
    to = "<sip:bob@example.com>" + (f";tag={to_tag}" if to_tag else "")
    built = build_request(
        method,
        "sip:bob@example.com",
        [
            ("Via", f"SIP/2.0/UDP {sent_by}{own}{params}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:alice@example.com>;tag={from_tag}"),
            ("To", to),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            *fields,
        ],
    )
    return read_request(built.encode())


def response(to: Request, status: int, tag: str = "bob", fields: Fields = ()) -> Response:
    """As the far end would answer it, off the wire."""
    return read_response(
        build_response(to, status, to_tag=None if status == 100 else tag, fields=fields).encode()
    )


def ack(invite: Request, to_tag: str = "bob", branch: str = "z9hG4bKa") -> Request:
    cseq = invite.headers.cseq.number
    return request("ACK", branch=branch, cseq=cseq, to_tag=to_tag)


def read_request(data: bytes) -> Request:
    message = parse(data)
    assert isinstance(message, Request)
    return message


def read_response(data: bytes) -> Response:
    message = parse(data)
    assert isinstance(message, Response)
    return message


def only(kind: type[T], outputs: Iterable[Output]) -> T:
    """The one output of this kind."""
    found = [output for output in outputs if isinstance(output, kind)]
    assert len(found) == 1, outputs
    return found[0]


def events(outputs: Iterable[Output]) -> list[Output]:
    return [output for output in outputs if not isinstance(output, Transmit)]


def sent(outputs: Iterable[Output]) -> list[Request | Response]:
    return [parse(output.data) for output in outputs if isinstance(output, Transmit)]


def statuses(outputs: Iterable[Output]) -> list[int]:
    return [each.status for each in sent(outputs) if isinstance(each, Response)]


def methods(outputs: Iterable[Output]) -> list[str]:
    return [each.method for each in sent(outputs) if isinstance(each, Request)]
