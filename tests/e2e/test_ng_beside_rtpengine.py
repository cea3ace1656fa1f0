"""The same NG offers and answers to Debian's rtpengine and to our relay: the same SDP comes back.

What may differ is in one table, each with its reason. Debian's version is 10.5; ours writes as 13.1
and later do, so the order of lines is compared in the unit tests, against what those write.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.loopback import Loopback, free_port
from tests.e2e.support.ng import NgRelay, ours, rtpengine
from tests.e2e.support.tools import require

CALLER, CALLED = "192.0.2.10", "192.0.2.20"
_OFFER = ("a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15")
KEY = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"


def sdp(
    ip: str, *lines: str, formats: str = "8 101", protocol: str = "RTP/AVP", port: int = 4000
) -> str:
    whole = ("v=0", f"o=user 7 8 IN IP4 {ip}", "s=a call", f"c=IN IP4 {ip}", "t=0 0")
    media = (f"m=audio {port} {protocol} {formats}", *lines)
    return "".join(f"{line}\r\n" for line in (*whole, *media))


@dataclass(frozen=True)
class Step:
    command: str
    body: str
    keys: dict[str, Any] = field(default_factory=dict)


def offer(*lines: str, ip: str = CALLER, port: int = 4000, **keys: Any) -> Step:
    sdp_keys = {key: keys.pop(key) for key in ("formats", "protocol") if key in keys}
    tags = {"call_id": "c", "from_tag": "a"}
    return Step("offer", sdp(ip, *(lines or _OFFER), port=port, **sdp_keys), {**tags, **keys})


def answer(*lines: str, ip: str = CALLED, port: int = 6000, **keys: Any) -> Step:
    sdp_keys = {key: keys.pop(key) for key in ("formats", "protocol") if key in keys}
    tags = {"call_id": "c", "from_tag": "a", "to_tag": "b"}
    return Step("answer", sdp(ip, *(lines or _OFFER), port=port, **sdp_keys), {**tags, **keys})


USUAL: dict[str, Any] = {"replace": ["origin", "session-connection"], "ICE": "remove"}
PAIR: dict[str, Any] = {"direction": ["pub", "priv"]}
VIDEO = ("m=video 4002 RTP/AVP 97", "a=rtpmap:97 H264/90000", "a=rtcp-fb:* nack")
SCENARIOS: dict[str, list[Step]] = {
    "usual": [offer(**USUAL), answer(**USUAL)],
    "nothing said": [offer(), answer()],
    "interfaces": [offer(**PAIR), answer()],
    "another family": [offer(address_family="IP6")],
    "hold and resume": [
        offer(**USUAL),
        answer(**USUAL),
        offer(*_OFFER, "a=sendonly", to_tag="b", **USUAL),
        answer(*_OFFER, "a=recvonly", **USUAL),
        offer(to_tag="b", **USUAL),
        answer(**USUAL),
    ],
    "hold by address": [offer(ip="0.0.0.0"), answer()],
    "hold by address, replaced": [offer(ip="0.0.0.0", replace=["zero-address", "origin"])],
    "offered by the callee": [
        offer(**USUAL),
        answer(**USUAL),
        offer(ip=CALLED, port=6000, from_tag="b", to_tag="a", **USUAL),
        answer(ip=CALLER, port=4000, from_tag="b", to_tag="a", **USUAL),
    ],
    "attributes": [
        offer(
            *("a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1", "a=rtcp-fb:96 nack"),
            *("a=mid:m", "a=label:3", "a=ptime:30", "a=maxptime:60", "a=x-own:1 2", "b=AS:64"),
            formats="96 0",
        ),
        answer("a=rtpmap:96 opus/48000/2", formats="96"),
    ],
    "two streams": [offer(*_OFFER, *VIDEO), answer(*_OFFER, *VIDEO)],
    "a stream refused": [offer(*_OFFER, *VIDEO), answer(*_OFFER, "m=video 0 RTP/AVP 97")],
    "fax": [
        offer(*_OFFER, "m=image 4004 udptl t38", "a=T38FaxVersion:0"),
        answer(*_OFFER, "m=image 6004 udptl t38", "a=T38FaxVersion:0"),
    ],
    "an answer with more codecs": [offer(formats="8"), answer(formats="0 8")],
    "feedback": [offer(transport_protocol="RTP/AVPF"), answer(protocol="RTP/AVPF")],
    "strip": [offer(codec={"strip": ["PCMA"]}, formats="8 0 101"), answer(formats="0 101")],
    "whitelist": [
        offer(codec={"strip": ["all"], "offer": ["PCMU"]}, formats="8 0 101"),
        answer(formats="0"),
    ],
    "no rtcp attribute": [offer(flags=["no-rtcp-attribute"]), answer()],
    "full rtcp attribute": [offer(flags=["full-rtcp-attribute"])],
    "mids": [offer(flags=["generate-mid"])],
    "own direction": [offer(flags=["original-sendrecv"])],
    "mux offered": [offer(rtcp_mux=["offer"]), answer()],
    "mux passed on": [offer(*_OFFER, "a=rtcp-mux"), answer(*_OFFER, "a=rtcp-mux")],
    "mux not answered": [offer(*_OFFER, "a=rtcp-mux"), answer()],
    "mux ended here": [offer(*_OFFER, "a=rtcp-mux", rtcp_mux=["demux"]), answer()],
    "mux accepted": [offer(*_OFFER, "a=rtcp-mux", rtcp_mux=["accept"]), answer()],
    "mux refused": [
        offer(*_OFFER, "a=rtcp-mux", rtcp_mux=["reject"]),
        answer(*_OFFER, "a=rtcp-mux"),
    ],
    "srtp offered": [
        offer(transport_protocol="RTP/SAVP", DTLS="off"),
        answer(*_OFFER, KEY.replace("crypto:1", "crypto:TAG"), protocol="RTP/SAVP"),
    ],
    "srtp of some suites": [
        offer(
            transport_protocol="RTP/SAVP",
            DTLS="off",
            SDES=["no-AEAD_AES_256_GCM", "no-AEAD_AES_128_GCM"],
        )
    ],
    "srtp ended here": [
        offer(*_OFFER, KEY, protocol="RTP/SAVP", transport_protocol="RTP/AVP"),
        answer(),
    ],
    "ice": [offer(ICE="force"), answer()],
    "ice removed": [
        offer(*_OFFER, "a=ice-ufrag:abcd", f"a=ice-pwd:{'x' * 24}", ICE="remove"),
        answer(ICE="remove"),
    ],
}

Lines = list[str]
Change = Callable[[Lines], Lines]


def _drop(pattern: str) -> Change:
    return lambda lines: [line for line in lines if re.fullmatch(pattern, line) is None]


def _each(pattern: str, becomes: str) -> Change:
    return lambda lines: [re.sub(pattern, becomes, line) for line in lines]


DIFFERENCES: dict[str, Change] = {
    "ids and keys are random": _each(r"^(a=(?:ice-ufrag|ice-pwd):|.*inline:).*", r"\1*"),
    "candidates have ids; ours are of the family of the call alone": _drop("a=candidate:.*"),
    "we say that there are no more candidates": _drop("a=end-of-candidates"),
    "towards a full agent we are lite": _drop("a=ice-lite"),
    "suites that do not protect, or that no library of ours has, are not offered": _drop(
        r"a=crypto:\d+ (?:AES_192|F8|NULL).*"
    ),
    "and so our tags are others": _each(r"^a=crypto:\d+", "a=crypto:*"),
    "a refused stream has an address from 13.1 on": _drop("c=IN IP4 0.0.0.0 \\(refused\\)"),
}
"""What is made the same before descriptions are compared."""


def sections(body: str) -> Iterator[Lines]:
    current: Lines = []
    for line in body.split("\r\n")[:-1]:
        if line.startswith("m="):
            yield current
            current = []
        current.append(line)
    yield current


def compared(body: str) -> list[Lines]:
    """Without what may differ: ports by name, the c= line of the session in each stream (13.1)."""
    head, *media = sections(body)
    connection = [line for line in head if line.startswith("c=")]
    done = [sorted(line for line in head if not line.startswith("c="))]
    for lines in media:
        port = int(lines[0].split()[1])
        own = any(line.startswith("c=") for line in lines)
        whole = lines if own else lines + connection
        if not port:
            whole = [line for line in whole if not line.startswith("c=")]
        for change in DIFFERENCES.values():
            whole = change(whole)
        done.append(sorted(_named(line, port) for line in whole))
    return done


def _named(line: str, port: int) -> str:
    line = re.sub(rf"(m=\w+ ){port} ", r"\1PORT " if port else r"\1 0 ", line)
    line = re.sub(rf"a=rtcp:{port}\b", "a=rtcp:PORT", line)
    return re.sub(rf"a=rtcp:{port + 1}\b", "a=rtcp:PORT+1", line)


def _tagged(body: str, offered: str) -> str:
    """An answer has the tag that the suite had in the offer."""
    found = re.search(r"a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80", offered)
    return body.replace("crypto:TAG", f"crypto:{found[1]}") if found else body


def _beyond(lines: Lines, others: Lines) -> Lines:
    return [line for line in lines if line not in others]


@pytest.fixture
def relays(ending: ExitStack, lo: Loopback, tmp_path: Path) -> tuple[NgRelay, NgRelay]:
    """Ours, and rtpengine; one after the other on the same addresses, with ports of their own."""
    require("rtpengine")
    interfaces = (f"pub/{lo.wan}", f"priv/{lo.lan}", "pub/::1")
    relay = ours((lo.wan, free_port(lo.wan)), interfaces, tmp_path, "--ports", "41000-41999")
    ending.callback(relay.close)
    theirs = rtpengine((lo.lan, free_port(lo.lan)), interfaces, tmp_path)
    ending.callback(theirs.close)
    return relay, theirs


def test_every_scenario_gives_the_same_descriptions(relays: tuple[NgRelay, NgRelay]) -> None:
    differing = []
    for name, steps in SCENARIOS.items():
        before = ("", "")
        for number, step in enumerate(steps):
            keys = {**step.keys, "call_id": f"{name} {step.keys['call_id']}"}
            one, two = (
                relay.ask(step.command, sdp=_tagged(step.body, offered), **keys)
                for relay, offered in zip(relays, before, strict=True)
            )
            before = (one["sdp"], two["sdp"])
            assert (one["result"], two["result"]) == ("ok", "ok"), (name, number, one, two)
            mine, theirs = compared(one["sdp"]), compared(two["sdp"])
            assert len(mine) == len(theirs), name
            differing += [
                f"{name}, step {number}: ours {_beyond(a, b)}, theirs {_beyond(b, a)}"
                for a, b in zip(mine, theirs, strict=True)
                if a != b
            ]
    assert not differing, "\n".join(differing)


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("dance", {}),
        ("offer", {"call_id": "c", "from_tag": "a"}),
        ("offer", {"call_id": "c", "sdp": sdp(CALLER)}),
        ("offer", {"from_tag": "a", "sdp": sdp(CALLER)}),
        ("offer", {"call_id": "c", "from_tag": "a", "sdp": "no description"}),
        ("answer", {"call_id": "c", "from_tag": "a", "sdp": sdp(CALLER)}),
        ("answer", {"call_id": "c", "from_tag": "a", "to_tag": "b", "sdp": sdp(CALLER)}),
        ("query", {"call_id": "c"}),
        ("query", {}),
        ("delete", {"call_id": "c", "from_tag": "a"}),
        ("delete", {"call_id": "c", "from_tag": "a", "flags": ["fatal"]}),
    ],
)
def test_errors_have_the_same_words(
    relays: tuple[NgRelay, NgRelay], command: str, keys: dict[str, Any]
) -> None:
    one, two = (relay.ask(command, **keys) for relay in relays)
    assert one == two


def test_a_call_is_reported_in_the_same_shape(relays: tuple[NgRelay, NgRelay]) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return [shape(inner) for inner in value] if isinstance(value, list) else type(value)

    reports = []
    for relay in relays:
        for step in (offer(), answer()):
            relay.ask(step.command, sdp=step.body, **step.keys)
        reports.append(relay.ask("query", call_id="c"))
    mine, theirs = map(shape, reports)
    for tag in ("a", "b"):
        one, two = mine["tags"][tag], theirs["tags"][tag]
        assert set(one) == set(two)
        assert set(one["medias"][0]) == set(two["medias"][0])
        assert one["medias"][0]["streams"] == two["medias"][0]["streams"]
    assert mine["totals"] == theirs["totals"]
    assert set(theirs) <= set(mine)
