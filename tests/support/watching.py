"""A subscriber and a notifier at the two ends of a subscription; each does only what the test tells
it."""

from __future__ import annotations

from itertools import count

from sbc.actions import Flow
from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End
from tests.support.messages import text

_NUMBERS = count(1)


def subscribe(
    *extra: str,
    event: str = "dialog",
    number: str = "100",
    call_id: str = "watch-secret",
    method: str = "SUBSCRIBE",
    body: str = "",
    kind: str = "application/pidf+xml",
) -> bytes:
    """A SUBSCRIBE or PUBLISH of the outside peer, outside any dialog."""
    return text(
        f"{method} sip:{number}@203.0.113.10 SIP/2.0",
        [
            f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKw{next(_NUMBERS)};rport",
            'From: "Alice" <sip:200@192.0.2.1>;tag=watcher',
            f"To: <sip:{number}@203.0.113.10>",
            f"Call-ID: {call_id}@192.0.2.1",
            f"CSeq: 1 {method}",
            "Contact: <sip:200@192.0.2.1:5060>",
            *(() if any(each.startswith("Max-Forwards") for each in extra) else HOPS),
            *([f"Event: {event}"] if event else []),
            *extra,
        ],
        body,
        kind,
    )


HOPS = ("Max-Forwards: 70",)


def notifier(border: Border, request: Request, tag: str = "noti", flow: Flow = CALLEE) -> End:
    """Whoever gets this SUBSCRIBE, in the dialog that it may make of it."""
    headers = request.headers
    return End(
        border,
        flow,
        local=f"{headers.get('to')};tag={tag}",
        remote=headers.get("from") or "",
        call_id=headers.call_id,
        target=headers.contacts[0].uri,
        cseq=0,
    )


def subscriber(border: Border, message: Response | Request, flow: Flow = CALLER) -> End:
    """The subscriber, in the dialog of a 2xx or of the first NOTIFY."""
    headers = message.headers
    local, remote = headers.get("from"), headers.get("to")
    if isinstance(message, Request):
        local, remote = remote, local
    return End(
        border,
        flow,
        local=local or "",
        remote=remote or "",
        call_id=headers.call_id,
        target=headers.contacts[0].uri,
        cseq=headers.cseq.number if isinstance(message, Response) else 1,
    )


def notify(end: End, state: str, *extra: str, event: str = "dialog", body: str = "") -> None:
    kind = "application/dialog-info+xml"
    end.ask(
        "NOTIFY", f"Event: {event}", f"Subscription-State: {state}", *extra, body=body, kind=kind
    )


def watching(border: Border, *extra: str, state: str = "active;expires=600") -> tuple[End, End]:
    """Subscriber and notifier of a subscription that has had its first NOTIFY."""
    border.receive(subscribe("Expires: 600", *extra), CALLER)
    asked = border.request(CALLEE, "SUBSCRIBE")
    there = notifier(border, asked)
    there.answers(asked, 200, "Expires: 600")
    here = subscriber(border, border.response(CALLER, 200))
    notify(there, state)
    here.answers(here.got("NOTIFY"), 200)
    there.heard(200)
    return here, there
