"""Messages of test peers, written as text and not by our own builder."""

from sbc.sip.message import Request, Response

OFFER = (
    "v=0\r\no=alice 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
)
ANSWER = (
    "v=0\r\no=bob 7 7 IN IP4 10.20.0.11\r\ns=-\r\nc=IN IP4 10.20.0.11\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)

METHODS = "INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, INFO, REFER, NOTIFY, MESSAGE, OPTIONS"


def text(start: str, fields: list[str], body: str = "", kind: str = "application/sdp") -> bytes:
    if body:
        fields = [*fields, f"Content-Type: {kind}"]
    lines = [start, *fields, f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def invite(
    *extra: str,
    body: str = OFFER,
    number: str = "100",
    call_id: str = "abc@192.0.2.1",
    branch: str = "z9hG4bKfirst",
    tag: str = "alice-tag",
) -> bytes:
    """An INVITE of the outside caller to `number`."""
    return text(
        f"INVITE sip:{number}@203.0.113.10 SIP/2.0",
        [
            f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch={branch};rport",
            f'From: "Alice" <sip:200@192.0.2.1>;tag={tag}',
            f"To: <sip:{number}@203.0.113.10>",
            f"Call-ID: {call_id}",
            "CSeq: 1 INVITE",
            "Contact: <sip:200@192.0.2.1:5060>",
            "Max-Forwards: 70",
            f"Allow: {METHODS}",
            *extra,
        ],
        body,
    )


def answer(
    request: Request,
    status: int,
    *extra: str,
    tag: str = "bob-tag",
    body: str = "",
    contact: str = "<sip:bob@10.20.0.11:5060>",
    reason: str = "Whatever",
    allow: str | None = None,
) -> bytes:
    """A response of a peer to `request`, copied as RFC 3261 §8.2.6 says."""
    headers = request.headers
    to = headers.get("to") or ""
    fields = [f"Via: {via}" for via in headers.all("via")]
    fields += [
        f"From: {headers.get('from')}",
        f"To: {to}" if "tag=" in to or not tag else f"To: {to};tag={tag}",
        f"Call-ID: {headers.call_id}",
        f"CSeq: {headers.get('cseq')}",
        f"Contact: {contact}",
        *([f"Allow: {METHODS if allow is None else allow}"] if allow != "" else []),
        *extra,
    ]
    return text(f"SIP/2.0 {status} {reason}", fields, body)


def within(
    method: str,
    response_or_request: Response | Request,
    cseq: int,
    *extra: str,
    ours_is_from: bool,
    host: str,
    body: str = "",
    kind: str = "application/sdp",
    branch: str | None = None,
) -> bytes:
    """A request of a peer within the dialog which that message belongs to.

    `ours_is_from`: the peer sent the message's From (it is the caller of that dialog).
    """
    headers = response_or_request.headers
    local, remote = headers.get("from"), headers.get("to")
    if not ours_is_from:
        local, remote = remote, local
    target = headers.contacts[0].uri if headers.contacts else "sip:border@203.0.113.10"
    return text(
        f"{method} {target} SIP/2.0",
        [
            f"Via: SIP/2.0/UDP {host}:5060;branch={branch or f'z9hG4bK{method}{cseq}{host}'};rport",
            f"From: {local}",
            f"To: {remote}",
            f"Call-ID: {headers.call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:peer@{host}:5060>",
            "Max-Forwards: 70",
            *extra,
        ],
        body,
        kind,
    )
