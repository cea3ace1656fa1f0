from typing import Any

from media.ng.settings import Settings
from tests.support.ng import CALLED, CALLER, EPOCH, NgWorld, described, sdp
from tests.support.rtp_streams import rtp
from tests.support.secure_call import crypto


def streams(query: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = query["tags"][tag]["medias"][0]["streams"]
    return found


def test_a_half_open_call_has_a_party_without_a_tag() -> None:
    world = NgWorld()
    world.offer(via_branch="br", label="alice")
    query = world.ask("query", call_id="c")
    assert (query["result"], query["created"], query["last signal"]) == ("ok", EPOCH, EPOCH)
    assert set(query["tags"]) == {"a", "<untagged 1>"}
    assert query["tags"]["a"]["label"] == "alice"
    assert query["tags"]["<untagged 1>"]["via-branch"] == "br"
    assert query["tags"]["a"]["subscriptions"] == [{"tag": "", "type": "offer/answer"}]
    near = streams(query, "a")[0]
    assert near["endpoint"] == {"family": "IPv4", "address": CALLER[0], "port": CALLER[1]}
    assert near["flags"] == ["RTP", "filled"]
    assert streams(query, "<untagged 1>")[0]["endpoint"] == {}


def test_packets_are_told_by_stream_source_and_in_all() -> None:
    world = NgWorld(Settings(delete_delay=0.0))
    near, far = world.call()
    for number in range(20):
        world.wait(0.02)
        world.arrive(near, rtp(number, 160 * number, 8, 0xABC), CALLER)
        world.arrive(far, rtp(number, 160 * number, 8, 0xDEF), CALLED)
    query = world.ask("query", call_id="c")
    stream = streams(query, "a")[0]
    assert (stream["local port"], stream["SSRC"]) == (near, 0xABC)
    assert stream["flags"] == ["RTP", "filled", "confirmed"]
    assert stream["stats"] == {"packets": 20, "bytes": 20 * 172, "errors": 0}
    source = query["SSRC"][str(0xDEF)]
    assert (source["packets"], source["cumulative loss"]) == (20, 0)
    assert 40 <= source["average MOS"]["MOS"] <= 45
    assert source["lowest MOS"]["MOS"] <= source["average MOS"]["MOS"]
    assert source["average MOS"]["MOS"] <= source["highest MOS"]["MOS"]
    assert query["totals"]["RTP"] == {"packets": 40, "bytes": 40 * 172, "errors": 0}
    deleted = world.ask("delete", call_id="c")
    assert deleted["totals"] == query["totals"]


def test_the_caller_of_a_forked_call_is_told_once_with_all_its_streams() -> None:
    world = NgWorld()
    world.offer(via_branch="1")
    world.offer(via_branch="2")
    query = world.ask("query", call_id="c")
    assert set(query["tags"]) == {"a", "<untagged 1>", "<untagged 2>"}
    assert len(query["tags"]["a"]["medias"]) == 2
    assert len(query["tags"]["a"]["subscribers"]) == 2


def test_the_worst_interval_is_the_lowest_score() -> None:
    world = NgWorld(Settings(delete_delay=0.0))
    near, _ = world.call()
    for number in range(320):
        world.wait(0.1)
        if not 110 < number < 190 or number % 3:
            world.arrive(near, rtp(number, 800 * number, 8, 0xABC), CALLER)
    source = world.ask("query", call_id="c")["SSRC"][str(0xABC)]
    scores = [source[f"{name} MOS"]["MOS"] for name in ("lowest", "average", "highest")]
    assert scores[0] < scores[1] < scores[2]


def test_what_a_stream_uses_is_among_its_flags() -> None:
    world = NgWorld()
    world.offer(transport_protocol="RTP/SAVP", rtcp_mux=["offer"])
    key = crypto("AES_CM_128_HMAC_SHA1_80", 3, 5)
    held = sdp(CALLED, key.line, "a=rtcp-mux", "a=recvonly", protocol="RTP/SAVP")
    world.answer(held)
    tags = world.ask("query", call_id="c")["tags"]
    assert tags["a"]["medias"][0]["flags"] == ["initialized", "send", "recv"]
    assert tags["b"]["medias"][0]["flags"] == ["initialized", "send", "rtcp-mux", "SDES"]
    assert streams({"tags": tags}, "b")[0]["crypto suite"] == "AES_CM_128_HMAC_SHA1_80"


def test_what_fails_to_be_authentic_is_an_error() -> None:
    world = NgWorld()
    far = described(world.offer(transport_protocol="RTP/SAVP")).media[0].port
    key = crypto("AES_CM_128_HMAC_SHA1_80", 3, 5)
    world.answer(sdp(CALLED, key.line, protocol="RTP/SAVP"))
    world.arrive(far, rtp(0, 0, 8) + bytes(10), CALLED)
    assert world.ask("query", call_id="c")["totals"]["RTP"]["errors"] == 1
