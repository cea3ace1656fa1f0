"""Which transaction a message belongs to (RFC 3261 §17.1.3, §17.2.3), and the way of its answer."""

from hashlib import blake2b

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from sbc.sip.via import Via
from sbc.transaction.events import Key

COOKIE = "z9hg4bk"
"""What a branch begins with when it is unique (RFC 3261 §8.1.1.7), in lower case."""
DEFAULT_PORT = 5060


def client_key(message: Request | Response, method: str) -> Key | None:
    """§17.1.3: branch and method of CSeq. The sent-by is part of it, so that a response with a Via
    that we did not write finds nothing (§18.1.2).
    """
    via = message.headers.via
    branch = via.branch
    return ("client", branch.lower(), sent_by(via), method) if branch else None


def server_key(request: Request, method: str, interface: str) -> Key:
    """§17.2.3. `method` is INVITE for an ACK, and for the INVITE that a CANCEL means.

    The interface is part of it: whatever it knows, one zone cannot touch what another began.
    """
    via = request.headers.via
    branch = (via.branch or "").lower()
    if len(branch) > len(COOKIE) and branch.startswith(COOKIE):
        return ("server", interface, branch, sent_by(via), method)
    return _rfc2543_key(request, method, interface)


def _rfc2543_key(request: Request, method: str, interface: str) -> Key:
    """Without a unique branch: Request-URI, From tag, Call-ID, CSeq number and top Via are equal.

    The To tag of an ACK is left out: an element old enough to lack a branch sends its ACK with the
    tag that it got, and the other five leave no doubt which INVITE is meant.
    """
    headers = request.headers
    number = str(headers.cseq.number)
    tag = headers.from_.tag or ""
    top = headers.get("via") or ""
    return ("server", interface, "rfc2543", method, request.uri, tag, headers.call_id, number, top)


def merge_key(request: Request, interface: str) -> Key | None:
    """What two copies of one request have in common that came by two ways (§8.2.2.2); None inside a
    dialog.
    """
    headers = request.headers
    if headers.to.tag is not None:
        return None
    cseq = headers.cseq
    return (interface, headers.from_.tag or "", headers.call_id, str(cseq.number), cseq.method)


def sent_by(via: Via) -> str:
    return f"{via.host.lower()}:{via.port or DEFAULT_PORT}"


def response_flow(via: Via, flow: Flow) -> Flow:
    """§18.2.2 and RFC 3581 §4. A `maddr` is not obeyed: it would let anyone aim our responses."""
    port = via.port or DEFAULT_PORT
    if flow.reliable or via.asks_rport or port == flow.remote[1]:
        return flow
    return Flow(flow.interface, flow.transport, (flow.remote[0], port))


def stateless_tag(key: Key) -> str:
    """The To tag of an answer that leaves no state: equal for equal requests (§8.2.7)."""
    return blake2b("\n".join(key).encode(errors="surrogateescape"), digest_size=8).hexdigest()
