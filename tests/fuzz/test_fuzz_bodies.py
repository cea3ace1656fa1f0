"""Random XML, multipart bodies and event fields into a whole border: no fault, nothing of the
inside outside, and nothing that is left when time has run out (Z6, S2)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sbc.b2bua.body.kinds import REBUILT
from sbc.b2bua.body.xml import BadXml, parse
from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.documents import ALL, filled
from tests.support.ends import End
from tests.support.messages import answer, text
from tests.support.watching import subscribe, watching

TOKEN = "pbx-7f3a.inside"
DOCUMENT = st.sampled_from(sorted(ALL)).map(lambda kind: filled(ALL[kind], TOKEN))
PIECE = st.one_of(
    DOCUMENT,
    st.sampled_from(
        ["--b\r\n", "--b--", "\r\n\r\n", "<", ">", "&amp;", "<!DOCTYPE x>", "]]>", "\0"]
    ),
    st.sampled_from(sorted(ALL)).map(lambda kind: f"Content-Type: {kind}\r\n\r\n"),
    st.just(f"Content-Type: multipart/mixed;boundary=b\r\nContent-ID: <{TOKEN}>\r\n\r\n"),
)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """Documents with pieces lost, doubled and put elsewhere; never into what people write."""
    body = draw(st.lists(PIECE, min_size=1, max_size=6).map("".join))
    if draw(st.booleans()):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        body = body[:start] + body[end:]
    return body


KIND = st.sampled_from(
    sorted({*REBUILT, "application/isup"} - {"text/plain", "application/dtmf"})
) | st.sampled_from(["multipart/mixed;boundary=b", "multipart/related;boundary=b;start=x"])
FIELD = st.sampled_from(
    [
        *("Event: dialog", "Event: dialog;id=1", "Event: presence", f"Event: {TOKEN}", "Event:"),
        *("Subscription-State: active", "Subscription-State: terminated", "Subscription-State: x"),
        *("Expires: 0", "Expires: 60", "Expires: 99999999999", "Require: eventlist", "Require: x"),
        *(f"Accept: {TOKEN}", "Supported: eventlist", "SIP-If-Match: x", f"SIP-ETag: {TOKEN}"),
        *("Min-Expires: 5", f"Allow-Events: {TOKEN}", "Retry-After: 3", f"Server: {TOKEN}"),
    ]
)
FIELDS = st.lists(FIELD, max_size=5, unique=True)


def fits(body: str) -> bool:
    return len(body.encode()) < 30_000


def sound(border: Border) -> None:
    assert not border.noted("call_fault"), border.noted("call_fault")
    assert "7f3a" not in border.texts(CALLER)
    border.perform(border.core.drain(border.now))
    border.wait(1000)
    assert not any(border.core.left_over().values()), border.core.left_over()


@settings(max_examples=150, deadline=None)
@given(broken().filter(fits), KIND, FIELDS, st.sampled_from(["NOTIFY", "SUBSCRIBE", "OPTIONS"]))
def test_whatever_a_notifier_says_in_a_subscription(
    body: str, kind: str, fields: list[str], method: str
) -> None:
    border = Border()
    here, there = watching(border)
    there.ask(method, *fields, body=body, kind=kind)
    for request in [m for _, m in border.out if isinstance(m, Request) and m.method == "NOTIFY"]:
        if request.body and (request.headers.content_type or "").endswith("+xml"):
            try:
                parse(request.body)
            except BadXml as error:  # pragma: no cover
                raise AssertionError(request.body) from error
        here.answers(request, 200)
    sound(border)


@settings(max_examples=100, deadline=None)
@given(broken().filter(fits), KIND, FIELDS, st.sampled_from(["PUBLISH", "SUBSCRIBE", "MESSAGE"]))
def test_whatever_comes_from_outside_and_whatever_answers_it(
    body: str, kind: str, fields: list[str], method: str
) -> None:
    border = Border()
    event = "" if any(field.startswith("Event") for field in fields) else "presence"
    border.receive(subscribe(*fields, method=method, event=event, body=body, kind=kind), CALLER)
    for to, request in list(border.out):
        if isinstance(request, Request) and to.interface == "lan":
            said = answer(request, 200, *fields, body=body, tag="t", contact=f"<sip:{TOKEN}>")
            border.receive(said.replace(b"application/sdp", kind.encode()), to)
    sound(border)


@settings(max_examples=80, deadline=None)
@given(FIELDS, st.lists(st.sampled_from(["481", "200", "489", "500", "407"]), max_size=3))
def test_whatever_notify_opens_a_subscription(fields: list[str], statuses: list[str]) -> None:
    border = Border()
    border.receive(subscribe("Expires: 60"), CALLER)
    asked = border.request(CALLEE, "SUBSCRIBE")
    headers = asked.headers
    for number, status in enumerate(statuses):
        end = End(
            border, CALLEE, f"{headers.get('to')};tag=t{number}", headers.get("from") or "",
            headers.call_id, headers.contacts[0].uri, 0,
        )  # fmt: skip
        end.ask("NOTIFY", *fields)
        for to, message in list(border.out):
            if isinstance(message, Request) and to == CALLER and message.method == "NOTIFY":
                border.receive(answer(message, int(status), tag=""), CALLER)
        border.out = [pair for pair in border.out if pair[0] != CALLER]
    border.receive(text("SIP/2.0 200 OK", [f"Via: {via}" for via in headers.all("via")]), CALLEE)
    sound(border)
