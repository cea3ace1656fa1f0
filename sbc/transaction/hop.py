"""The two requests that a transaction itself makes: ACK for a failure (RFC 3261 §17.1.1.3), CANCEL
(§9.1). Both go one hop, on the INVITE's own branch.
"""

from collections.abc import Sequence

from sbc.sip.message import Request, Response, build_request


def ack_of(invite: Request, response: Response) -> Request:
    """Everything from the INVITE, but the To with its tag from the response."""
    to = (response.headers.get("to") or "").replace("\0", " ")  # one may hide in a quoted pair
    return _derived("ACK", invite, to, ())


def cancel_of(invite: Request, fields: Sequence[tuple[str, str]]) -> Request:
    """`fields`: such as Reason (RFC 3326)."""
    return _derived("CANCEL", invite, invite.headers.get("to") or "", fields)


def _derived(method: str, invite: Request, to: str, fields: Sequence[tuple[str, str]]) -> Request:
    headers = invite.headers
    return build_request(
        method,
        invite.uri,
        [
            ("Via", headers.get("via") or ""),
            ("Max-Forwards", headers.get("max-forwards") or "70"),
            ("From", headers.get("from") or ""),
            ("To", to),
            ("Call-ID", headers.call_id),
            ("CSeq", f"{headers.cseq.number} {method}"),
            *(("Route", route) for route in headers.all("route")),
            *fields,
        ],
    )
