"""Broken and odd messages of a known trunk: the documented answer or silence; nothing is left."""

from pathlib import Path

import pytest

from sbc.actions import Flow
from sbc.sip.errors import BadMessage
from tests.support.border import CALLEE, CALLER, Border
from tests.support.ends import End, hang_up, up
from tests.support.messages import OFFER, invite

TORTURE = Path(__file__).parents[1] / "rfc" / "torture"

ANSWERS = {
    # RFC 4475 §3.1.2, §3.3: refused as they stand
    "badaspec": "400", "baddate": "400", "baddn": "400", "clerr": "400", "escruri": "400",
    "insuf": "400", "ltgtruri": "400", "lwsruri": "400", "lwsstart": "400", "mcl01": "400",
    "mismatch01": "400", "mismatch02": "400", "multi01": "400", "ncl": "400", "quotbal": "400",
    "regbadct": "400", "scalar02": "400", "trws": "400", "novelsc": "416", "unkscm": "416",
    # no Via that could be read, so nobody to answer; responses to nothing
    "badinv01": "", "badvers": "", "bcast": "", "bigcode": "", "noreason": "", "scalarlg": "",
    "unreason": "",
    # §3.1.1, §3.3: well-formed; what is not for us is turned away
    "cparam01": "405", "cparam02": "405", "dblreq": "405", "esc02": "405", "escnull": "405",
    "intmeth": "405", "mpart01": "MESSAGE", "regaut01": "405", "regescrt": "405", "unksm2": "405",
    "badbranch": "200", "lwsdisp": "200", "semiuri": "200", "transports": "200",  # OPTIONS
    "bext01": "420", "invut": "415", "zeromf": "483", "wsinv": "481",
    "inv2543": "400",  # RFC 3261 §8.1.1.8: an INVITE needs a Contact
    "esc01": "INVITE", "longreq": "INVITE", "sdp01": "INVITE",
}  # fmt: skip
"""What becomes of each torture message: the status, or that the callee is invited."""


def outcome(border: Border) -> str:
    """All that was sent since, in short; but no 100."""
    sent = [data.split()[1 if data.startswith(b"SIP/") else 0].decode() for _, data in border.sent]
    return " ".join(each for each in sent if each != "100")


def test_every_torture_message_is_listed() -> None:
    assert {path.stem for path in TORTURE.glob("*.dat")} == set(ANSWERS)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_torture_message_gets_its_documented_answer(name: str) -> None:
    border = Border()
    border.receive((TORTURE / f"{name}.dat").read_bytes(), CALLER)
    assert outcome(border) == ANSWERS[name]
    assert border.over()


@pytest.mark.parametrize("name", ["bext01", "invut", "intmeth"])
def test_a_refusal_says_what_would_do(name: str) -> None:
    border = Border()
    border.receive((TORTURE / f"{name}.dat").read_bytes(), CALLER)
    refusal = border.response(CALLER, int(ANSWERS[name])).headers
    wanted = {
        "bext01": ("unsupported", "nothingSupportsThis, nothingSupportsThisEither"),
        "invut": ("accept", "application/sdp"),
        "intmeth": ("allow", "INVITE"),
    }
    header, value = wanted[name]
    assert value.lower() in (refusal.get(header) or "").lower()


def test_a_malformed_stream_is_noted_and_answered_where_it_can_be() -> None:
    border = Border()
    flow = Flow("wan", "tcp", CALLER.remote)
    for bad in (BadMessage(400, "Missing Content-Length"), BadMessage(513, "Message too large")):
        border.perform(border.core.malformed(bad, flow, border.now))
    assert [dict(note.labels)["status"] for note in border.noted("malformed")] == ["400", "513"]
    assert border.sent == []


# --- outside a dialog -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["BYE", "INFO", "NOTIFY", "PRACK", "UPDATE"])
def test_what_belongs_into_a_dialog_finds_none(method: str) -> None:
    border = Border()
    border.receive(
        invite("RAck: 1 1 INVITE")
        .replace(b"INVITE sip", method.encode() + b" sip", 1)
        .replace(b"CSeq: 1 INVITE", b"CSeq: 1 " + method.encode()),
        CALLER,
    )
    assert outcome(border) == "481"
    assert border.over()


def test_what_is_not_served_is_not_in_allow() -> None:
    border = Border()
    border.receive(
        invite()
        .replace(b"INVITE sip", b"REGISTER sip", 1)
        .replace(b"CSeq: 1 INVITE", b"CSeq: 1 REGISTER"),
        CALLER,
    )
    assert "REGISTER" not in border.response(CALLER, 405).headers.allow
    assert border.over()


def test_options_tells_what_we_can() -> None:
    border = Border()
    border.receive(invite(body="").replace(b"INVITE", b"OPTIONS"), CALLER)
    headers = border.response(CALLER, 200).headers
    assert headers.supported == ["100rel", "replaces", "timer"]
    assert "REFER" in headers.allow
    assert "application/sdp" in headers.elements("accept")
    assert border.over()


@pytest.mark.parametrize(
    ("lines", "status"), [(b"Max-Forwards: 0\r\n", "483"), (b"Require: novel\r\n", "420")]
)
def test_options_may_be_refused(lines: bytes, status: str) -> None:
    border = Border()
    message = invite(body="").replace(b"INVITE", b"OPTIONS")
    border.receive(message.replace(b"Max-Forwards: 70\r\n", lines), CALLER)
    assert outcome(border) == status
    assert border.over()


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"Contact: <sip:200@192.0.2.1:5060>\r\n", b"", "400"),
        (b"INVITE sip:100@203", b"INVITE sip:203", "404"),
        (b"INVITE sip:100@", b"INVITE sips:100@", "416"),
        (b"v=0", b"v=9", "488"),
    ],
)
def test_an_invite_that_names_nobody_or_cannot_be_served_is_refused(
    old: bytes, new: bytes, status: str
) -> None:
    border = Border()
    border.receive(invite().replace(old, new, 1), CALLER)
    assert outcome(border) == status
    assert border.commands == []
    assert len(border.noted("invite_refused")) == 1
    assert border.over()


# --- within a dialog ------------------------------------------------------------------------------


def finish(caller: End, callee: End) -> None:
    assert callee.inbox() == []
    hang_up(caller, callee)
    assert caller.border.over()


@pytest.mark.parametrize(
    ("method", "kind", "body", "status"),
    [
        ("INFO", "application/octet-stream", "x", 415),
        ("MESSAGE", "text/html", "<p>", 415),
        ("INVITE", "application/pidf+xml", "<x/>", 400),
        ("INFO", "application/dtmf-relay", "Signal=<script>", 400),
        ("INFO", "application/media_control+xml", "<zoom/>", 400),
        ("INFO", "multipart/mixed", "no boundary", 400),
        ("INVITE", "application/sdp", "v=broken", 488),
        ("UPDATE", "application/sdp", OFFER.replace("c=IN IP4 192.0.2.1\r\n", ""), 488),
        ("INVITE", "application/sdp", OFFER.replace("m=audio", "m=zoom"), 488),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(
    method: str, kind: str, body: str, status: int
) -> None:
    caller, callee = up(Border())
    caller.ask(method, body=body, kind=kind)
    assert caller.heard(status).headers.has("accept") is (status == 415)
    if method == "INVITE":
        caller.ack()
    finish(caller, callee)


def test_a_body_that_may_be_left_out_is_left_out() -> None:
    caller, callee = up(Border())
    disposition = "Content-Disposition: signal ; handling=optional"
    caller.ask("INFO", disposition, body="x", kind="application/octet-stream")
    request = callee.got("INFO")
    assert (request.body, request.headers.content_type) == (b"", None)
    callee.answers(request, 200)
    caller.heard(200)
    finish(caller, callee)


@pytest.mark.parametrize("method", ["INFO", "INVITE", "REFER"])
def test_an_unknown_extension_is_refused_by_name(method: str) -> None:
    caller, callee = up(Border())
    caller.ask(method, "Require: 100rel, novel", "Refer-To: <sip:1@x>")
    assert caller.heard(420).headers.get("unsupported") == "novel"
    if method == "INVITE":
        caller.ack()
    finish(caller, callee)


def test_a_malformed_request_within_a_dialog_does_it_no_harm() -> None:
    caller, callee = up(Border())
    caller.ask("INFO", "Max-Forwards: 70")
    caller.heard(400)
    caller.cseq += 5
    finish(caller, callee)


def test_a_broken_answer_within_the_call_is_as_one_without_a_body() -> None:
    caller, callee = up(Border())
    caller.ask("INFO", body="Signal=1\r\n", kind="application/dtmf-relay")
    callee.answers(callee.got("INFO"), 200, body="v=broken")
    assert caller.heard(200).body == b""
    finish(caller, callee)


def test_random_bytes_of_a_known_trunk_leave_nothing() -> None:
    border = Border()
    good = invite()
    for at in range(0, len(good), 7):
        for junk in (b"\0", b"\r\n", b"\xff\xfe", b";;,", b'"'):
            border.receive(good[:at] + junk + good[at + 1 :], CALLER)
            border.wait(0.01)
    border.take(CALLEE)
    assert border.over()
    assert not border.noted("call_fault")
