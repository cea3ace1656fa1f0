"""Bodies across the border (Z6): an allow-list by zone, parts of multipart bodies one by one, no
address of one side in any document; dialogs of calls of ours by the names of the other leg (S9)."""

import re

import pytest

from sbc.sip.message import Request, Response
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES, UDP_ONLY
from tests.support.documents import ALL, PIDF, RLMI, filled
from tests.support.ends import End, calling, hang_up, ringing, up
from tests.support.messages import ANSWER, OFFER, answer, invite
from tests.support.watching import notifier, subscribe, subscriber, watching

TOKEN = "pbx-7f3a.inside"
BOTH = TWO_ZONES.replace(
    "trust: untrusted", "trust: untrusted, message_limits: { body_types: [application/sdp, @] }"
).replace("trust: trusted", "trust: trusted, message_limits: { body_types: [application/sdp, @] }")


def only(*types: str) -> Border:
    return Border(BOTH.replace("@", ", ".join(types)))


def outside_only(*types: str) -> Border:
    """Inside every type is taken that we know."""
    listed = ", ".join(("application/sdp", *types))
    text = TWO_ZONES.replace(
        "trust: untrusted", f"trust: untrusted, message_limits: {{ body_types: [{listed}] }}"
    )
    return Border(text)


def told(end: End, kind: str, body: str, event: str = "dialog", state: str = "active") -> None:
    end.ask(
        "NOTIFY", f"Event: {event}", f"Subscription-State: {state}", body=body, kind=kind
    )  # fmt: skip


# --- no address of one side on the other ---


@pytest.mark.parametrize("kind", ALL)
def test_a_token_of_the_inside_in_every_place_is_nowhere_outside(kind: str) -> None:
    border = Border()
    here, there = watching(border)
    told(there, kind, filled(ALL[kind], TOKEN))
    request = here.got("NOTIFY")
    assert request.headers.content_type == kind
    assert request.body
    assert "7f3a" not in border.texts(CALLER)
    assert b"\0" not in request.body
    if kind != "application/im-iscomposing+xml":
        assert b"203.0.113.10" in request.body
    here.answers(request, 200)
    there.heard(200)


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "SUBSCRIBE"])
def test_nor_is_one_of_the_outside_inside(method: str) -> None:
    border = Border()
    kind = "application/pidf+xml"
    body = filled(PIDF, TOKEN)
    border.receive(subscribe(method=method, event="presence", body=body, kind=kind), CALLER)
    request = border.request(CALLEE, method)
    assert b"pres:100@10.20.0.5" in request.body
    assert "7f3a" not in border.texts(CALLEE)


@pytest.mark.parametrize("method", ["INFO", "MESSAGE"])
def test_nor_within_a_call_nor_in_answers(method: str) -> None:
    border = Border()
    caller, callee = up(border)
    callee.ask(method, body=filled(PIDF, TOKEN), kind="application/pidf+xml")
    request = caller.got(method)
    assert b"203.0.113.10" in request.body
    back = answer(request, 200, tag="", body=filled(PIDF, "host-9e1.outside"))
    back = back.replace(b"application/sdp", b"application/pidf+xml")
    border.receive(back, CALLER)
    assert b"10.20.0.5" in callee.heard(200).body
    assert "7f3a" not in border.texts(CALLER)
    assert "9e1" not in border.texts(CALLEE)
    hang_up(caller, callee)
    assert border.over()


def test_the_token_is_nowhere_in_a_list_of_several_parts_either() -> None:
    border = Border(UDP_ONLY)
    border.receive(subscribe("Supported: eventlist"), CALLER)
    asked = border.request(CALLEE, "SUBSCRIBE")
    there = notifier(border, asked)
    there.answers(asked, 200, "Expires: 60")
    here = subscriber(border, border.response(CALLER, 200))
    parts = [
        f"--b\r\nContent-Type: application/rlmi+xml\r\nContent-ID: <top@{TOKEN}>\r\n\r\n"
        + filled(RLMI, TOKEN),
        f"--b\r\nContent-Type: application/pidf+xml\r\nContent-ID: <one@{TOKEN}>\r\n\r\n"
        + filled(PIDF, TOKEN),
        f"--b\r\nContent-Type: text/html\r\n\r\n<a href='{TOKEN}'>\r\n--b--\r\n",
    ]
    kind = f'multipart/related;type="application/rlmi+xml";start="<top@{TOKEN}>";boundary=b'
    there.ask(
        "NOTIFY", "Event: dialog", "Subscription-State: active", "Require: eventlist",
        body="\r\n".join(parts), kind=kind,
    )  # fmt: skip
    request = here.got("NOTIFY")
    assert request.headers.require == ["eventlist"]
    text = request.body.decode()
    ids = re.findall(r"Content-ID: <([^>]+)>", text)
    assert len(ids) == 2
    assert all(f'cid="{each}"' in text for each in ids)
    assert f'start="<{ids[0]}>"' in (request.headers.get("content-type") or "")
    assert "7f3a" not in border.texts(CALLER)


# --- the allow-list ---


@pytest.mark.parametrize("kind", ["application/isup", "text/html", "application/cpl+xml"])
def test_a_type_that_is_not_listed_is_415(kind: str) -> None:
    border = Border()
    here, there = watching(border)
    told(there, kind, "x")
    assert "application/pidf+xml" in (there.heard(415).headers.get("accept") or "")
    assert here.inbox() == []


def test_the_last_notify_comes_without_what_may_not_cross() -> None:
    border = Border()
    here, there = watching(border)
    told(there, "text/html", TOKEN, state="terminated;reason=noresource")
    request = here.got("NOTIFY")
    assert request.body == b""
    assert request.headers.get("content-type") is None


@pytest.mark.parametrize("method", ["MESSAGE", "PUBLISH", "SUBSCRIBE"])
def test_what_the_other_side_may_not_get_is_415_too(method: str) -> None:
    text = TWO_ZONES.replace(
        "trust: trusted", "trust: trusted, message_limits: { body_types: [application/sdp] }"
    )
    border = Border(text)
    message = subscribe(method=method, body="hello", kind="text/plain", event="presence")
    border.receive(message, CALLER)
    assert border.heard(CALLER) == ["415"]
    assert border.heard(CALLEE) == []


def test_within_a_call_as_well_and_an_answer_goes_without_it() -> None:
    border = outside_only("text/plain")
    caller, callee = up(border)
    callee.ask("INFO", body="Signal=1", kind="application/dtmf-relay")
    callee.heard(415)
    assert caller.inbox() == []
    caller.ask("MESSAGE", body="hello", kind="text/plain")
    back = answer(callee.got("MESSAGE"), 200, tag="", body="5").replace(
        b"application/sdp", b"application/dtmf"
    )
    border.receive(back, CALLEE)
    assert caller.heard(200).body == b""


def test_isup_crosses_only_where_both_zones_list_it_and_then_as_it_is() -> None:
    signal = "\x01\x10\x49"
    body = (
        f"--b\r\nContent-Type: application/sdp\r\n\r\n{OFFER}\r\n--b\r\nContent-Type: "
        "application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n"
        f"{signal}\r\n--b--\r\n"
    )
    for border, crosses in ((Border(), False), (only("application/isup"), True)):
        message = invite(body=body).replace(b"application/sdp", b"multipart/mixed;boundary=b", 1)
        border.receive(message, CALLER)
        request = border.request(CALLEE, "INVITE")
        assert (b"\x01\x10\x49" in request.body) is crosses
        assert b"10.20.0.5" in request.body  # the description is ours
        assert b"192.0.2.1" not in request.body
        kind = request.headers.content_type
        assert kind == ("multipart/mixed" if crosses else "application/sdp")
        assert (b"signal;handling=optional" in request.body) is crosses


def test_an_offer_beside_other_parts_is_anchored_and_answered_as_any_other() -> None:
    body = (
        f"--b\r\nContent-Type: application/sdp\r\n\r\n{OFFER}\r\n--b\r\nContent-Type: "
        f"application/pidf+xml\r\nContent-ID: <where@{TOKEN}>\r\n\r\n{filled(PIDF, TOKEN)}"
        "\r\n--b--\r\n"
    )
    border = Border(UDP_ONLY)
    message = invite(body=body).replace(b"application/sdp", b"multipart/mixed;boundary=b", 1)
    border.receive(message, CALLER)
    request = border.request(CALLEE, "INVITE")
    assert request.headers.content_type == "multipart/mixed"
    assert b"m=audio 3" in request.body
    assert "7f3a" not in border.texts(CALLEE)
    border.receive(answer(request, 200, body=ANSWER), CALLEE)
    said = border.response(CALLER, 200)
    assert said.headers.content_type == "application/sdp"
    caller = calling(border, said)
    caller.ack()
    assert border.heard(CALLEE) == ["ACK"]


def test_what_a_subscriber_accepts_crosses_if_it_may_come() -> None:
    border = Border()
    accept = "Accept: application/dialog-info+xml;q=1, text/html, multipart/related"
    border.receive(subscribe(accept), CALLER)
    asked = border.request(CALLEE, "SUBSCRIBE")
    assert asked.headers.get("accept") == "application/dialog-info+xml, multipart/related"
    border.receive(subscribe("Accept: text/html", call_id="another"), CALLER)
    assert border.heard(CALLER) == ["406"]


# --- calls of ours by the names of the other leg (S9) ---


def dialog_info(call_id: str, local: str, remote: str) -> str:
    return (
        '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" '
        'entity="sip:100@10.20.0.11">'
        f'<dialog id="1" call-id="{call_id}" local-tag="{local}" remote-tag="{remote}" '
        'direction="recipient"><state>early</state></dialog></dialog-info>'
    )


def names(message: Request | Response) -> tuple[str, str, str]:
    found = re.search(
        r'call-id="([^"]+)" local-tag="([^"]+)" remote-tag="([^"]+)"', message.body.decode()
    )
    assert found is not None
    return found[1], found[2], found[3]


def test_a_watcher_gets_the_names_that_it_can_use_in_a_replaces() -> None:
    """The PBX tells of its own end of a call with the outside: somebody outside takes the place of
    the caller."""
    border = Border()
    caller, callee, request = ringing(border)
    here, there = watching(border)
    inside = request.headers
    body = dialog_info(inside.call_id, "bob-tag", inside.from_.tag or "")
    told(there, "application/dialog-info+xml", body)
    call_id, local, remote = names(here.got("NOTIFY"))
    assert call_id == "abc@192.0.2.1"
    assert (local, remote) == (caller.remote.rpartition("tag=")[2], "alice-tag")
    border.receive(
        invite(
            f"Replaces: {call_id};to-tag={local};from-tag={remote}",
            call_id="taker@192.0.2.1", branch="z9hG4bKtaker", tag="taker",
        ),
        CALLER,
    )  # fmt: skip
    taken = border.request(CALLEE, "INVITE").headers.get("replaces")
    assert taken == f"{inside.call_id};to-tag=bob-tag;from-tag={inside.from_.tag}"
    del callee


def test_of_somebody_behind_us_it_gets_a_name_that_leads_to_the_same_place() -> None:
    """The PBX tells of the outside caller's end: the call is taken from him."""
    border = Border()
    _, _, request = ringing(border)
    here, there = watching(border)
    inside = request.headers
    body = dialog_info(inside.call_id, inside.from_.tag or "", "bob-tag")
    told(there, "application/dialog-info+xml", body)
    call_id, local, remote = names(here.got("NOTIFY"))
    assert inside.call_id not in call_id
    border.receive(
        invite(
            f"Replaces: {call_id};to-tag={local};from-tag={remote}",
            call_id="taker@192.0.2.1", branch="z9hG4bKtaker", tag="taker",
        ),
        CALLER,
    )  # fmt: skip
    taken = border.request(CALLEE, "INVITE").headers.get("replaces")
    assert taken == f"{inside.call_id};to-tag=bob-tag;from-tag={inside.from_.tag}"


def test_a_dialog_of_ours_is_named_to_nobody_by_another_than_its_own_peer() -> None:
    """The tags of the outer leg, told by the PBX, are none that it could know."""
    border = Border()
    caller, _, _ = ringing(border)
    here, there = watching(border)
    ours = caller.remote.rpartition("tag=")[2]
    told(there, "application/dialog-info+xml", dialog_info("abc@192.0.2.1", ours, "alice-tag"))
    assert names(here.got("NOTIFY"))[0] != "abc@192.0.2.1"


def test_a_call_inside_the_pbx_can_be_taken_by_who_watches_it() -> None:
    """It goes through no border, so its names are made up; they lead back to the PBX alone."""
    border = Border()
    here, there = watching(border)
    told(there, "application/dialog-info+xml", dialog_info("in@10.20.0.11", "ext-100", "ext-101"))
    call_id, local, remote = names(here.got("NOTIFY"))
    assert {call_id, local, remote}.isdisjoint({"in@10.20.0.11", "ext-100", "ext-101"})
    border.receive(
        invite(f"Replaces: {call_id};to-tag={local};from-tag={remote};early-only"), CALLER
    )
    taken = border.request(CALLEE, "INVITE").headers.get("replaces")
    assert taken == "in@10.20.0.11;to-tag=ext-100;from-tag=ext-101;early-only"
    other = invite(
        f"Replaces: {call_id};to-tag={remote};from-tag={local}",
        call_id="x", branch="z9hG4bKx", tag="x",
    )  # fmt: skip
    border.receive(other, CALLER)
    assert "481" in border.heard(CALLER)


def test_a_call_of_ours_that_is_ending_is_named_to_nobody() -> None:
    border = Border()
    caller, callee = up(border)
    here, there = watching(border)
    inside = callee.remote.rpartition("tag=")[2]
    body = dialog_info(callee.call_id, "bob-tag", inside)
    caller.ask("BYE")
    told(there, "application/dialog-info+xml", body)
    call_id, _, _ = names(here.got("NOTIFY"))
    assert call_id not in {callee.call_id, "abc@192.0.2.1"}
