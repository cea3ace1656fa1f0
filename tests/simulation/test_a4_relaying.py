"""REGISTER goes on to the registrar behind us with a Path of ours, and its calls come back down the
flow (A4, N1, N7); what phones have while it is lost (A4).

RFC 3261 §10, RFC 3327, RFC 3608, RFC 5626 §5, RFC 5627, RFC 8599.
"""

import json

import pytest

from sbc.actions import Flow
from sbc.sip.digest import Challenge
from sbc.sip.message import Request
from tests.support.access_phone import SECRETS, AccessPhone, access
from tests.support.border import CALLEE, Border
from tests.support.core_registrar import CoreRegistrar
from tests.support.messages import ANSWER, OFFER, answer, text

PBX = CALLEE
RELAY = "mode: relay, upstream: pbx"
HOLDING = access(RELAY).replace(
    "registrar:", "survivability: { local_calls: true, hold_bindings: 10m }\n    registrar:"
)
BETWEEN = (
    "  - { name: between, from: { access: phones }, match: { registered: phones }, to: [phones] }\n"
)
BY_THE_CORE = HOLDING.replace(BETWEEN, "")
AT_CORE = access(RELAY).replace('users: { anna: "${ENV:ANNA}", bert: "${ENV:BERT}" }', "at: core")
OUTBOUND = ';+sip.instance="<urn:uuid:1>";reg-id=1'


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def relayed(config: str = access(RELAY)) -> tuple[Border, CoreRegistrar]:
    border = Border(config)
    return border, CoreRegistrar(border)


def phone_of(core: CoreRegistrar, user: str = "anna", **more: object) -> AccessPhone:
    phone = AccessPhone(core.border, user, **more)  # type: ignore[arg-type]
    phone.between = core.serve
    return phone


def users(border: Border) -> list[object]:
    return [each["user"] for each in border.core.bindings(border.now)]


# --- to the core ----------------------------------------------------------------------------------


def test_each_register_goes_on_with_our_path_and_nothing_of_the_outside() -> None:
    border, core = relayed()
    phone = phone_of(core)
    assert phone.register(300) == 200
    (asked,) = core.asked
    (contact,) = asked.headers.contacts
    (path,) = asked.headers.elements("path")
    assert asked.uri == "sip:example.com"
    assert asked.headers.to.uri == asked.headers.from_.uri == "sip:anna@example.com"
    assert contact.uri.endswith("@10.20.0.5:5060")
    assert contact.param("expires") == "300"
    assert path == f"<{contact.uri};lr;ob>"
    assert "path" in asked.headers.supported
    inside = border.texts(PBX)
    for leak in ("192.168.1.5", "192.0.2.77", "203.0.113", phone.call_id, "uthorization"):
        assert leak not in inside
    assert "10.20.0" not in border.texts(phone.flow)


def test_the_core_hears_of_one_phone_by_one_name_and_counts_its_requests() -> None:
    border, core = relayed()
    phone = phone_of(core)
    for _ in range(3):
        phone.register()
        border.wait(50)
    contacts = {asked.headers.contacts[0].uri for asked in core.asked}
    calls = {asked.headers.call_id for asked in core.asked}
    numbers = [asked.headers.cseq.number for asked in core.asked]
    assert (len(core.asked), len(contacts), len(calls)) == (3, 1, 1)
    assert numbers == sorted(set(numbers))


def test_a_phone_is_granted_what_the_core_grants_but_no_more_than_its_nat_bears() -> None:
    border, core = relayed()
    phone = phone_of(core)
    phone.register(3600)
    assert core.asked[-1].headers.contacts[0].param("expires") == "3600"
    assert phone.answer.headers.get("contact") == "<sip:anna@192.168.1.5:5060>;expires=60"
    core.expires = 40
    phone.register(3600)
    assert phone.answer.headers.get("contact") == "<sip:anna@192.168.1.5:5060>;expires=40"
    assert border.over()


def test_what_the_core_does_not_list_is_not_bound() -> None:
    border, core = relayed()
    core.expires = 0
    assert phone_of(core).register() == 200
    assert users(border) == []


@pytest.mark.parametrize(
    ("status", "told"), [(403, 403), (404, 404), (423, 423), (555, 555), (302, 403), (401, 403)]
)
def test_what_the_core_refuses_is_refused(status: int, told: int) -> None:
    border, core = relayed()
    core.refuses = status
    phone = phone_of(core)
    assert phone.register() == told
    assert users(border) == []
    assert border.over()


def test_zero_and_a_star_go_on_too() -> None:
    border, core = relayed()
    phone = phone_of(core)
    phone.register()
    assert phone.register(0) == 200
    assert core.asked[-1].headers.contacts[0].param("expires") == "0"
    phone.register()
    assert phone.register(0, contact="*") == 200
    assert core.asked[-1].headers.contacts[0].uri == "*"
    assert (users(border), core.bound) == ([], {"anna": {}})
    assert border.over()


def test_who_the_phone_is_and_how_it_is_woken_stays_and_its_address_does_not() -> None:
    border, core = relayed()
    core.extra = ['Feature-Caps: *;+sip.pns="apns"', "Feature-Caps: *;+g.3gpp.x"]
    phone = phone_of(core)
    phone.contact = (
        "<sip:anna@192.168.1.5:5060;pn-provider=apns;pn-prid=ab12;x=192.168.1.5>"
        ';+sip.instance="<urn:uuid:1>";reg-id=1;received="192.168.1.5";audio'
    )
    phone.register()
    (contact,) = core.asked[0].headers.contacts
    assert ";pn-provider=apns;pn-prid=ab12" in contact.uri
    names = [name for name, _ in contact.params]
    assert names == ["+sip.instance", "reg-id", "audio", "q", "expires"]
    assert "192.168.1.5" not in border.texts(PBX)
    assert phone.answer.headers.all("feature-caps") == ['*;+sip.pns="apns"']


def test_an_answer_that_cannot_be_read_binds_nothing() -> None:
    border, core = relayed()
    core.expires = "soon"
    assert phone_of(core).register() == 500
    assert users(border) == []


# --- challenges -----------------------------------------------------------------------------------


def test_at_the_edge_the_core_hears_nothing_of_who_cannot_prove_himself() -> None:
    border, core = relayed()
    phone = phone_of(core, password="wrong")
    assert phone.register() == 401
    assert core.asked == []
    assert border.over()


def test_challenges_of_the_core_pass_and_its_proof_too() -> None:
    border, core = relayed(AT_CORE)
    core.passwords = SECRETS_BY_USER
    core.extra = ['Authentication-Info: nextnonce="next"']
    phone = phone_of(core)
    phone.algorithm = "MD5"
    assert phone.register() == 200
    assert len(core.asked) == 2
    assert phone.challenge == Challenge("example.com", "core-nonce", "MD5", ("auth",))
    assert phone.answer.headers.get("authentication-info") == 'nextnonce="next"'
    assert users(border) == ["anna"]


def test_a_wrong_password_is_the_core_s_to_find() -> None:
    border, core = relayed(AT_CORE)
    core.passwords = SECRETS_BY_USER
    phone = phone_of(core, password="wrong")
    phone.algorithm = "MD5"
    assert phone.register() == 401
    assert users(border) == []


def test_where_the_core_asks_only_a_flow_that_has_registered_may_call() -> None:
    border, core = relayed(AT_CORE)
    phone = phone_of(core)
    assert phone.invite("100") == 403
    phone.register()
    assert phone.invite("100", caller="bert") == 403
    assert phone.invite("100") == 0
    assert border.request(PBX, "INVITE").uri == "sip:100@10.20.0.11"


def test_where_the_core_asks_its_challenge_of_a_call_reaches_the_phone() -> None:
    border, core = relayed(AT_CORE)
    phone = phone_of(core)
    phone.algorithm = "MD5"
    phone.register()
    asked: list[Request] = []

    def challenges() -> None:
        found = [m for m in border.take(PBX) if isinstance(m, Request) and m.method == "INVITE"]
        for request in found:
            asked.append(request)
            if request.headers.get("proxy-authorization") is None:
                field = (
                    'Proxy-Authenticate: Digest realm="core", nonce="n", algorithm=MD5, qop="auth"'
                )
                border.receive(answer(request, 407, field), PBX)

    phone.between = challenges
    assert phone.invite("100") == 0
    assert [request.headers.get("proxy-authorization") is None for request in asked] == [
        True,
        False,
    ]


SECRETS_BY_USER = {name.lower(): value for name, value in SECRETS.items()}


# --- calls of the core ----------------------------------------------------------------------------


def test_a_call_of_the_core_goes_down_the_flow_to_the_phone_s_own_contact() -> None:
    border, core = relayed()
    phone = phone_of(core)
    phone.register()
    core.call("anna")
    ringing = phone.called()
    assert ringing.uri == "sip:anna@192.168.1.5:5060"
    assert "10.20.0" not in border.texts(phone.flow)
    border.receive(answer(ringing, 200, body=ANSWER, contact=phone.contact), phone.flow)
    assert "200" in border.heard(PBX)


def test_of_two_phones_of_one_user_the_core_calls_each_by_its_name() -> None:
    _, core = relayed()
    desk, cell = phone_of(core), phone_of(core, port=50000)
    desk.contact, cell.contact = "<sip:anna@192.168.1.5>", "<sip:anna@192.168.1.6>"
    desk.register()
    cell.register()
    core.call("anna")
    assert [desk.called().uri, cell.called().uri] == [
        "sip:anna@192.168.1.5",
        "sip:anna@192.168.1.6",
    ]


def test_calls_go_where_the_phone_was_heard_last() -> None:
    _, core = relayed()
    phone = phone_of(core)
    phone.register()
    phone.flow = Flow("wan", "udp", ("192.0.2.77", 41000))
    phone.register()
    core.call("anna")
    assert phone.called().uri == "sip:anna@192.168.1.5:5060"


def test_nobody_but_the_core_calls_by_that_name() -> None:
    border, core = relayed()
    phone = phone_of(core)
    phone.register()
    (contact,) = core.bound["anna"]
    carrier = Flow("wan", "udp", ("198.51.100.9", 5060))
    core.border.receive(invited_by_carrier(contact.replace("10.20.0.5", "203.0.113.10")), carrier)
    assert border.heard(phone.flow) == []


def invited_by_carrier(uri: str) -> bytes:
    fields = [
        "Via: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bKx",
        "From: <sip:1@198.51.100.9>;tag=x",
        "To: <sip:anna@example.com>",
        "Call-ID: x@198.51.100.9",
        "CSeq: 1 INVITE",
        "Contact: <sip:1@198.51.100.9>",
        "Max-Forwards: 69",
    ]
    return text(f"INVITE {uri} SIP/2.0", fields, OFFER)


def test_a_flow_that_is_lost_is_told_at_once() -> None:
    border, core = relayed()
    phone = phone_of(core, transport="tcp")
    phone.register()
    border.perform(border.core.transport_failed(phone.flow, border.now))
    core.call("anna")
    assert border.heard(PBX) == ["430"]
    border.wait(3700)
    border.take(PBX)
    core.call("anna")
    assert border.heard(PBX) == ["403"]


def test_a_phone_that_falls_silent_is_gone_for_the_core_too() -> None:
    border, core = relayed()
    phone_of(core).register()
    border.wait(61)
    core.call("anna")
    assert border.heard(PBX) == ["430"]


def test_after_a_restart_the_core_reaches_phones_by_the_same_name() -> None:
    border, core = relayed()
    phone, gone = phone_of(core), phone_of(core, "bert", transport="tcp")
    phone.register()
    gone.register()
    kept = json.loads(json.dumps([record for record in border.stored.values() if record]))
    after = Border(access(RELAY))
    after.now = border.now + 20
    after.perform(after.core.restore([("phones", record) for record in kept], after.now))
    core.border = after
    core.call("anna")
    (ringing,) = [m for m in after.take(phone.flow) if isinstance(m, Request)]
    assert ringing.uri == "sip:anna@192.168.1.5:5060"
    core.call("bert")
    assert "430" in after.heard(PBX)


def test_a_service_route_is_taken_by_calls_of_that_phone_to_the_core_alone() -> None:
    border, core = relayed()
    core.extra = ["Service-Route: <sip:scscf.core;lr>, <sip:as.core;lr>"]
    phone = phone_of(core)
    phone.register()
    assert "core" not in border.texts(phone.flow)
    assert phone.invite("100") == 0
    invited = border.request(PBX, "INVITE")
    assert invited.headers.elements("route") == ["<sip:scscf.core;lr>", "<sip:as.core;lr>"]


# --- outbound and GRUU ----------------------------------------------------------------------------


def test_outbound_is_agreed_between_phone_and_core() -> None:
    _, core = relayed()
    core.extra = ["Require: outbound"]
    phone = phone_of(core, transport="tcp")
    phone.contact += OUTBOUND
    assert phone.register(None, "Supported: path, outbound, gruu") == 200
    (asked,) = core.asked
    assert set(asked.headers.supported) == {"path", "outbound", "gruu"}
    assert asked.headers.elements("path")[0].endswith(";ob>")
    assert phone.answer.headers.require == ["outbound"]


def test_a_gruu_of_the_core_reaches_the_phone_if_its_domain_is_ours() -> None:
    border, core = relayed()
    core.contact_params = (
        ';pub-gruu="sip:anna@example.com;gr=urn:uuid:1";temp-gruu="sip:x@10.20.0.11;gr"'
    )
    phone = phone_of(core)
    phone.contact += OUTBOUND
    phone.register(None, "Supported: gruu")
    shown = phone.answer.headers.get("contact") or ""
    assert 'pub-gruu="sip:anna@example.com;gr=urn:uuid:1"' in shown
    assert "temp-gruu" not in shown
    assert "10.20.0" not in border.texts(phone.flow)


# --- the core is lost -----------------------------------------------------------------------------


def test_a_core_that_is_silent_costs_a_known_phone_nothing_for_as_long_as_is_said() -> None:
    border, core = relayed(HOLDING)
    phone = phone_of(core)
    phone.register()
    core.silent = True
    border.wait(50)
    assert phone.register() == 0
    border.wait(4)
    assert border.heard(phone.flow) == ["200"]
    assert border.noted("core_lost")
    for _ in range(20):
        border.wait(25)
        if phone.register() == 0:  # one that asks whether the core is there again
            border.wait(5)
            border.take(phone.flow)
        assert users(border) == ["anna"]
    border.wait(25 * 6)
    assert phone.register() == 0
    border.wait(5)
    assert border.heard(phone.flow) == ["503"]


def test_phones_reach_each_other_while_the_core_is_lost() -> None:
    border, core = relayed(BY_THE_CORE)
    anna, bert = phone_of(core), phone_of(core, "bert", port=40001)
    anna.register()
    bert.register()
    assert anna.invite("bert") == 0
    assert border.request(PBX, "INVITE").uri == "sip:bert@10.20.0.11"
    border.wait(4.1)
    assert bert.called().uri == "sip:bert@192.168.1.5:5060"


def test_a_core_that_answers_is_not_passed_by() -> None:
    border, core = relayed(BY_THE_CORE)
    anna, bert = phone_of(core), phone_of(core, "bert", port=40001)
    anna.register()
    bert.register()
    anna.invite("bert")
    border.receive(answer(border.request(PBX, "INVITE"), 504), PBX)
    assert border.heard(anna.flow)[-1] == "504"
    assert border.heard(bert.flow) == []


def test_a_core_that_comes_back_is_believed_again() -> None:
    border, core = relayed(HOLDING)
    phone = phone_of(core)
    phone.register()
    core.silent = True
    phone.register()
    border.wait(5)
    core.silent = False
    border.wait(10)
    border.take(phone.flow)
    assert phone.register() == 200
    assert border.noted("core_back")
    core.refuses = 403
    assert phone.register() == 403


def test_without_a_word_about_it_a_lost_core_is_told() -> None:
    border, core = relayed()
    phone = phone_of(core)
    core.refuses = 503
    assert phone.register() == 503
    core.refuses, core.silent = None, True
    assert phone.register() == 0
    border.wait(32)
    assert border.heard(phone.flow) == ["503"]
    assert border.over()


def test_at_the_core_only_who_is_known_by_his_flow_is_held() -> None:
    config = HOLDING.replace('users: { anna: "${ENV:ANNA}", bert: "${ENV:BERT}" }', "at: core")
    border, core = relayed(config)
    phone, stranger = phone_of(core), phone_of(core, port=50001)
    phone.register()
    core.silent = True
    assert stranger.register() == 0
    border.wait(4)
    assert border.heard(stranger.flow) == ["503"]
    assert phone.register() == 200
