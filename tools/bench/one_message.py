"""What one message costs in the signalling core, and which part of it takes how much.

Whole calls go through the core alone: no socket, no loop, and a relay that answers at once. Reading
and writing are then measured by themselves on the very messages of these calls, descriptions by
what a call does with them; the rest is transactions, dialogs, both legs, policy and the record.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import TypeVar

from config.loader import loads
from media.control import (
    Close,
    Command,
    Open,
    Opened,
    Programmed,
    Reply,
    SessionReport,
    StreamPorts,
    Welcome,
)
from media.sdp.anchor import OriginTrack, anchored, answered, describe
from media.sdp.session import parse as parse_sdp
from sbc.actions import AskRelay, Flow, Transmit
from sbc.border import COLLECTOR
from sbc.core import Core
from sbc.sip.message import Request, Response, build_request, build_response, parse
from sbc.sip.validate import check_request, check_response
from sbc.tokens import Tokens
from tools.bench.ours import CONFIGURATION, ENTRY, NAME
from tools.bench.subject import CALLED, CALLER
from tools.bench.table import Results

T = TypeVar("T")

MESSAGES = 7
"""That come in during a call: INVITE, 100, 180, 200, ACK, BYE, 200."""
_PARTS = ("read and checked", "descriptions", "written")
_COPIED = frozenset(("via", "from", "to", "call-id", "cseq"))
_AGENT = {"User-Agent": "SIPp", "Allow": "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK"}


@dataclass(slots=True)
class Run:
    """What came, what went, and the time in between."""

    seconds: float = 0.0
    received: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)


class Caller:
    """Both ends of calls, in step with a core that they talk to directly."""

    def __init__(self) -> None:
        config = loads(CONFIGURATION.replace("@FOLDER@", "/nowhere"), "bench.yaml")
        self._core = Core(config, Tokens(b"bench"), 0.0)
        self._core.relay_up(Welcome(1, "relay", 0), 0.0)
        self._near = Flow("near", "udp", (CALLER, 5060))
        self._far = Flow("far", "udp", (CALLED, 5060))
        self._numbers = count(1)
        self.run = Run()

    def call(self) -> None:
        number = next(self._numbers)
        now = number * 0.1
        invite = _request("INVITE", f"1 INVITE {number}", f"<sip:100@{ENTRY[0]}>", _offer(number))
        out = self._step(invite.encode(), self._near, now)
        invited = _requests(out)[0]
        for status, body in ((100, b""), (180, b""), (200, _offer(number + 1))):
            out = self._step(_answer(invited, status, body), self._far, now)
        ok = _responses(out)[0]
        for method, cseq in (("ACK", 1), ("BYE", 2)):
            to = ok.headers.get("to") or ""
            request = _request(method, f"{cseq} {method} {number}", to, b"", ok)
            out = self._step(request.encode(), self._near, now)
        self._step(_answer(_requests(out)[0], 200, b""), self._far, now)

    def _step(self, data: bytes, flow: Flow, now: float) -> list[bytes]:
        core, sent = self._core, []
        begin = perf_counter()
        actions = core.receive(data, flow, now)
        while actions:
            replies = [
                core.relay_replied(action.serial, _reply(action.command, now), now)
                for action in actions
                if isinstance(action, AskRelay)
            ]
            sent += [action.data for action in actions if isinstance(action, Transmit)]
            actions = [action for each in replies for action in each]
        core.handle_timeout(now)
        self.run.seconds += perf_counter() - begin
        self.run.received.append(data)
        self.run.sent += sent
        return sent


def measure(calls: int, results: Results) -> None:
    """One round."""
    with collector_as_in_the_border():
        caller = Caller()
        for _ in range(calls // 4):
            caller.call()
        run = caller.run = Run()
        for _ in range(calls):
            caller.call()
        shares = parts(run, calls)
    whole = 1e6 * run.seconds / len(run.received)
    results.add("a message through the core", "µs", NAME, whole, compared=False)
    for name, seconds in shares.items():
        microseconds = 1e6 * seconds / len(run.received)
        results.add(f"… {name}", "µs", NAME, microseconds, compared=False)
        share = 100 * seconds / run.seconds
        results.add(f"… {name}, of the whole", "%", NAME, share, compared=False)


@contextmanager
def collector_as_in_the_border() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def parts(run: Run, calls: int) -> dict[str, float]:
    """Seconds of each part of the run; what is left over is the agent's."""
    read = _timed(_read, run.received)
    built = [_rebuilder(parse(data)) for data in run.sent]
    described = _timed(_describe, range(calls))
    written = _timed(lambda build: build(), built)
    seconds = dict(zip(_PARTS, (read, described, written), strict=True))
    return {**seconds, "the rest: agent": run.seconds - sum(seconds.values())}


def _timed(do: Callable[[T], object], items: Iterable[T]) -> float:
    begin = perf_counter()
    for item in items:
        do(item)
    return perf_counter() - begin


def _read(data: bytes) -> None:
    message = parse(data)
    if isinstance(message, Request):
        check_request(message)
    else:
        check_response(message)


def _rebuilder(message: Request | Response) -> Callable[[], bytes]:
    """Writes the message anew from its fields."""
    body, items = message.body, message.headers.items()
    fields = [each for each in items if each[0].lower() not in {"content-length", "content-type"}]
    kind = message.headers.content_type
    if isinstance(message, Request):
        method, uri = message.method, message.uri
        return lambda: build_request(method, uri, fields, body, content_type=kind).encode()
    copied = [each for each in items if each[0].lower() in _COPIED]
    own = [each for each in fields if each[0].lower() not in _COPIED]
    request = build_request("INVITE", "sip:x", copied)
    status = message.status
    return lambda: build_response(request, status, None, own, body, content_type=kind).encode()


def _describe(number: int) -> None:
    """What becomes of the offer and the answer of one call."""
    near, far = OriginTrack(number, "10.0.0.1"), OriginTrack(number, "10.0.0.2")
    offer, answer = parse_sdp(_offer(number)), parse_sdp(_offer(number + 1))
    ours = far.stamp(anchored(offer, far.origin, {0: 20000}))
    ours.encode()
    back = near.stamp(answered(ours, answer, near.origin, {0: 20002}))
    back.encode()
    describe(offer)
    describe(answer)


def _reply(command: Command, now: float) -> Reply:
    match command:
        case Open(session, streams):
            return Opened(session, tuple(StreamPorts(each.index, 20000, 20002) for each in streams))
        case Close(session):
            return SessionReport(session, now, now, ())
        case _:
            return Programmed("bench")


def _offer(number: int) -> bytes:
    return (
        f"v=0\r\no=- {number} 1 IN IP4 {CALLER}\r\ns=-\r\nc=IN IP4 {CALLER}\r\nt=0 0\r\n"
        f"m=audio {10_000 + 2 * (number % 10_000)} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
    ).encode()


def _request(
    method: str, name: str, to: str, body: bytes, answered_by: Response | None = None
) -> Request:
    """`name`: CSeq, method and the number of the call, which makes it unlike all others."""
    cseq, _, number = name.rpartition(" ")
    contact = answered_by.headers.contacts[0].uri if answered_by else f"sip:100@{ENTRY[0]}:5060"
    fields = {
        "Via": f"SIP/2.0/UDP {CALLER}:5060;branch=z9hG4bK-{name.replace(' ', '-')};rport",
        "Max-Forwards": "70",
        "From": f"<sip:200@{CALLER}>;tag=caller{number}",
        "To": to,
        "Call-ID": f"{number}@{CALLER}",
        "CSeq": cseq,
        "Contact": f"<sip:200@{CALLER}:5060>",
        **_AGENT,
    }
    kind = "application/sdp" if body else None
    return build_request(method, contact, list(fields.items()), body, content_type=kind)


def _answer(request: Request, status: int, body: bytes) -> bytes:
    fields = [("Contact", f"<sip:{CALLED}:5060>"), *_AGENT.items()]
    kind = "application/sdp" if body else None
    tag = "" if status == 100 else "called"
    return build_response(
        request, status, None, fields, body, to_tag=tag, content_type=kind
    ).encode()


def _requests(sent: list[bytes]) -> list[Request]:
    return [each for each in map(parse, sent) if isinstance(each, Request)]


def _responses(sent: list[bytes]) -> list[Response]:
    return [each for each in map(parse, sent) if isinstance(each, Response)]
