"""Whatever comes to a port, SIP, RTP, RTCP or control: the right refusal or silence, a count, and a
call beside it that loses nothing."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

import pytest

from tests.e2e.support.border import Border
from tests.e2e.support.calls import Conversation, begin
from tests.e2e.support.control import ask_relay
from tests.e2e.support.loopback import Address, Loopback
from tests.e2e.support.phone import Phone
from tests.e2e.support.waiting import eventually

TORTURE = sorted((Path(__file__).parents[1] / "rfc" / "torture").glob("*.dat"))
"""The messages of RFC 4475."""


@pytest.fixture
def call(border: Border, caller: Phone, callee: Phone, lo: Loopback) -> Iterator[Conversation]:
    """Up, with media; after the test as good as before, and the border without a fault."""
    conversation = begin(caller, callee, (lo.wan, 5060))
    mark = conversation.settle()
    relay = border.relay_pid
    yield conversation
    conversation.talk(0.3)
    assert conversation.lost(mark) == ([], []), "the call lost packets"
    assert border.running
    assert border.relay_pid == relay
    eventually("only the call is left", lambda: len(border.calls()) == 1)
    conversation.caller.hang_up(conversation.a)
    eventually("BYE at the callee", lambda: conversation.b.over)
    assert border.signalling is not None
    for fault in ("fault in", "relay_fault", "call_fault"):
        assert fault not in border.signalling.said


@pytest.fixture
def udp(ending: ExitStack) -> Callable[[str], socket.socket]:
    """A socket at an address, on any port."""

    def make(ip: str) -> socket.socket:
        made = ending.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        made.bind((ip, 0))
        made.settimeout(0.05)
        return made

    return make


def noise(seed: int, count: int, longest: int = 1400) -> list[bytes]:
    draw = Random(seed)
    return [draw.randbytes(draw.randrange(longest)) for _ in range(count)]


def messages(seed: int) -> list[bytes]:
    """The torture messages as they are, cut short, with bytes changed, and plain noise."""
    draw = Random(seed)
    whole = [path.read_bytes() for path in TORTURE]
    cut = [each[: draw.randrange(len(each))] for each in whole]
    changed = []
    for each in whole:
        bytes_ = bytearray(each)
        for _ in range(draw.randrange(1, 8)):
            bytes_[draw.randrange(len(bytes_))] = draw.randrange(256)
        changed.append(bytes(bytes_))
    return [*whole, *cut, *changed, *noise(seed, 100)]


def spray(sender: socket.socket, to: Address, what: list[bytes], each: int) -> Callable[[], None]:
    """Sends `each` of them whenever it is called."""
    waiting = iter(what)

    def send() -> None:
        for data, _ in zip(waiting, range(each), strict=False):
            with suppress(ConnectionRefusedError):
                sender.sendto(data, to)

    return send


def test_datagrams_to_the_sip_ports(
    border: Border, call: Conversation, lo: Loopback, udp: Callable[[str], socket.socket]
) -> None:
    before = border.metrics()
    sprays = [
        spray(udp(lo.caller), (lo.wan, 5060), messages(1), 5),
        spray(udp(lo.callee), (lo.lan, 5060), messages(2), 5),
        spray(udp(lo.stranger), (lo.wan, 5060), messages(3), 5),
    ]

    def all_of_them() -> None:
        for each in sprays:
            each()

    call.talk(1.2, all_of_them)
    after = border.metrics()
    for event, least in (("malformed", 200), ("unknown_source", 200)):
        assert after.events(event) - before.events(event) >= least
    assert after.events("malformed", status="400") > 0


def test_a_peer_is_told_what_is_wrong_and_a_stranger_nothing(
    border: Border, call: Conversation, lo: Loopback, udp: Callable[[str], socket.socket]
) -> None:
    bad = (
        "OPTIONS sip:100@{wan} SIP/2.0\r\nVia: SIP/2.0/UDP {ip};branch=z9hG4bKbad;rport\r\n"
        "From: <sip:a@{ip}>;tag=1\r\nTo: <sip:100@{wan}>\r\nCall-ID: bad\r\nCSeq: x OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    peer, stranger = udp(lo.caller), udp(lo.stranger)
    for sender, ip in ((peer, lo.caller), (stranger, lo.stranger)):
        sender.sendto(bad.format(ip=ip, wan=lo.wan).encode(), (lo.wan, 5060))
    answer = eventually("the refusal", lambda: received(peer))
    assert answer.startswith(b"SIP/2.0 400 ")
    call.talk(0.5)
    assert received(stranger) is None


def test_streams_to_the_sip_ports(border: Border, call: Conversation, lo: Loopback) -> None:
    waiting = iter(messages(4))
    before = border.metrics()

    def connect() -> None:
        """One connection, one message, and the border is left to see what it makes of it."""
        data = next(waiting, None)
        if data is not None:
            with socket.socket() as tcp:
                tcp.settimeout(2)
                tcp.bind((lo.caller, 0))
                tcp.connect((lo.wan, 5060))
                with suppress(ConnectionError):
                    tcp.sendall(data)

    def three() -> None:
        for _ in range(3):
            connect()

    call.talk(2.0, three)
    assert next(waiting, None) is None
    assert border.metrics().events("malformed") - before.events("malformed") > 50


def test_connections_that_say_nothing(
    border: Border, call: Conversation, lo: Loopback, ending: ExitStack
) -> None:
    """More than one source may have; those beyond are closed, and counted."""
    for _ in range(40):
        tcp = ending.enter_context(socket.socket())
        tcp.bind((lo.caller, 0))
        tcp.connect((lo.wan, 5060))
    call.talk(0.3)
    counted = eventually("the count", lambda: border.metrics().events("connections_refused"), 10)
    assert counted == 8


def test_noise_to_the_media_ports(
    border: Border, call: Conversation, lo: Loopback, udp: Callable[[str], socket.socket]
) -> None:
    """From a stranger, and from the very sockets of the phones."""
    (ours_a, ours_b) = (call.a.far_media, call.b.far_media)
    stranger = udp(lo.stranger)
    sprays = [
        *(spray(stranger, to, noise(5, 300), 10) for to in (ours_a, ours_b)),
        *(spray(stranger, (ip, port + 1), noise(6, 300), 10) for ip, port in (ours_a, ours_b)),
        spray(call.caller.media.rtcp, (ours_a[0], ours_a[1] + 1), noise(7, 300), 10),
        spray(call.callee.media.rtcp, (ours_b[0], ours_b[1] + 1), noise(8, 300), 10),
        spray(call.callee.media.rtp, ours_b, noise(9, 60), 2),
    ]

    def all_of_them() -> None:
        for each in sprays:
            each()

    call.talk(1.0, all_of_them)
    (live,) = border.calls()
    media = border.call(str(live["uid"]))["media"][0]
    for side in "ab":
        assert media[side]["rejected"] > 0
        assert any(each.startswith(f"{lo.stranger}:") for each in media[side]["rejected_sources"])
    assert all(each.source in (ours_a, ours_b) for each in call.caller.media.heard)
    metrics = border.metrics()
    for reason in ("source", "malformed"):
        assert metrics.sum("sbc_relay_drops_total", reason=reason) > 0


def test_an_injected_stream_reaches_nobody(
    border: Border, call: Conversation, lo: Loopback, udp: Callable[[str], socket.socket]
) -> None:
    """N3: a stranger sends good RTP to the port of a call; it neither injects nor receives."""
    stranger = udp(lo.stranger)
    forged = bytes.fromhex("80080001000000a0deadbeef") + bytes(160)
    call.talk(0.5, spray(stranger, call.a.far_media, [forged] * 200, 10))
    assert 0xDEADBEEF not in {each.ssrc for each in call.callee.media.heard}
    assert received(stranger) is None


def test_noise_to_the_control_and_admin_sockets(
    border: Border, call: Conversation, ending: ExitStack
) -> None:
    for path in (border.control, border.run_directory / "admin.sock"):
        for data in [*noise(10, 30), b"{}\n", b"[" * 100_000 + b"\n", b'[1,{"type":"hello"}]\n']:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                with suppress(ConnectionError):
                    connection.sendall(data)
            call.talk(0.02)
        hung = ending.enter_context(socket.socket(socket.AF_UNIX))
        hung.connect(str(path))
    assert ask_relay(border.control, type="close", session="nobody")["reason"] == "no_session"
    assert ask_relay(border.control, type="dance")["reason"] == "bad_command"
    # A line without an end is cut off; the relay does not gather it for ever.
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(border.control))
        with suppress(ConnectionError):
            for _ in range(64):
                connection.sendall(b"x" * 65536)
                call.talk(0.02)
            pytest.fail("4 MiB without a line end were taken")
    assert border.relay_is_connected()


def received(udp: socket.socket) -> bytes | None:
    try:
        return udp.recv(65536)
    except (TimeoutError, ConnectionRefusedError):
        return None
