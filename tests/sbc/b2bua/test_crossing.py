"""The allow-list of header fields (Z4): what crosses, in which form, and that nothing else does."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbc.b2bua.crossing import ALLOWED, Field, crossing, reason
from sbc.sip.event import PACKAGES
from sbc.sip.headers import Headers

_CAUSE = r"(?:SIP|Q\.850);cause=\d{1,3}"
_MODES = r"(?:supported|sendrecv|sendonly|recvonly|inactive|gated)"
_URN = r"<urn:alert:[a-z0-9]+(?::[a-z0-9-]+)+>"
_STATE_PARAMETER = (
    r";(?:expires=\d{1,10}|retry-after=\d{1,10}"
    r"|reason=(?:deactivated|probation|rejected|timeout|giveup|noresource|invariant))"
)
GRAMMAR = {
    "Alert-Info": rf"{_URN}(?:, {_URN}){{0,3}}",
    "Event": rf"(?:{'|'.join(re.escape(each) for each in sorted(PACKAGES))})(?:;id=\d{{1,10}})?",
    "Expires": r"\d{1,10}",
    "P-Early-Media": rf"{_MODES}(?:, {_MODES})*",
    "Priority": r"emergency|urgent|normal|non-urgent",
    "Reason": rf"{_CAUSE}(?:, {_CAUSE})?",
    "Retry-After": r"\d{1,10}",
    "Subscription-State": rf"(?:active|pending|terminated)(?:{_STATE_PARAMETER}){{0,3}}",
}
"""All that may come out, written from the RFCs and not from the module."""

OTHERS = """Via Route Record-Route Contact User-Agent Server Organization Warning Subject Date
Call-Info Error-Info In-Reply-To Reply-To P-Asserted-Identity P-Preferred-Identity P-Charging-Vector
P-Access-Network-Info Remote-Party-ID Diversion History-Info Geolocation Identity Authorization
Proxy-Authorization WWW-Authenticate Replaces Referred-By Refer-To Session-Expires Min-SE Supported
Require Allow Accept Timestamp X-Internal"""

HOSTILE = [
    "SIP;" * 2000,
    "SIP; " * 1600,
    "SIP" + " " * 8000,
    f"Q.850;{';' * 100}{' ' * 7900}",
    f"SIP;{';' * 100}{' ' * 150}," * 31,
    f"SIP;cause=1{';cause=1 ' * 900}x\n",
    "a," * 4000,
    ";" * 8000,
    " " * 8000,
    "id;" * 2700,
    f"<urn:alert:{'a:' * 4000}",
    "<urn:alert:" * 740,
    f"refer{' ' * 8000}",
    f"refer;id={'1' * 8000}",
    f"active;{'=' * 8000}",
    f"active{';expires=1' * 800}",
    f"active;{' ' * 8000}",
    "9" * 8000,
    "é" * 8000,
    "\udcff" * 8000,
    '"' * 8000,
]

_PIECES = """SIP Q.850 sip ; , = : < > ( ) " cause=16 cause=487 cause=1000 text="10.0.0.7" 10.0.0.7
active pending terminated expires=60 retry-after=5 reason=timeout reason=10.0.0.7 noresource refer
;id=7 ;id=10.0.0.7 presence emergency urgent normal none id header critical user supported sendrecv
gated <urn:alert:source:internal> <http://10.0.0.7/ring.wav> urn:alert: 3600 18000;duration=3600
5(10.0.0.7) ² ٣ İ \udcff"""
VALUES = st.lists(st.sampled_from([*_PIECES.split(), " ", "\t"]), max_size=12).map(
    "".join
) | st.text(st.characters(exclude_characters="\r\n\0"), max_size=60)


def crossed(*fields: Field) -> dict[str, str]:
    return dict(crossing(Headers(fields)))


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("Alert-Info", "<urn:alert:service:call-waiting>", "<urn:alert:service:call-waiting>"),
        (
            "Alert-Info",
            "<urn:alert:source:internal>;x=10.0.0.7, <http://10.0.0.7/ring.wav>, <urn:alert:a:b:c>",
            "<urn:alert:source:internal>, <urn:alert:a:b:c>",
        ),
        ("Alert-Info", "<http://10.0.0.7/ring.wav>", None),
        ("Alert-Info", "<urn:alert:internal>", None),
        ("Alert-Info", "<urn:alert:source:Internal>", None),
        ("Alert-Info", "urn:alert:source:internal", None),
        ("Alert-Info", ", ".join(["<urn:alert:a:b>"] * 9), ", ".join(["<urn:alert:a:b>"] * 4)),
        ("Event", "refer", "refer"),
        ("Event", "REFER ; ID = 007", "refer;id=007"),
        ("Event", "refer;id=10.0.0.7", None),
        ("Event", "refer;id=12345678901", None),
        ("Event", "presence", "presence"),
        ("Event", "dialog;id=7;sla", "dialog;id=7"),
        ("Event", "pbx.inside", None),
        ("Event", "referx", None),
        ("Expires", "3600", "3600"),
        ("Expires", "0", "0"),
        ("Expires", "9999999999", "9999999999"),
        ("Expires", "10000000000", None),
        ("Expires", "-1", None),
        ("Expires", "٣", None),
        ("Expires", "²", None),
        ("Expires", "", None),
        ("P-Early-Media", "Supported", "supported"),
        ("P-Early-Media", "sendrecv, GATED , 10.0.0.7", "sendrecv, gated"),
        ("P-Early-Media", "sendrecv,sendrecv", "sendrecv"),
        ("P-Early-Media", "maybe", None),
        ("Priority", " Emergency", "emergency"),
        ("Priority", "non-urgent", "non-urgent"),
        ("Priority", "urgent, normal", None),
        ("Priority", "10.0.0.7", None),
        ("Reason", 'Q.850;cause=16;text="Terminated by 10.0.0.7"', "Q.850;cause=16"),
        ("Reason", 'sip ; text="a" ; Cause = 487 ; x=y', "SIP;cause=487"),
        ("Reason", 'SIP;cause=200;text="Answered, elsewhere"', "SIP;cause=200"),
        ("Reason", 'SIP;cause=200;text="x;cause=17;y"', "SIP;cause=200"),
        ("Reason", "SIP;cause=600, q.850;cause=017", "SIP;cause=600, Q.850;cause=17"),
        ("Reason", "SIP;cause=1,SIP;cause=2,SIP;cause=3", "SIP;cause=1, SIP;cause=2"),
        ("Reason", "Preemption;cause=1, Q.850;cause=8", "Q.850;cause=8"),
        ("Reason", "Preemption;cause=1", None),
        ("Reason", "SIP;cause=2000", None),
        ("Reason", "SIP;cause=٣", None),
        ("Reason", "QX850;cause=16", None),
        ("Reason", "SIP", None),
        ("Reason", "SIP;cause", None),
        ("Reason", "SIP cause=200", None),
        ("Retry-After", "18000", "18000"),
        ("Retry-After", "18000;duration=3600", "18000"),
        ("Retry-After", "5 (I am at 10.0.0.7)", "5"),
        ("Retry-After", "soon", None),
        ("Subscription-State", "active", "active"),
        ("Subscription-State", "Active ; Expires = 60 ; x=10.0.0.7", "active;expires=60"),
        (
            "Subscription-State",
            "terminated;reason=noresource;retry-after=5;expires=0",
            "terminated;expires=0;reason=noresource;retry-after=5",
        ),
        ("Subscription-State", "terminated;reason=10.0.0.7", "terminated"),
        ("Subscription-State", "terminated;timeout=timeout", "terminated"),
        ("Subscription-State", "pending;expires=never", "pending"),
        ("Subscription-State", "active;expires=1;expires=2", "active;expires=1"),
        ("Subscription-State", "active;expires", "active"),
        ("Subscription-State", "waiting;expires=60", None),
    ],
)
def test_a_field_that_crosses_is_rebuilt_from_what_it_means(
    name: str, value: str, becomes: str | None
) -> None:
    assert crossed((name, value)) == ({name: becomes} if becomes is not None else {})


@pytest.mark.parametrize(
    ("name", "known", "separator"),
    [
        ("Priority", ["emergency", "urgent", "normal", "non-urgent"], None),
        (
            "P-Early-Media",
            ["supported", "sendrecv", "sendonly", "recvonly", "inactive", "gated"],
            ", ",
        ),
    ],
)
def test_every_registered_value_crosses(name: str, known: list[str], separator: str | None) -> None:
    for value in known if separator is None else [*known, separator.join(known)]:
        assert crossed((name, value)) == {name: value}


@pytest.mark.parametrize(
    "why", ["deactivated", "probation", "rejected", "timeout", "giveup", "noresource"]
)
def test_every_registered_reason_of_a_subscription_crosses(why: str) -> None:
    value = f"terminated;reason={why}"
    assert crossed(("Subscription-State", value)) == {"Subscription-State": value}


def test_the_fields_of_one_name_are_one_list() -> None:
    fields = crossed(
        ("Reason", "SIP;cause=486"), ("Priority", "urgent"), ("Reason", "Q.850;cause=17")
    )
    assert fields == {"Reason": "SIP;cause=486, Q.850;cause=17", "Priority": "urgent"}


def test_two_priorities_are_none() -> None:
    assert crossed(("Priority", "urgent"), ("Priority", "normal")) == {}


@pytest.mark.parametrize("name", OTHERS.split())
def test_no_other_field_crosses(name: str) -> None:
    assert crossed((name, "id"), ("Priority", "urgent")) == {"Priority": "urgent"}


def test_a_message_without_any_of_them_brings_nothing() -> None:
    assert crossing(Headers([("From", "<sip:a@10.0.0.7>"), ("X-Internal", "1")])) == ()
    assert crossing(Headers()) == ()


def test_the_grammar_of_this_test_covers_the_whole_list() -> None:
    assert {written for written, _ in ALLOWED.values()} == GRAMMAR.keys()
    assert {written.lower(): written for written in GRAMMAR} == {
        name: written for name, (written, _) in ALLOWED.items()
    }


@given(VALUES)
def test_no_value_that_comes_out_holds_anything_outside_its_grammar(value: str) -> None:
    for written, rebuilt in crossed(*[(name, value) for name in GRAMMAR]).items():
        assert re.fullmatch(GRAMMAR[written], rebuilt, re.ASCII), rebuilt


@given(VALUES)
def test_what_has_crossed_once_crosses_the_next_border_unchanged(value: str) -> None:
    once = crossed(*[(name, value) for name in GRAMMAR])
    assert crossed(*once.items()) == once


@pytest.mark.parametrize("name", GRAMMAR)
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_eight_kilobytes_of_malice_raise_nothing_and_grow_nothing(name: str, value: str) -> None:
    _, rebuild = ALLOWED[name.lower()]
    rebuilt = rebuild(value)
    if rebuilt is not None:
        assert re.fullmatch(GRAMMAR[name], rebuilt, re.ASCII)
        assert len(rebuilt) <= 256


def test_reason_stands_alone_too() -> None:
    assert reason('Q.850;cause=31;text="x"') == "Q.850;cause=31"
    assert reason("") is None
