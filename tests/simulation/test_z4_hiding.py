"""Z4, Z5, Z6: a token of the inside in every header, description line and body, and none outside.

The call goes from the inside to the outside and the other way round; whoever is looked at sends the
tokens, whoever listens must find none.
"""

import re

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, called, calling, hang_up
from tests.support.messages import ANSWER, METHODS, OFFER, answer, text

TOKEN = "canary"
"""Part of every host, parameter and free text of the side that is hidden."""

HEADERS = [
    "Accept-Contact: *;canary",
    "Alert-Info: <http://canary.inside/ring.wav>, <urn:alert:source:external>",
    "Allow-Events: canary",
    'Authorization: Digest username="canary", realm="canary.inside", uri="sip:canary"',
    "Call-Info: <http://canary.inside/icon.png>;purpose=icon",
    "Contact-Canary: canary",
    "Date: Tue, 24 Nov 2026 10:00:00 GMT",
    "Diversion: <sip:300@canary.inside>;reason=user-busy",
    "Error-Info: <sip:canary@canary.inside>",
    "Event: refer;id=1;canary=canary",
    "Expires: 30",
    "Geolocation: <sip:canary@canary.inside>",
    "History-Info: <sip:300@canary.inside?Reason=canary>;index=1",
    "Identity: canary;info=<http://canary.inside>;alg=canary",
    "In-Reply-To: canary@canary.inside",
    "MIME-Version: 1.0",
    "Organization: canary",
    "P-Access-Network-Info: canary",
    "P-Asserted-Identity: <sip:300@canary.inside>",
    "P-Called-Party-ID: <sip:canary@canary.inside>",
    "P-Charging-Vector: icid-value=canary;icid-generated-at=canary.inside",
    "P-Early-Media: supported, canary",
    "P-Preferred-Identity: <sip:300@canary.inside>",
    "Path: <sip:canary.inside;lr>",
    "Priority: canary",
    "Privacy: id;canary",
    'Proxy-Authenticate: Digest realm="canary.inside"',
    'Reason: Q.850;cause=16;text="canary", canary;cause=1',
    "Record-Route: <sip:10.20.0.11;lr;canary=canary>",
    "Referred-By: <sip:canary@canary.inside>",
    "Remote-Party-ID: <sip:300@canary.inside>;party=calling",
    "Reply-To: <sip:canary@canary.inside>",
    "Resource-Priority: canary.1",
    "Retry-After: 18000 (canary);duration=60",
    "Server: canary/1.0",
    "Service-Route: <sip:canary.inside;lr>",
    "Session-ID: canary",
    "Subject: canary",
    "Subscription-State: active;expires=60 (canary);canary=canary;reason=canary",
    "Target-Dialog: canary;local-tag=canary;remote-tag=canary",
    "Timestamp: 1",
    "To-Canary: canary",
    "Unsupported: canary",
    "User-Agent: canary/1.0",
    "User-to-User: canary;encoding=hex",
    'Warning: 399 canary.inside "canary"',
    "X-Canary: canary",
]
"""As one side may send them; those that mean nothing in a message are there all the same."""

LINES = """\
i=canary
u=http://canary.inside
e=canary@canary.inside
p=+49 canary
b=AS:64
b=canary:1
a=tool:canary
a=group:BUNDLE canary
a=ice-ufrag:canary
a=ice-lite
a=fingerprint:sha-1 canary
a=canary:canary
"""
MEDIA = """\
i=canary
a=candidate:1 1 UDP 1 10.20.0.77 9 typ host canary
a=rtcp:4001 IN IP4 10.20.0.77
a=ssrc:1 cname:canary@canary.inside
a=msid:canary canary
a=mid:canary
a=label:canary
a=extmap:1 urn:canary
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:canary
a=rtcp-fb:8 canary
a=fmtp:8 canary=http://canary.inside
a=fmtp:101 0-15
a=rtpmap:101 telephone-event/8000
a=x-canary:canary
a=ptime:20
a=canary
"""
HIDDEN = re.compile(r"canary|10\.20\.0\.(?!5\b)\d+|192\.0\.2\.\d+", re.I)


def crlf(lines: str) -> str:
    return lines.replace("\n", "\r\n")


def described(body: str) -> str:
    """A description with a token in every line."""
    head, _, media = body.partition("t=0 0\r\n")
    head = re.sub(r"o=\w+", "o=canary", head).replace("s=-", "s=canary")
    line = media.partition("\r\n")[0]
    return f"{head}{crlf(LINES)}t=0 0\r\n{line}\r\n{crlf(MEDIA)}"


class Side:
    """What one side of the border has, and how it may be known."""

    def __init__(self, flow: Flow, offer: str, numbers: tuple[str, str]) -> None:
        self.flow = flow
        self.host = flow.remote[0]
        self.offer = described(offer)
        self.caller, self.called = numbers


INSIDE = Side(CALLEE, ANSWER, ("100", "200"))
OUTSIDE = Side(CALLER, OFFER, ("200", "100"))


def invitation(side: Side) -> bytes:
    ours = "10.20.0.5" if side is INSIDE else "203.0.113.10"
    return text(
        f"INVITE sip:{side.called};canary=canary:canary@{ours};canary=canary SIP/2.0",
        [
            f"Via: SIP/2.0/UDP {side.host}:5060;branch=z9hG4bKcanary;rport;canary=canary",
            "Via: SIP/2.0/UDP canary.inside;branch=z9hG4bKcanary2;received=10.20.0.88",
            f"From: <sip:{side.caller};canary=canary:canary@canary.inside;canary=canary>"
            ";tag=canary-a;canary=canary",
            f"To: <sip:{side.called}@canary.inside;canary=canary>;canary=canary",
            "Call-ID: canary@canary.inside",
            "CSeq: 71 INVITE",
            f"Contact: <sip:canary@{side.host}:5060;canary=canary>;canary=canary",
            "Max-Forwards: 70",
            "Supported: 100rel, canary",
            "Accept: application/canary",
            "Accept-Language: canary",
            f"Allow: {METHODS}, CANARY",
            *HEADERS,
        ],
        side.offer,
    )


def replies(end: End, request: Request, status: int, *extra: str, body: str = "") -> None:
    # In a redirect the user is whom to call: it crosses, its host does not.
    user = "300" if status // 100 == 3 else "canary"
    contact = f"<sip:{user}@{end.flow.remote[0]}:5060;canary=canary>;canary=canary"
    made = answer(
        request,
        status,
        *HEADERS,
        *extra,
        tag="canary-b",
        body=body,
        contact=contact,
        reason="canary is busy",
        allow=f"{METHODS}, CANARY",
    )
    end.border.receive(made, end.flow)


def asks(end: End, method: str, *extra: str, body: str = "", kind: str = "application/sdp") -> None:
    given = {line.partition(":")[0] for line in extra}
    fields = [line for line in HEADERS if line.partition(":")[0] not in given]
    end.ask(method, *fields, *extra, body=body, kind=kind)


def sent_to(border: Border, side: Side) -> str:
    return border.texts(side.flow)


def found(border: Border, listener: Side) -> set[str]:
    """What the listener can see of the other side. Its own addresses it knows."""
    own = {listener.host}
    return {each for each in HIDDEN.findall(sent_to(border, listener)) if each not in own}


def everything(border: Border, near: End, far: End, near_side: Side, far_side: Side) -> None:
    """Each request that may cross, from the side that is looked at, and its answers."""
    for method, kind, body in (
        ("INFO", "application/dtmf-relay", "Signal=1\r\nDuration=100\r\n"),
        (
            "INFO",
            "application/media_control+xml",
            "<media_control><canary>picture_fast_update</canary></media_control>",
        ),
        ("NOTIFY", "message/sipfrag", "SIP/2.0 486 canary\r\nContact: <sip:canary.inside>\r\n"),
        ("OPTIONS", "application/sdp", near_side.offer),
        ("MESSAGE", "text/plain", "words are the users' own"),
        ("REFER", "", ""),
    ):
        extra = ["Refer-To: <sip:300@canary.inside?Replaces=canary>"] if method == "REFER" else []
        if method == "NOTIFY":
            extra = ["Event: refer;id=1", "Subscription-State: active;expires=60 (canary)"]
        asks(near, method, *extra, body=body, kind=kind)
        request = far.got(method)
        far.answers(request, 200)
        near.heard(200)
    for method in ("INVITE", "UPDATE"):
        asks(near, method, body=near_side.offer)
        far.answers(far.got(method), 200, body=far_side.offer)
        near.heard(200)
        if method == "INVITE":
            near.ack()
    far.ask("INVITE", body=far_side.offer)
    replies(near, near.got("INVITE"), 200, body=near_side.offer)
    far.heard(200)
    far.ack()
    for status in (302, 403, 486, 500):
        far.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
        replies(near, near.got("INFO"), status, body="canary" if status == 403 else "")
        far.heard(status)


@pytest.mark.parametrize("hidden", [INSIDE, OUTSIDE], ids=["inside", "outside"])
def test_nothing_of_the_caller_is_seen_by_the_callee(hidden: Side) -> None:
    listener = OUTSIDE if hidden is INSIDE else INSIDE
    border = Border()
    border.receive(invitation(hidden), hidden.flow)
    request = border.request(listener.flow, "INVITE")
    callee = called(border, request, listener.flow)
    callee.answers(request, 200, body=OFFER if listener is OUTSIDE else ANSWER)
    callee.got("ACK")
    caller = calling(border, border.response(hidden.flow, 200), hidden.flow)
    caller.ack()
    everything(border, caller, callee, hidden, plain(listener))
    asks(caller, "BYE", body="canary", kind="application/isup")
    caller.heard(200)
    callee.answers(callee.got("BYE"), 200)
    assert border.over()
    assert found(border, listener) == set()


@pytest.mark.parametrize("hidden", [INSIDE, OUTSIDE], ids=["inside", "outside"])
def test_nothing_of_the_callee_is_seen_by_the_caller(hidden: Side) -> None:
    listener = OUTSIDE if hidden is INSIDE else INSIDE
    border = Border()
    border.receive(plain_invitation(listener), listener.flow)
    request = border.request(hidden.flow, "INVITE")
    callee = called(border, request, hidden.flow, tag="canary-b")
    for status, body in ((180, ""), (183, hidden.offer)):
        replies(callee, request, status, body=body)
    border.take(listener.flow)
    replies(callee, request, 183, "Require: 100rel", "RSeq: 777123", body=hidden.offer)
    replies(callee, callee.got("PRACK"), 200)
    progress = border.response(listener.flow, 183)
    caller = calling(border, progress, listener.flow)
    caller.ask("PRACK", f"RAck: {progress.headers.rseq} 1 INVITE")
    caller.heard(200)
    replies(callee, request, 200, body=hidden.offer)
    callee.got("ACK")
    caller.heard(200)
    caller.ack(cseq=1)
    everything(border, callee, caller, hidden, plain(listener))
    asks(callee, "BYE")
    callee.heard(200)
    caller.answers(caller.got("BYE"), 200)
    assert border.over()
    assert found(border, listener) == set()


@pytest.mark.parametrize("status", [300, 302, 305, 380, 401, 404, 407, 415, 420, 484, 486, 493])
def test_nothing_of_the_callee_is_seen_in_its_refusal(status: int) -> None:
    border = Border()
    border.receive(plain_invitation(OUTSIDE), CALLER)
    request = border.request(CALLEE, "INVITE")
    replies(called(border, request), request, status, body=INSIDE.offer)
    border.take(CALLEE)
    assert border.over()
    assert found(border, OUTSIDE) == set()


def test_of_a_multipart_body_only_the_description_crosses() -> None:
    border = Border()
    parts = (
        "--edge\r\nContent-Type: application/isup\r\n\r\ncanary\r\n"
        f"--edge\r\nContent-Type: application/sdp\r\nContent-ID: <canary>\r\n\r\n{INSIDE.offer}\r\n"
        "--edge\r\nContent-Type: application/pidf+xml\r\n\r\n<canary/>\r\n--edge--\r\n"
    )
    message = invitation(INSIDE).partition(b"\r\n\r\n")[0].decode()
    fields = message.split("\r\n")
    kept = [each for each in fields[1:] if not each.startswith("Content-")]
    border.receive(text(fields[0], kept, parts, "multipart/mixed;boundary=edge"), CALLEE)
    request = border.request(CALLER, "INVITE")
    assert request.headers.content_type == "application/sdp"
    assert request.body.startswith(b"v=0\r\no=- ")
    assert found(border, OUTSIDE) == set()


@pytest.mark.parametrize(
    "kind", ["application/cpl+xml", "application/isup", "multipart/mixed;boundary=x"]
)
def test_a_body_of_another_type_does_not_cross(kind: str) -> None:
    border = Border()
    message = invitation(INSIDE).partition(b"\r\n\r\n")[0].decode()
    fields = message.split("\r\n")
    kept = [each for each in fields[1:] if not each.startswith("Content-")]
    border.receive(text(fields[0], kept, "canary", kind), CALLEE)
    refusal = border.response(CALLEE, 415).headers
    assert "application/sdp" in (refusal.get("accept") or "")
    assert border.heard(CALLER) == []
    assert border.over()


def test_the_o_line_keeps_its_number_and_counts_changes() -> None:
    """Z5: session id constant for each leg, version rising by one, and only with a change."""
    border = Border()
    border.receive(plain_invitation(OUTSIDE), CALLER)
    request = border.request(CALLEE, "INVITE")
    callee = called(border, request)
    callee.answers(request, 200, body=ANSWER)
    caller = calling(border, border.response(CALLER, 200))
    caller.ack(cseq=1)
    callee.got("ACK")
    bodies = [request.body.decode()]
    for direction in ("sendrecv", "sendonly", "sendonly", "sendrecv"):
        caller.ask("INVITE", body=f"{OFFER}a={direction}\r\n")
        again = callee.got("INVITE")
        bodies.append(again.body.decode())
        callee.answers(again, 200, body=ANSWER)
        caller.heard(200)
        caller.ack()
        callee.got("ACK")
    lines = [body.split("\r\n")[1].split() for body in bodies]
    assert len({line[1] for line in lines}) == 1
    assert [int(line[2]) for line in lines] == [0, 0, 1, 1, 2]
    hang_up(caller, callee)
    assert border.over()


def plain(side: Side) -> Side:
    clean = Side(side.flow, OFFER, (side.caller, side.called))
    clean.offer = OFFER if side is OUTSIDE else ANSWER
    return clean


def plain_invitation(side: Side) -> bytes:
    ours = "10.20.0.5" if side is INSIDE else "203.0.113.10"
    return text(
        f"INVITE sip:{side.called}@{ours} SIP/2.0",
        [
            f"Via: SIP/2.0/UDP {side.host}:5060;branch=z9hG4bKfirst;rport",
            f"From: <sip:{side.caller}@{side.host}>;tag=one",
            f"To: <sip:{side.called}@{ours}>",
            "Call-ID: one@two",
            "CSeq: 1 INVITE",
            f"Contact: <sip:end@{side.host}:5060>",
            "Max-Forwards: 70",
            f"Allow: {METHODS}",
            "Supported: 100rel",
        ],
        plain(side).offer,
    )
