"""RFC 5118 §4: the IPv6 torture messages, each with the outcome that the RFC documents.

The lengths printed in §4.6, §4.8 and §4.9 do not fit the bodies printed below them, which is not
what these messages are about: here Content-Length counts the body as it stands.
"""

import pytest

from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, parse
from sbc.sip.uri import Uri
from sbc.sip.validate import check_request

REGISTER = """\
REGISTER {uri} SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::1]>
CSeq: 98176 REGISTER
Content-Length: 0

"""

RECEIVED_WITH_BRACKETS = """\
BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

"""

RECEIVED_WITHOUT_BRACKETS = """\
OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0

"""

IN_SDP = """\
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: 251

v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
"""

SEVERAL_IN_HEADERS = """\
BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
From: sip:user@example.com;tag=81x2
Content-Length: 0

"""

SEVERAL_IN_SDP = """\
INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
From: sip:user@example.com;tag=81x2
Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
Content-Length: 189

v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
"""

MAPPED = """\
INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: 245

v=0
o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2
s=Call me soon, please!
c=IN IP6 ::ffff:192.0.2.2
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
"""

COLONS = """\
OPTIONS sip:user@{reference} SIP/2.0
To: sip:user@{reference}
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

"""

ACCEPTED = {
    "4.1 a reference": REGISTER.format(uri="sip:[2001:db8::10]"),
    "4.3 a port inside": REGISTER.format(uri="sip:[2001:db8::10:5070]"),
    "4.4 a port outside": REGISTER.format(uri="sip:[2001:db8::10]:5070"),
    "4.5 received with brackets": RECEIVED_WITH_BRACKETS,
    "4.5 received without": RECEIVED_WITHOUT_BRACKETS,
    "4.6 in SDP": IN_SDP,
    "4.7 several in headers": SEVERAL_IN_HEADERS,
    "4.8 several in SDP": SEVERAL_IN_SDP,
    "4.9 mapped": MAPPED,
    "4.10 three colons": COLONS.format(reference="[2001:db8:::192.0.2.1]"),
    "4.10 two colons": COLONS.format(reference="[2001:db8::192.0.2.1]"),
}


def octets(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def request(name: str) -> Request:
    message = parse(octets(ACCEPTED[name]))
    assert isinstance(message, Request)
    check_request(message)
    return message


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_message_but_one_is_accepted_and_goes_out_byte_for_byte(name: str) -> None:
    message = request(name)
    assert message.headers.vias
    assert message.encode() == octets(ACCEPTED[name])


@pytest.mark.parametrize("name", ACCEPTED)
def test_every_uri_and_every_via_is_written_as_it_was_read(name: str) -> None:
    message = request(name)
    headers = message.headers
    for text in (message.uri, headers.to.uri, *(contact.uri for contact in headers.contacts)):
        assert str(Uri.parse(text)) == text
    assert [str(via) for via in headers.vias] == headers.elements("via")


def test_4_2_an_address_without_brackets_is_400() -> None:
    message = parse(octets(REGISTER.format(uri="sip:2001:db8::10")))
    assert isinstance(message, Request)
    with pytest.raises(BadMessage) as caught:
        check_request(message)
    assert caught.value.status == 400


def test_4_1_and_4_4_host_and_port_are_told_apart() -> None:
    plain, ported = (
        Uri.parse(request(name).uri) for name in ("4.1 a reference", "4.4 a port outside")
    )
    assert (plain.host, plain.port) == ("2001:db8::10", None)
    assert (ported.host, ported.port) == ("2001:db8::10", 5070)


def test_4_3_what_is_inside_the_brackets_is_the_address() -> None:
    uri = Uri.parse(request("4.3 a port inside").uri)
    assert (uri.host, uri.port) == ("2001:db8::10:5070", None)


@pytest.mark.parametrize("name", ["4.5 received with brackets", "4.5 received without"])
def test_4_5_received_is_the_same_with_and_without_brackets(name: str) -> None:
    assert request(name).headers.via.received == "2001:db8::9:255"


def test_4_5_we_write_received_without_brackets() -> None:
    via = request("4.1 a reference").headers.via.with_source("2001:db8::9:255", 5060)
    assert str(via).endswith(";branch=z9hG4bKas3-111;received=2001:db8::9:255")


def test_4_6_the_body_is_whole() -> None:
    message = request("4.6 in SDP")
    assert b"c=IN IP6 2001:db8::20\r\n" in message.body
    assert len(message.body) == 251


def test_4_7_each_via_keeps_its_family() -> None:
    vias = request("4.7 several in headers").headers.vias
    assert [(via.host, via.port, via.received) for via in vias] == [
        ("2001:db8::9:1", 6050, None),
        ("192.0.2.1", None, None),
        ("2001:db8::9:255", None, "192.0.2.200"),
    ]


def test_4_8_the_body_keeps_both_families() -> None:
    body = request("4.8 several in SDP").body
    assert b"c=IN IP4 192.0.2.1\r\n" in body
    assert b"c=IN IP6 2001:db8::1\r\n" in body


def test_4_9_a_mapped_address_is_an_address() -> None:
    headers = request("4.9 mapped").headers
    assert [(via.host, via.port) for via in headers.vias] == [
        ("::ffff:192.0.2.10", 19823),
        ("::ffff:192.0.2.2", None),
    ]
    assert Uri.parse(headers.contacts[0].uri).host == "::ffff:192.0.2.2"


def test_4_10_both_forms_are_borne() -> None:
    assert Uri.parse(request("4.10 three colons").uri).host == "2001:db8:::192.0.2.1"
    assert Uri.parse(request("4.10 two colons").uri).host == "2001:db8::192.0.2.1"
