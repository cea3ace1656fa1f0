"""RFC 4475: all 49 torture messages, each with the outcome that the RFC documents.

`OUTCOMES` says what the message layer must do with each. Where the RFC's outcome belongs to a layer
above, the message must pass here, and the row says what that layer owes.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from sbc.sip.address import NameAddr
from sbc.sip.cseq import CSeq
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, Response, build_response, parse
from sbc.sip.uri import Uri
from sbc.sip.validate import check_request, check_response

MESSAGES = Path(__file__).parent / "torture"


@dataclass(frozen=True, slots=True)
class Passes:
    section: str
    owed: str = ""
    """What the layers above owe, if anything."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is answered with this status."""

    section: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class Dropped:
    """A response that nobody may act upon."""

    section: str


OUTCOMES: dict[str, Passes | Refused | Dropped] = {
    "wsinv": Passes("3.1.1.1"),
    "intmeth": Passes("3.1.1.2", "405 or 501: the method is unknown"),
    "esc01": Passes("3.1.1.3"),
    "escnull": Passes("3.1.1.4", "keep %00 escaped; two different Contacts"),
    "esc02": Passes("3.1.1.5", "405 or 501: RE%47IST%45R is not REGISTER"),
    "lwsdisp": Passes("3.1.1.6"),
    "longreq": Passes("3.1.1.7"),
    "dblreq": Passes("3.1.1.8"),
    "semiuri": Passes("3.1.1.9"),
    "transports": Passes("3.1.1.10"),
    "mpart01": Passes("3.1.1.11", "415 where multipart is not understood"),
    "unreason": Passes("3.1.1.12"),
    "noreason": Passes("3.1.1.13"),
    "badinv01": Refused("3.1.2.1"),
    "clerr": Refused("3.1.2.2"),
    "ncl": Refused("3.1.2.3"),
    "scalar02": Refused("3.1.2.4"),
    "scalarlg": Dropped("3.1.2.5"),
    "quotbal": Refused("3.1.2.6"),
    "ltgtruri": Refused("3.1.2.7"),
    "lwsruri": Refused("3.1.2.8"),
    "lwsstart": Refused("3.1.2.9"),
    "trws": Refused("3.1.2.10"),
    "escruri": Refused("3.1.2.11"),
    "baddate": Refused("3.1.2.12"),
    "regbadct": Refused("3.1.2.13"),
    "badaspec": Refused("3.1.2.14"),
    "baddn": Refused("3.1.2.15"),
    "badvers": Refused("3.1.2.16", 505),
    "mismatch01": Refused("3.1.2.17"),
    "mismatch02": Refused("3.1.2.18"),
    "bigcode": Dropped("3.1.2.19"),
    "badbranch": Passes("3.2.1", "transaction: a branch of just z9hG4bK identifies nothing"),
    "insuf": Refused("3.3.1"),
    "unkscm": Refused("3.3.2", 416),
    "novelsc": Refused("3.3.3", 416),
    "unksm2": Passes("3.3.4", "registrar: 404 or 400, the AOR is none of ours; not 416"),
    "bext01": Passes("3.3.5", "UA core: 420 with Unsupported"),
    "invut": Passes("3.3.6", "UA core: 415 with Accept"),
    "regaut01": Passes("3.3.7", "registrar: 401, as if no credentials had come"),
    "multi01": Refused("3.3.8"),
    "mcl01": Refused("3.3.9"),
    "bcast": Passes("3.3.10", "transaction: matches none of ours, so it is dropped, not forwarded"),
    "zeromf": Passes("3.3.11", "483 when it would be forwarded"),
    "cparam01": Passes("3.3.12", "registrar: the unknown parameter is the Contact's"),
    "cparam02": Passes("3.3.13", "registrar: the unknown parameter is the URI's, and kept"),
    "regescrt": Passes("3.3.14", "registrar: keep the escaped Route with the binding"),
    "sdp01": Passes("3.3.15", "UA core: 406 if the answer would carry a body it does not accept"),
    "inv2543": Passes("3.4.1", "dialog: no From tag, no branch, no Max-Forwards"),
}

PASSING = [name for name, outcome in OUTCOMES.items() if isinstance(outcome, Passes)]
REFUSED = [(name, out.status) for name, out in OUTCOMES.items() if isinstance(out, Refused)]
DROPPED = [name for name, outcome in OUTCOMES.items() if isinstance(outcome, Dropped)]


def stored(name: str) -> bytes:
    return (MESSAGES / f"{name}.dat").read_bytes()


def checked(name: str) -> Request | Response:
    message = parse(stored(name))
    if isinstance(message, Request):
        check_request(message)
    else:
        check_response(message)
    return message


def request(name: str) -> Request:
    message = checked(name)
    assert isinstance(message, Request)
    return message


def response(name: str) -> Response:
    message = checked(name)
    assert isinstance(message, Response)
    return message


# The whole list


def test_all_49_messages_are_here_and_have_an_outcome() -> None:
    assert {path.stem for path in MESSAGES.glob("*.dat")} == OUTCOMES.keys()
    assert len(OUTCOMES) == 49
    assert len({outcome.section for outcome in OUTCOMES.values()}) == 49


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_understood_and_goes_out_byte_for_byte(name: str) -> None:
    message = checked(name)
    headers = message.headers
    assert headers.via in headers.vias
    assert headers.from_.uri
    assert headers.to.uri
    assert stored(name).startswith(message.encode())
    assert name == "dblreq" or stored(name) == message.encode()


@pytest.mark.parametrize(("name", "status"), REFUSED)
def test_what_is_refused_is_answered_as_the_rfc_says(name: str, status: int) -> None:
    with pytest.raises(BadMessage) as caught:
        checked(name)
    assert caught.value.status == status
    refused = caught.value.request
    assert refused is not None
    answer = build_response(refused, caught.value.status, to_tag="t").encode()
    assert answer.startswith(f"SIP/2.0 {status} ".encode())
    copied = parse(answer).headers
    for field in ("via", "from", "call-id", "cseq"):
        assert copied.all(field) == refused.headers.all(field)


@pytest.mark.parametrize("name", DROPPED)
def test_what_is_dropped_has_nobody_to_answer(name: str) -> None:
    with pytest.raises(BadMessage) as caught:
        checked(name)
    assert caught.value.request is None


# What the valid ones mean


def test_wsinv_is_read_through_all_its_white_space() -> None:
    message = request("wsinv")
    headers = message.headers
    assert message.uri == "sip:vivekg@chair-dnrc.example.com;unknownparam"
    assert headers.to == NameAddr(
        "", "sip:vivekg@chair-dnrc.example.com", (("tag", "1918181833n"),)
    )
    assert headers.from_ == NameAddr(
        'J Rosenberg \\"', "sip:jdrosen@example.com", (("tag", "98asjd8"),)
    )
    assert (headers.max_forwards, headers.cseq) == (68, CSeq(9, "INVITE"))
    assert headers.call_id == "wsinv.ndaksdj@192.0.2.1"
    assert [(via.transport, via.host, via.branch) for via in headers.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert headers.contacts == [
        NameAddr(
            'Quoted string ""',
            "sip:jdrosen@example.com",
            (("newparam", "newvalue"), ("secondparam", None), ("q", "0.33")),
        )
    ]
    assert headers.get("subject") == ""
    assert headers.get("newfangledheader") == "newfangled value continued newfangled value"
    assert headers.get("unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert headers.route == ["<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"]
    assert len(message.body) == 150


def test_wsinv_changes_in_one_line_only() -> None:
    message = request("wsinv")
    message.headers.set("max-forwards", "67")
    expected = stored("wsinv").replace(b"MaX-fOrWaRdS: 0068", b"Max-Forwards: 67")
    assert message.encode() == expected


def test_intmeth_may_use_every_character() -> None:
    message = request("intmeth")
    headers = message.headers
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    uri = Uri.parse(message.uri)
    assert uri.user == (
        "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
        ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    )
    assert uri.host == "example.com"
    assert headers.to.display == "BEL:\x07 NUL:  DEL:\x7f"  # see `lines.value_of`
    assert headers.from_.display == "token1~` token2'+_ token3*%!.-"
    assert headers.from_.param("fromparam''~+*_!.-%") == '"работающий"'
    assert headers.from_.tag == "_token~1'+`*%!-."
    assert headers.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert headers.get("extensionheader-!.%*+_`'~") == "\ufeff大停電"
    assert headers.max_forwards == 255


def test_esc01_keeps_its_escapes() -> None:
    message = request("esc01")
    uri = Uri.parse(message.uri)
    assert (uri.user, uri.host) == ("sips%3Auser%40example.com", "example.net")
    assert message.headers.from_.uri == "sip:I%20have%20spaces@example.net"
    contact = Uri.parse(message.headers.contacts[0].uri)
    assert contact.user == "cal%6Cer"
    assert (contact.param("lr"), contact.param("name")) == ("", "v%61lue%25%34%31")


def test_escnull_tells_its_two_contacts_apart() -> None:
    headers = request("escnull").headers
    assert headers.to.uri == "sip:null-%00-null@example.com"
    assert [contact.uri for contact in headers.contacts] == [
        "sip:%00@host5.example.com",
        "sip:%00%00@host5.example.com",
    ]


def test_esc02_does_not_unescape_what_is_no_escape() -> None:
    message = request("esc02")
    assert message.method == "RE%47IST%45R"
    assert message.headers.cseq == CSeq(29344, "RE%47IST%45R")
    assert message.headers.to.display == "%Z%45"
    assert message.headers.via.branch == "z9hG4bK209%fzsnel234"
    assert [contact.uri for contact in message.headers.contacts] == [
        "sip:alias1@host1.example.com",
        "sip:alias3@host3.example.com",
    ]
    assert message.headers.get("c%6fntact") == "<sip:alias2@host2.example.com>"


def test_lwsdisp_needs_no_space_before_the_bracket() -> None:
    headers = request("lwsdisp").headers
    assert headers.from_ == NameAddr("caller", "sip:caller@example.com", (("tag", "323"),))


def test_longreq_is_not_cut() -> None:
    headers = request("longreq").headers
    assert len(headers.vias) == 34
    assert [via.host for via in headers.vias[:2]] == ["sip33.example.com", "sip32.example.com"]
    assert headers.vias[-1].received == "192.0.2.5"
    assert headers.from_.tag == "1" + 50 * "298" + "2424"
    assert headers.call_id == f"longreq.one{20 * 'really'}longcallid"
    uri = Uri.parse(headers.to.uri)
    assert uri.port == 6000
    assert len(uri.params) == 3


def test_dblreq_ends_where_its_length_says() -> None:
    message = request("dblreq")
    assert (message.method, message.body) == ("REGISTER", b"")
    assert stored("dblreq").index(b"INVITE") > len(message.encode())


def test_semiuri_has_its_semicolon_in_the_user() -> None:
    message = request("semiuri")
    uri = Uri.parse(message.uri)
    assert (uri.user, uri.params) == ("user;par=u%40example.net", ())
    assert message.headers.elements("accept")[-1] == "message/sipfrag"
    assert len(message.headers.elements("accept")) == 6


def test_transports_may_be_unknown() -> None:
    vias = request("transports").headers.vias
    assert [via.transport for via in vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_mpart01_keeps_its_binary_body() -> None:
    message = request("mpart01")
    assert message.headers.content_type == "multipart/mixed"
    assert len(message.body) == 553
    assert message.body.count(b"--7a9cbec02ceef655") == 3


def test_unreason_has_a_reason_of_its_own() -> None:
    message = response("unreason")
    assert message.status == 200
    assert message.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"


def test_noreason_has_none() -> None:
    message = response("noreason")
    assert (message.status, message.reason) == (100, "")


# What the layers above find


def test_badbranch_has_a_branch_that_identifies_nothing() -> None:
    assert request("badbranch").headers.via.branch == "z9hG4bK"


def test_unksm2_keeps_schemes_that_nobody_knows() -> None:
    headers = request("unksm2").headers
    assert Uri.parse(headers.to.uri).scheme == "isbn"
    assert Uri.parse(headers.from_.uri).scheme == "http"
    assert headers.contacts[0].uri == "name:John_Smith"


def test_bext01_lists_what_it_requires() -> None:
    headers = request("bext01").headers
    assert headers.require == ["nothingsupportsthis", "nothingsupportsthiseither"]
    assert len(headers.elements("proxy-require")) == 2


def test_invut_names_its_type() -> None:
    assert request("invut").headers.content_type == "application/unknownformat"


def test_regaut01_brings_a_scheme_that_nobody_knows() -> None:
    value = request("regaut01").headers.get("authorization")
    assert value == "NoOneKnowsThisScheme opaque-data=here"


def test_bcast_shows_a_second_via() -> None:
    assert [via.host for via in response("bcast").headers.vias] == [
        "192.0.2.198",
        "255.255.255.255",
    ]


def test_zeromf_has_no_hop_left() -> None:
    assert request("zeromf").headers.max_forwards == 0


def test_cparam_01_and_02_differ_in_whose_parameter_it_is() -> None:
    (headers_parameter,) = request("cparam01").headers.contacts
    (uris_parameter,) = request("cparam02").headers.contacts
    assert headers_parameter.param("unknownparam") == ""
    assert Uri.parse(headers_parameter.uri).params == ()
    assert uris_parameter.params == ()
    assert Uri.parse(uris_parameter.uri).param("unknownparam") == ""


def test_regescrt_keeps_the_escaped_route_in_its_contact() -> None:
    (contact,) = request("regescrt").headers.contacts
    assert Uri.parse(contact.uri).headers == "Route=%3Csip:sip.example.com%3E"


def test_sdp01_says_what_it_accepts() -> None:
    headers = request("sdp01").headers
    assert headers.elements("accept") == ["text/nobodyKnowsThis"]
    assert headers.content_type == "application/sdp"


def test_inv2543_is_read_without_what_came_later() -> None:
    message = request("inv2543")
    headers = message.headers
    assert (headers.from_.tag, headers.via.branch, headers.max_forwards) == (None, None, None)
    assert headers.to == NameAddr("", "sip:+16505552222@ss1.example.net", (("user", "phone"),))
    assert headers.record_route == ["<sip:UserB@example.com;maddr=ss1.example.com>"]
    assert message.body.startswith(b"v=0\r\n")
