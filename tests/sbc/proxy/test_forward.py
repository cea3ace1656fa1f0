"""RFC 3261 §16.6 and §16.7: what a proxy changes of a message, and nothing more."""

from sbc.actions import Flow
from sbc.proxy.forward import Hop, Way, forwarded, without_top_via
from sbc.proxy.keyed import Keyed, Passage
from sbc.routing.listeners import Listener
from sbc.sip.message import Request, Response, parse
from sbc.sip.uri import Uri
from tests.support.messages import answer, invite, text

WAN = Listener("wan", "outside", "udp", "203.0.113.10", 5060, "203.0.113.10:5060", "203.0.113.10")
LAN = Listener("lan", "inside", "tcp", "10.20.0.5", 5060, "10.20.0.5:5060", "10.20.0.5")
HOP = Hop("pbx", Flow("lan", "tcp", ("10.20.0.11", 5060)), LAN, Uri.parse("sip:10.20.0.11:5070"))
VIA = "SIP/2.0/TCP 10.20.0.5:5060;branch=z9hG4bKours;rport"


def request(data: bytes) -> Request:
    made = parse(data)
    assert isinstance(made, Request)
    return made


def way(
    uri: str = "sip:100@203.0.113.10", *, ours: bool = True, routes: tuple[str, ...] = ()
) -> Way:
    passage = Passage("proxy", "carrier", "pbx")
    return Way("proxy", passage, (HOP,), uri, ours, False, routes, "loop")


def sent(made: Request, on: Way, came: Listener = WAN) -> Request:
    return forwarded(made, on, HOP, VIA, came, Keyed(b"k"))


def test_the_request_that_came_is_not_touched() -> None:
    made = request(invite())
    before = made.encode()
    assert sent(made, way()).encode() != before
    assert made.encode() == before


def test_all_that_needs_no_change_is_as_it_was_to_the_byte() -> None:
    odd = (*("Subject :   odd   spacing", "m2: x"), "X-Fold: a\r\n  b")
    after = sent(request(invite(*odd)), way()).encode().decode()
    for line in odd:
        assert f"\r\n{line}\r\n" in after


def test_a_domain_that_is_not_ours_stays_in_the_request_uri() -> None:
    uri = "sip:100@example.com;user=phone"
    assert sent(request(invite()), way(uri, ours=False)).uri == uri
    assert sent(request(invite()), way()).uri == "sip:100@10.20.0.11:5070"


def test_hops_are_counted_from_what_came_or_from_seventy() -> None:
    assert sent(request(invite()), way()).headers.max_forwards == 69
    bare = invite().replace(b"Max-Forwards: 70\r\n", b"")
    assert sent(request(bare), way()).headers.max_forwards == 70


def test_a_breadth_that_is_given_stays() -> None:
    """RFC 5393 §5.3.1."""
    assert sent(request(invite("Max-Breadth: 7")), way()).headers.get("max-breadth") == "7"
    assert sent(request(invite()), way()).headers.get("max-breadth") == "60"


def test_our_records_come_before_those_of_others_and_once_for_one_socket() -> None:
    made = request(invite("Record-Route: <sip:192.0.2.9;lr>"))
    twice = sent(made, way()).headers.record_route
    assert [each.partition(";lr")[0] for each in twice] == [
        "<sip:10.20.0.5:5060;transport=tcp",
        "<sip:203.0.113.10:5060",
        "<sip:192.0.2.9",
    ]
    assert len(sent(made, way(), LAN).headers.record_route) == 2


def test_a_request_that_begins_no_dialog_records_nothing() -> None:
    made = request(invite(body="").replace(b"INVITE", b"MESSAGE"))
    assert not sent(made, way()).headers.has("record-route")
    again = invite().replace(b"To: <sip:100@203.0.113.10>", b"To: <sip:100@203.0.113.10>;tag=b")
    assert not sent(request(again), way()).headers.has("record-route")


def test_routes_behind_ours_are_kept() -> None:
    made = request(invite("Route: <sip:203.0.113.10;lr>, <sip:10.20.0.11;lr>"))
    assert sent(made, way(routes=("<sip:10.20.0.11;lr>",))).headers.route == ["<sip:10.20.0.11;lr>"]
    assert not sent(made, way()).headers.has("route")


def test_a_length_is_written_where_a_datagram_had_none() -> None:
    """It may leave by TCP."""
    bare = text("OPTIONS sip:1@h SIP/2.0", []).replace(b"Content-Length: 0\r\n", b"")
    made = request(bare.replace(b"\r\n\r\n", b"\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\nbody"))
    assert sent(made, way()).headers.content_length == 4


def test_a_response_loses_its_first_via_only() -> None:
    made = sent(request(invite()), way())
    response = parse(answer(made, 200))
    assert isinstance(response, Response)
    assert [via.host for via in without_top_via(response).headers.vias] == ["192.0.2.1"]
    assert len(response.headers.vias) == 2
