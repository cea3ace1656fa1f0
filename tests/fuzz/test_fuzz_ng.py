"""The NG door under random bytes and messages: every one is answered, none breaks anything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from media.ng.bencode import Read, decode, encode
from media.ng.service import Service
from tests.support.ng import CALLED, CALLER, NgWorld, sdp

_WORDS = st.sampled_from(
    [
        *("a", "b", "c", "", "pub", "priv", "nix", "all", "force", "remove", "origin", "RTP/SAVP"),
        *("UDP/TLS/RTP/SAVPF", "IP4", "IP6", "strict-source", "directional", "codec-strip-PCMA"),
        *("SDES-off", "rtcp-mux-require", "WebRTC", "off", "delayed", "0", "-1", "99999999999"),
        *("2001:db8::1", "0.0.0.0", "ICE=force [", "codec=[strip=[all] offer=x]", "generate-mid"),
    ]
)
_BODIES = st.sampled_from(
    [
        sdp(CALLER),
        sdp(CALLED, "a=inactive"),
        sdp(("0.0.0.0", 1)),
        sdp(("2001:db8::9", 9)),
        sdp((CALLER[0], 0)),
        sdp(CALLER, "m=image 5 udptl t38", "m=video 7 RTP/AVP 97"),
        sdp(CALLER, "a=rtcp-mux", "a=mid:1", protocol="RTP/SAVP"),
        sdp(CALLER, formats=" ".join(map(str, range(128)))),
        "v=0",
        "",
    ]
)
_VALUES: st.SearchStrategy[Read] = st.recursive(
    _WORDS | st.integers(-5, 10**6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=5,
)
_COMMANDS = st.sampled_from(
    ["offer", "answer", "delete", "query", "list", "statistics", "ping", "block media", "x"]
)
_KEYS = st.sampled_from(
    [
        *("flags", "replace", "ICE", "transport-protocol", "direction", "address family"),
        *("codec", "SDES", "rtcp-mux", "rtpp-flags", "media-address", "received-from", "label"),
        *("endpoint-learning", "delete-delay", "via-branch", "DTLS", "OSRTP", "supports", "limit"),
    ]
)
_NAMES = st.fixed_dictionaries(
    {},
    optional={
        "call-id": st.sampled_from("cd"),
        "from-tag": st.sampled_from("ab"),
        "to-tag": st.sampled_from("ab"),
        "sdp": _BODIES,
    },
)


@settings(deadline=None)
@given(st.lists(st.tuples(_COMMANDS, _NAMES, st.dictionaries(_KEYS, _VALUES, max_size=4))))
def test_any_messages_are_answered_and_leave_no_ports_behind(
    messages: list[tuple[str, dict[str, str], dict[str, Read]]],
) -> None:
    world = NgWorld()
    faults: list[str | None] = []
    service = Service(world.core, faults.append, 0.0)
    for number, (command, names, keys) in enumerate(messages):
        document = encode({**keys, **names, "command": command})
        reply = service.datagram(b"%d " % number + document, 0, "", world.now)
        assert reply is not None
        answer = decode(reply.partition(b" ")[2])
        assert isinstance(answer, dict)
        assert answer["result"] in {"ok", "pong", "error", "load limit"}
        assert ("error-reason" in answer) is (answer["result"] == "error")
        world.wait(1.0)
    assert faults == []
    for call in world.core.calls.names(100):
        world.ask("delete", call_id=call, delete_delay=0)
    assert (len(world.core.calls), len(world.relay), world.engine.ports) == (0, 0, {})


@given(st.binary(max_size=300), st.sampled_from([b"", b"c ", b"c d", b"c {", b'c {"command":']))
def test_any_bytes_are_answered_or_passed_over(data: bytes, start: bytes) -> None:
    world = NgWorld()
    faults: list[str | None] = []
    reply = Service(world.core, faults.append, 0.0).datagram(start + data, 0, "", 0.0)
    assert reply is None or b" " in reply
    assert faults == []
