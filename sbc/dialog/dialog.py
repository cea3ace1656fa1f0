"""A dialog: what two user agents share of a call (RFC 3261 §12).

Found by `id`: Call-ID and both tags. Its state changes in place: a dialog lives as long as its call
and is touched by each message.
"""

from collections.abc import Sequence
from dataclasses import replace

from sbc.actions import Flow
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_request
from sbc.sip.uri import Uri

DialogId = tuple[str, str, str]
"""Call-ID, local tag, remote tag."""

TARGET_REFRESH = frozenset(("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"))
"""Requests that carry a Contact and may move the remote target (RFC 3261 §12.2, RFC 6665)."""


class Dialog:
    __slots__ = (
        "_request_uri",
        "_routes",
        "call_id",
        "contact",
        "early",
        "flow",
        "local_cseq",
        "local_tag",
        "local_uri",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "remote_uri",
        "route_set",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local_tag: str,
        remote_tag: str,
        local_uri: str,
        remote_uri: str,
        remote_target: str,
        route_set: tuple[str, ...],
        local_cseq: int,
        remote_cseq: int | None,
        early: bool,
        flow: Flow,
        contact: str,
    ) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = remote_tag
        """Empty for a peer of RFC 2543, which need not have one."""
        self.local_uri = local_uri
        """As it stands in From or To, without the tag."""
        self.remote_uri = remote_uri
        self.local_cseq = local_cseq
        """Of the last request that we sent in the dialog; 0 before the first."""
        self.remote_cseq = remote_cseq
        self.early = early
        self.flow = flow
        self.contact = contact
        """The value of our Contact."""
        self._route(remote_target, route_set)

    @staticmethod
    def from_invite(request: Request, local_tag: str, contact: str, flow: Flow) -> "Dialog":
        """The callee's side (§12.1.1); early until the TU has sent the 2xx and says so.

        Raises `BadMessage` when there is no way back to the caller.
        """
        headers = request.headers
        target = _target(request)
        if target is None:
            raise BadMessage(400, "Missing Contact")
        return Dialog(
            call_id=headers.call_id,
            local_tag=local_tag,
            remote_tag=headers.from_.tag or "",
            local_uri=_without_tag(headers.to),
            remote_uri=_without_tag(headers.from_),
            remote_target=target,
            route_set=tuple(_clean(route) for route in headers.record_route),
            local_cseq=0,
            remote_cseq=headers.cseq.number,
            early=True,
            flow=flow,
            contact=contact,
        )

    @staticmethod
    def from_response(request: Request, response: Response, flow: Flow) -> "Dialog":
        """The caller's side (§12.1.2), from a 101-299 with a To tag; early unless it is a 2xx.

        Raises `BadMessage` when the response is no base for a dialog.
        """
        ours, theirs = request.headers, response.headers
        return Dialog(
            call_id=ours.call_id,
            local_tag=ours.from_.tag or "",
            remote_tag=theirs.to.tag or "",
            local_uri=_without_tag(ours.from_),
            remote_uri=_without_tag(theirs.to),
            remote_target=_target(response) or request.uri,
            route_set=_reversed_routes(response),
            local_cseq=ours.cseq.number,
            remote_cseq=None,
            early=response.status < 200,
            flow=flow,
            contact=ours.get("contact") or "",
        )

    @property
    def id(self) -> DialogId:
        return (self.call_id, self.local_tag, self.remote_tag)

    def confirm(self, response: Response) -> None:
        """The 2xx to our INVITE: its route set replaces that of the 1xx (§13.2.2.4)."""
        self._route(_target(response) or self.remote_target, _reversed_routes(response))
        self.early = False

    def refresh_target(self, message: Request | Response) -> bool:
        """Take the Contact of a re-INVITE, an UPDATE, or their 2xx (§12.2). True if it moved."""
        target = _target(message)
        if target is None or target == self.remote_target:
            return False
        self._route(target, self.route_set)
        return True

    def accepts(self, request: Request) -> BadMessage | None:
        """Is it in order (§12.2.2)? Records its CSeq; returns the refusal if it came too late."""
        cseq = request.headers.cseq
        if cseq.method in {"ACK", "CANCEL"}:
            return None  # they have the number of the INVITE that they belong to
        # Equal is refused too: a second request of that number is an old one come again.
        if self.remote_cseq is not None and cseq.number <= self.remote_cseq:
            return BadMessage(500, "CSeq out of order")
        self.remote_cseq = cseq.number
        return None

    def request(
        self,
        method: str,
        via: str,
        fields: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
        max_forwards: int = 70,
    ) -> Request:
        """The next request in the dialog (§12.2.1.1)."""
        self.local_cseq += 1
        lines = self._lines(method, self.local_cseq, via, max_forwards)
        if method in TARGET_REFRESH:
            lines.append(("Contact", self.contact))
        lines += fields
        return build_request(method, self._request_uri, lines, body, content_type)

    def ack(
        self,
        cseq: int,
        via: str,
        body: bytes = b"",
        content_type: str | None = None,
        fields: Sequence[tuple[str, str]] = (),
    ) -> Request:
        """The ACK for a 2xx (§13.2.2.4). `cseq`: the number of the INVITE."""
        lines = self._lines("ACK", cseq, via, 70)
        lines += fields
        return build_request("ACK", self._request_uri, lines, body, content_type)

    def _lines(self, method: str, cseq: int, via: str, max_forwards: int) -> list[tuple[str, str]]:
        to = f"{self.remote_uri};tag={self.remote_tag}" if self.remote_tag else self.remote_uri
        return [
            ("Via", via),
            ("Max-Forwards", str(max_forwards)),
            ("From", f"{self.local_uri};tag={self.local_tag}"),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
            *self._routes,
        ]

    def _route(self, target: str, route_set: tuple[str, ...]) -> None:
        """Where requests go: Request-URI and Route lines (§12.2.1.1), worked out once."""
        uri, routes = target, route_set
        if routes:
            first = NameAddr.parse(routes[0]).uri
            if Uri.parse(first).param("lr") is None:  # a strict router of RFC 2543
                uri, routes = _as_request_uri(first), (*routes[1:], f"<{target}>")
        self.remote_target = target
        self.route_set = route_set
        self._request_uri = uri
        self._routes = [("Route", route) for route in routes]


def recorded(request: Request) -> tuple[tuple[str, str], ...]:
    """What a response that makes a dialog repeats (§12.1.1), or requests of the peer would leave
    out whoever wants to stay on the way."""
    if not request.headers.has("record-route"):
        return ()
    return (("Record-Route", ", ".join(_clean(each) for each in request.headers.record_route)),)


def _target(message: Request | Response) -> str | None:
    contacts = message.headers.contacts
    if not contacts:
        return None
    if contacts[0].uri == "*":
        raise BadMessage(400, "Bad Contact")
    return _as_request_uri(contacts[0].uri)


def _as_request_uri(text: str) -> str:
    """Without what may not stand in a Request-URI: `method` and header fields (§19.1.1)."""
    if "?" not in text and "method=" not in text.lower():
        return text
    uri = Uri.parse(text)
    kept = tuple(pair for pair in uri.params if pair[0] != "method")
    return str(replace(uri, params=kept, headers=""))


def _reversed_routes(response: Response) -> tuple[str, ...]:
    return tuple(_clean(route) for route in reversed(response.headers.record_route))


def _without_tag(address: NameAddr) -> str:
    kept = tuple([pair for pair in address.params if pair[0] != "tag"])
    return _clean(str(NameAddr(address.display, address.uri, kept)))


def _clean(text: str) -> str:
    """A NUL may hide in a quoted pair (RFC 3261 §25.1); we write none, and keep the pair."""
    return text.replace("\0", " ") if "\0" in text else text
