"""A trunk that we register with, over days: refreshed in time, tried again, ended when we end (A3).

RFC 3261 §10.2, RFC 5626 §4.5.
"""

from collections.abc import Sequence

import pytest

from sbc.actions import Flow
from sbc.sip.message import Request
from tests.support.accounts import USER, Challenger, with_account
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.ends import called, calling
from tests.support.messages import ANSWER, OFFER, answer, invite, text

OTHER = Flow("lan", "udp", ("10.20.0.12", 5060))
TWO_ENDPOINTS = TWO_ZONES.replace(
    'endpoints: [{ uri: "sip:10.20.0.11" }]',
    'endpoints: [{ uri: "sip:10.20.0.11" }, { uri: "sip:10.20.0.12", priority: 2 }]',
).replace("10.20.0.11/32", "10.20.0.0/28")


class Registered(Border):
    """A border with an account at `pbx`, which it registers with."""

    def __init__(self, more: str = "expires: 10m", base: str = TWO_ZONES) -> None:
        super().__init__(with_account(base, more=f"register: {{ {more} }}, "))
        self.perform(self.core.start(self.now))

    def asked(self, flow: Flow = CALLEE) -> Request:
        return self.request(flow, "REGISTER")

    def says(self, request: Request, status: int, *extra: str, flow: Flow = CALLEE) -> None:
        contact = request.headers.get("contact") or ""
        self.receive(answer(request, status, *extra, contact=contact), flow)

    def grants(self, request: Request, seconds: int, flow: Flow = CALLEE) -> None:
        contact = (request.headers.get("contact") or "").partition(";expires=")[0]
        made = answer(request, 200, contact=f"{contact};expires={seconds}")
        self.receive(made, flow)

    def until_asked(self, most: float, flow: Flow = CALLEE) -> tuple[float, Request]:
        """How long it took until the next REGISTER, and that."""
        began = self.now
        while self.now - began < most:
            self.wait(1)
            for to, message in self.out:
                if to == flow and isinstance(message, Request) and message.method == "REGISTER":
                    self.out.clear()
                    return self.now - began, message
        raise AssertionError("no REGISTER")

    @property
    def shown(self) -> dict[str, object]:
        (trunk,) = [each for each in self.core.trunk_states(self.now) if each["trunk"] == "pbx"]
        registration = trunk["registration"]
        assert isinstance(registration, dict)
        return registration


def test_it_registers_when_it_starts() -> None:
    border = Registered()
    request = border.asked()
    assert request.uri == "sip:10.20.0.11"
    assert request.headers.get("to") == f"<sip:{USER}@10.20.0.11>"
    assert request.headers.from_.uri == f"sip:{USER}@10.20.0.11"
    assert request.headers.expires == 600
    (contact,) = request.headers.contacts
    assert contact.uri.endswith("@10.20.0.5:5060")
    assert border.shown["state"] == "registering"


def test_nothing_is_sent_where_no_registration_is_wanted() -> None:
    border = Border()
    border.perform(border.core.start(border.now))
    assert border.sent == []
    states = border.core.trunk_states(border.now)
    assert [(each["trunk"], each["registration"]) for each in states] == [
        ("carrier", None),
        ("pbx", None),
    ]


def test_the_address_of_record_is_that_of_the_file() -> None:
    border = Registered(
        "user: main, expires: 30m", TWO_ZONES.replace("pbx: {", "pbx: { domain: voice.example,")
    )
    request = border.asked()
    assert request.uri == "sip:voice.example"
    assert request.headers.get("to") == "<sip:main@voice.example>"
    assert request.headers.expires == 1800


def test_it_shows_that_it_is_registered_and_for_how_long() -> None:
    border = Registered()
    border.grants(border.asked(), 300)
    border.wait(40)
    assert border.shown == {
        "state": "registered",
        "expires_in": 260,
        "endpoint": "sip:10.20.0.11",
        "status": 200,
        "failures": 0,
    }
    assert len(border.noted("trunk_registered")) == 1


@pytest.mark.parametrize("granted", [60, 300, 3600])
def test_it_is_refreshed_between_half_and_nine_tenths_of_its_time(granted: int) -> None:
    border = Registered()
    request = border.asked()
    waits = []
    for _ in range(20):
        border.grants(request, granted)
        waited, request = border.until_asked(granted)
        waits.append(waited)
    assert all(0.5 * granted <= waited <= 0.9 * granted + 1 for waited in waits)
    assert max(waits) - min(waits) > 0.1 * granted  # and not always at the same moment
    assert len(border.noted("trunk_registered")) == 1


def test_it_stays_registered_for_days() -> None:
    border = Registered()
    request = border.asked()
    requests = [request]
    while border.now < 2 * 86_400:
        border.grants(request, 600)
        assert border.shown["state"] == "registered"
        _, request = border.until_asked(600)
        requests.append(request)
    assert not border.noted("trunk_unregistered")
    assert len({each.headers.call_id for each in requests}) == 1
    numbers = [each.headers.cseq.number for each in requests]
    assert numbers == list(range(1, len(requests) + 1))
    assert len({each.headers.get("contact") for each in requests}) == 1


def test_the_contact_is_the_same_after_a_restart() -> None:
    one, two = Registered(), Registered()
    assert one.asked().headers.get("contact") == two.asked().headers.get("contact")


@pytest.mark.parametrize("status", [401, 407])
def test_a_challenge_is_answered_and_the_refresh_brings_credentials(status: int) -> None:
    server = Challenger(status, algorithms=("SHA-256", "MD5"))
    border = Registered()
    border.says(border.asked(), status, *server.fields())
    again = border.asked()
    assert server.accepts(again)
    assert again.headers.cseq.number == 2
    border.grants(again, 600)
    _, refresh = border.until_asked(600)
    assert server.accepts(refresh)
    assert server.counts == [1, 2]
    server.nonce = "nonce-2"
    border.says(refresh, status, *server.fields(stale=True))
    assert server.accepts(border.asked())


def test_another_realm_is_not_answered_and_tried_again_later() -> None:
    border = Registered()
    border.says(border.asked(), 401, *Challenger(401, realm="other.example").fields())
    assert border.take(CALLEE) == []
    assert border.shown["state"] == "waiting"
    assert border.shown["status"] == 401
    waited, _ = border.until_asked(60)
    assert waited >= 30


def test_a_wrong_password_does_not_go_round() -> None:
    server = Challenger(401, password="another")
    border = Registered()
    request = border.asked()
    for nonce in ("a", "b"):
        server.nonce = nonce
        border.says(request, 401, *server.fields())
        taken = border.take(CALLEE)
        if not taken:
            break
        (again,) = taken
        assert isinstance(again, Request)
        request = again
    assert border.take(CALLEE) == []
    assert border.shown["state"] == "waiting"


def test_too_brief_an_interval_is_made_longer() -> None:
    border = Registered()
    border.says(border.asked(), 423, "Min-Expires: 1800")
    again = border.asked()
    assert again.headers.expires == 1800
    border.grants(again, 1800)
    assert border.shown["expires_in"] == 1800


@pytest.mark.parametrize("least", ["600", "10", "99999999", "-1", "x", ""])
def test_an_interval_too_brief_that_makes_no_sense_is_a_refusal(least: str) -> None:
    border = Registered()
    border.says(border.asked(), 423, *([f"Min-Expires: {least}"] if least else []))
    assert border.take(CALLEE) == []
    assert border.shown["state"] == "waiting"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        (["Contact: <sip:other@192.0.2.9>;expires=9", "Contact: {own};expires=120"], 120),
        (["Contact: {own}", "Expires: 90"], 90),
        (["Expires: 80"], 80),
        ([], 600),
        (["Contact: {own};expires=4294967295"], 86_400),
        (["Contact: {own};expires=nonsense"], 600),
    ],
)
def test_what_is_granted_is_read_from_our_own_contact(fields: Sequence[str], seconds: int) -> None:
    border = Registered()
    request = border.asked()
    own = f"<{request.headers.contacts[0].uri}>"
    headers = request.headers
    lines = [f"{name}: {headers.get(name.lower())}" for name in ("Via", "From", "Call-ID", "CSeq")]
    lines += [f"To: {headers.get('to')};tag=1", *(field.format(own=own) for field in fields)]
    border.receive(text("SIP/2.0 200 OK", lines), CALLEE)
    assert border.shown["expires_in"] == seconds


def test_a_grant_of_nothing_is_a_refusal() -> None:
    border = Registered()
    border.grants(border.asked(), 0)
    assert border.shown["state"] == "waiting"


def test_after_failures_it_waits_ever_longer_but_never_for_ever() -> None:
    border = Registered()
    request = border.asked()
    waits = []
    for _ in range(12):
        border.says(request, 403)
        waited, request = border.until_asked(2000)
        waits.append(waited)
    for count, waited in enumerate(waits, 1):
        longest = min(1800, 30 * 2**count)
        assert longest / 2 <= waited <= longest + 1
    border.grants(request, 600)
    assert border.shown["failures"] == 0


@pytest.mark.parametrize(
    ("field", "least"), [("Retry-After: 300", 300), ("Retry-After: 200 (busy);duration=9", 200)]
)
def test_retry_after_is_obeyed(field: str, least: int) -> None:
    border = Registered()
    border.says(border.asked(), 503, field)
    waited, _ = border.until_asked(400)
    assert waited >= least


def test_a_retry_after_of_years_is_not() -> None:
    border = Registered()
    border.says(border.asked(), 503, "Retry-After: 4000000000")
    border.until_asked(3601)


def test_silence_is_a_failure() -> None:
    border = Registered()
    border.asked()
    border.wait(33)
    border.out.clear()
    assert border.shown["state"] == "waiting"
    assert border.shown["status"] == 408
    border.until_asked(61)


@pytest.mark.parametrize("how", ["503", "silence", "transport"])
def test_an_endpoint_that_fails_has_a_second(how: str) -> None:
    border = Registered(base=TWO_ENDPOINTS)
    request = border.asked()
    if how == "503":
        border.says(request, 503)
    elif how == "silence":
        border.wait(32.2)
    else:
        border.perform(border.core.transport_failed(CALLEE, border.now))
    again = border.asked(OTHER)
    border.grants(again, 600, OTHER)
    assert border.shown["endpoint"] == "sip:10.20.0.12"
    border.until_asked(600, OTHER)  # and stays where it is known


def test_a_refusal_for_good_is_not_asked_of_the_second() -> None:
    border = Registered(base=TWO_ENDPOINTS)
    border.says(border.asked(), 403)
    assert border.take(OTHER) == []


def test_a_refresh_that_fails_leaves_it_registered_until_its_time_is_over() -> None:
    border = Registered()
    border.grants(border.asked(), 3600)
    _, request = border.until_asked(3600)
    states = []
    for _ in range(8):
        border.says(request, 503)
        states.append(border.shown["state"])
        _, request = border.until_asked(2000)
    assert (states[0], states[-1]) == ("registered", "waiting")
    (note,) = border.noted("trunk_unregistered")
    assert dict(note.labels) == {"trunk": "pbx"}


def test_it_is_ended_when_the_border_ends() -> None:
    border = Registered()
    border.grants(border.asked(), 600)
    border.perform(border.core.drain(border.now))
    last = border.asked()
    assert last.headers.expires == 0
    assert last.headers.contacts[0].param("expires") == "0"
    assert not border.core.idle()
    border.says(last, 200)
    assert border.shown["state"] == "unregistered"
    assert border.over()


def test_a_registration_in_the_air_is_ended_as_soon_as_it_is_granted() -> None:
    border = Registered()
    request = border.asked()
    border.perform(border.core.drain(border.now))
    assert border.take(CALLEE) == []
    border.grants(request, 600)
    last = border.asked()
    assert last.headers.expires == 0
    border.says(last, 200)
    assert border.over()


def test_its_end_may_be_challenged_too() -> None:
    server = Challenger(401)
    border = Registered()
    border.grants(border.asked(), 600)
    border.perform(border.core.drain(border.now))
    border.says(border.asked(), 401, *server.fields())
    last = border.asked()
    assert server.accepts(last)
    assert last.headers.expires == 0
    border.says(last, 200)
    assert border.over()


@pytest.mark.parametrize("when", ["before", "waiting", "unanswered"])
def test_nothing_is_left_however_it_ends(when: str) -> None:
    border = Registered()
    request = border.asked()
    if when == "waiting":
        border.says(request, 403)
    border.perform(border.core.drain(border.now))
    if when == "unanswered":
        border.grants(request, 600)
    assert border.over()


def test_a_lost_connection_is_made_anew() -> None:
    base = TWO_ZONES.replace("sip:10.20.0.11", "sip:10.20.0.11;transport=tcp")
    flow = Flow("lan", "tcp", ("10.20.0.11", 5060))
    border = Registered(base=base)
    request = border.asked(flow)
    assert request.headers.contacts[0].uri.endswith(";transport=tcp")
    border.grants(request, 600, flow)
    border.perform(border.core.transport_failed(flow, border.now))
    waited, _ = border.until_asked(5, flow)
    assert waited <= 2


def test_a_call_to_our_contact_goes_where_to_says() -> None:
    """The registrar puts our Contact into the Request-URI (RFC 3261 §16.5)."""
    border = Registered()
    request = border.asked()
    border.grants(request, 600)
    contact = request.headers.contacts[0].uri
    fields = [
        "Via: SIP/2.0/UDP 10.20.0.11:5060;branch=z9hG4bKin",
        "From: <sip:777@10.20.0.11>;tag=far",
        "To: <sip:4969123@pbx.example>",
        "Call-ID: inbound",
        "CSeq: 1 INVITE",
        "Contact: <sip:777@10.20.0.11>",
        "Max-Forwards: 70",
    ]
    border.receive(text(f"INVITE {contact} SIP/2.0", fields, OFFER), CALLEE)
    invite = border.request(CALLER, "INVITE")
    assert invite.uri == "sip:4969123@192.0.2.1"
    callee = called(border, invite, CALLER)
    callee.answers(invite, 200, body=ANSWER)
    caller = calling(border, border.response(CALLEE, 200), CALLEE)
    caller.ack()
    callee.got("ACK")
    caller.ask("BYE")
    callee.answers(callee.got("BYE"), 200)


def test_another_peer_cannot_use_that_contact() -> None:
    """It says nothing of who calls: that is known by the source alone."""
    border = Registered()
    contact = border.asked().headers.contacts[0].uri.partition("@")[0].removeprefix("sip:")
    border.receive(invite(number=contact), CALLER)
    assert border.request(CALLEE, "INVITE").uri == f"sip:{contact}@10.20.0.11"


def test_an_answer_that_comes_twice_changes_nothing() -> None:
    border = Registered()
    request = border.asked()
    border.grants(request, 600)
    border.wait(10)
    border.grants(request, 100)
    assert border.shown["expires_in"] == 590
