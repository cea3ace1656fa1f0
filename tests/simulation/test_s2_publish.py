"""PUBLISH through the border: tags of one side stand for those of the other (S2; RFC 3903)."""

import pytest

from sbc.sip.message import Request
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import answer
from tests.support.watching import subscribe


def publish(border: Border, *extra: str, event: str = "presence", **how: str) -> Request:
    send(border, *extra, event=event, **how)
    return border.request(CALLEE, "PUBLISH")


def send(border: Border, *extra: str, event: str = "presence", **how: str) -> None:
    how.setdefault("call_id", f"p{len(border.sent)}-{border.now}")
    border.receive(subscribe(*extra, method="PUBLISH", event=event, **how), CALLER)


def published(border: Border, theirs: str = "inside-etag.10.20.0.11") -> str:
    """A state, and the tag that the publisher has of it."""
    request = publish(border, "Expires: 600")
    assert request.headers.get("sip-if-match") is None
    border.receive(answer(request, 200, f"SIP-ETag: {theirs}", "Expires: 300"), CALLEE)
    said = border.response(CALLER, 200)
    assert said.headers.expires == 300
    tag = said.headers.get("sip-etag") or ""
    assert tag
    assert theirs not in border.texts(CALLER)
    return tag


def test_a_state_is_published_refreshed_changed_and_taken_back_by_tags_of_each_side() -> None:
    border = Border()
    tag = published(border)
    request = publish(border, f"SIP-If-Match: {tag}", "Expires: 600")
    assert request.headers.get("event") == "presence"
    assert request.headers.expires == 600
    assert request.headers.get("sip-if-match") == "inside-etag.10.20.0.11"
    border.receive(answer(request, 200, "SIP-ETag: second", "Expires: 600"), CALLEE)
    newer = border.response(CALLER, 200).headers.get("sip-etag") or ""
    assert newer not in {tag, "second", ""}
    send(border, f"SIP-If-Match: {tag}")
    assert border.heard(CALLER) == ["412"]
    last = publish(border, f"SIP-If-Match: {newer}", "Expires: 0")
    assert last.headers.get("sip-if-match") == "second"
    border.receive(answer(last, 200, "SIP-ETag: third", "Expires: 0"), CALLEE)
    said = border.response(CALLER, 200)
    assert said.headers.get("sip-etag") is None
    assert said.headers.expires == 0
    assert border.core.left_over()["published"] == 0
    assert border.over()


@pytest.mark.parametrize("tag", ["nothing", "inside-etag.10.20.0.11", "a b", ""])
def test_a_tag_that_we_never_gave_is_412_and_goes_nowhere(tag: str) -> None:
    border = Border()
    published(border)
    send(border, f"SIP-If-Match: {tag}")
    assert border.heard(CALLER) == ["412"]
    assert border.heard(CALLEE) == []


def test_a_tag_is_good_for_the_one_whose_state_it_is() -> None:
    border = Border()
    tag = published(border)
    send(border, f"SIP-If-Match: {tag}", number="101")
    assert border.heard(CALLER) == ["412"]


def test_what_the_other_side_no_longer_knows_is_forgotten_here() -> None:
    border = Border()
    tag = published(border)
    border.receive(answer(publish(border, f"SIP-If-Match: {tag}"), 412), CALLEE)
    assert border.heard(CALLER) == ["412"]
    assert border.core.left_over()["published"] == 0


def test_a_refusal_comes_back_and_the_state_stays() -> None:
    border = Border()
    tag = published(border)
    request = publish(border, f"SIP-If-Match: {tag}", "Expires: 5")
    border.receive(answer(request, 423, "Min-Expires: 60"), CALLEE)
    assert border.response(CALLER, 423).headers.get("min-expires") == "60"
    publish(border, f"SIP-If-Match: {tag}")


def test_a_state_that_nobody_refreshes_is_forgotten_in_time() -> None:
    border = Border()
    published(border)
    border.wait(331)
    assert border.core.left_over()["published"] == 1
    border.wait(2)
    assert border.core.left_over()["published"] == 0
    assert border.over()


@pytest.mark.parametrize(("event", "status"), [("pbx.inside", 489), ("", 489), ("dialog", 489)])
def test_only_packages_of_both_zones_cross(event: str, status: int) -> None:
    border = Border(TWO_ZONES.replace("trust: trusted", "trust: trusted, events: [presence]"))
    send(border, event=event)
    assert border.response(CALLER, status).headers.has("allow-events")
    assert border.heard(CALLEE) == []


def test_a_peer_that_gives_no_tag_leaves_nothing_to_remember() -> None:
    border = Border()
    border.receive(answer(publish(border), 200, "Expires: 60"), CALLEE)
    assert border.response(CALLER, 200).headers.get("sip-etag") is None
    border.receive(answer(publish(border), 200, "SIP-ETag: a b;c"), CALLEE)
    assert border.response(CALLER, 200).headers.get("sip-etag") is None
    assert border.core.left_over()["published"] == 0


def test_published_states_of_a_trunk_are_bounded() -> None:
    border = Border(TWO_ZONES.replace("refer: relay", "refer: relay, limits: { subscriptions: 2 }"))
    tags = [published(border) for _ in range(2)]
    send(border)
    assert border.heard(CALLER) == ["503"]
    publish(border, f"SIP-If-Match: {tags[0]}")


def test_a_challenge_of_a_trunk_with_an_account_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRUNK", "secret")
    border = Border(
        TWO_ZONES.replace(
            'endpoints: [{ uri: "sip:10.20.0.11" }],',
            'endpoints: [{ uri: "sip:10.20.0.11" }],'
            ' auth: { user: sbc, password: "${ENV:TRUNK}", realm: inside },',
        )
    )
    request = publish(border)
    challenge = 'WWW-Authenticate: Digest realm="inside", nonce="n", algorithm=MD5, qop="auth"'
    border.receive(answer(request, 401, challenge), CALLEE)
    again = border.request(CALLEE, "PUBLISH")
    assert again.headers.cseq.number == 2
    assert "authorization" in again.headers.present()
    border.receive(answer(again, 200, "SIP-ETag: x", "Expires: 60"), CALLEE)
    assert border.heard(CALLER) == ["200"]
    assert border.over()
