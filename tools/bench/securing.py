"""The relays under streams of SRTP (SDES) that meet plain RTP: processor time a packet, both ways
together. Also the handshakes of DTLS, whose packets are those of AEAD_AES_128_GCM afterwards."""

import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from time import process_time

from media.control import Dtls
from media.dtls import Association, State
from media.identity import new_identity
from media.sdp.sdes import SUITES
from tools.bench.rtp import End, Phase
from tools.bench.streams import called_at, caller_at, carry
from tools.bench.subject import Keys, SecureRelay, running
from tools.bench.table import Results

RATES = (10_000, 20_000)
"""The generator ciphers too: it cannot offer more."""
CALLS = 100
OF_SUITE = ("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM")
_MOST_LOST = 0.001

MakeRelay = Callable[[Path], SecureRelay]


def measure(makes: list[MakeRelay], folder: Path, seconds: float, results: Results) -> None:
    phases = [Phase("warm-up", 1.0, RATES[0]), *(Phase(str(rate), seconds, rate) for rate in RATES)]
    for suite in OF_SUITE:
        for make in makes:
            relay = make(folder)
            with running(relay, results):
                relay.start()
                carried = carry(_through(relay, suite), phases, relay.processes)
                for rate in RATES:
                    heard = carried[str(rate)].heard
                    name = f"SRTP to RTP and back, {suite}, at {rate:,} packets/s"
                    if heard.lost > _MOST_LOST or heard.sent / heard.seconds < 0.98 * rate:
                        results.note(f"{relay.name}, {name}: {heard.lost:.2%} lost.")
                        continue
                    took = carried[str(rate)].microseconds
                    results.add(f"processor time a packet, {name}", "µs", relay.name, took)
    results.add("DTLS handshakes a second, one core", "1/s", "sbc", handshakes())


def _through(relay: SecureRelay, suite: str) -> list[End]:
    ends = []
    for call in range(CALLS):
        caller, called = caller_at(call), called_at(call)
        keys = Keys(suite, _key(suite), _key(suite))
        made = relay.connect_secure(call, caller, called, keys)
        ends += [
            End(caller, made.near, suite=suite, key=keys.caller, hears=made.key),
            End(called, made.far),
        ]
    return ends


def _key(suite: str) -> str:
    return b64encode(secrets.token_bytes(SUITES[suite].size)).decode()


def handshakes(count: int = 200) -> float:
    """Of the passive end alone, as a relay mostly is."""
    ours, theirs = new_identity(), new_identity()
    spent = 0.0
    for _ in range(count):
        peer = Association(theirs, Dtls(True, (ours.fingerprint,)), 0.0)
        said = peer.begin(0.0)
        began = process_time()
        end = Association(ours, Dtls(False, (theirs.fingerprint,)), 0.0)
        spent += process_time() - began
        while said:
            began = process_time()
            back = [out for each in said for out in end.feed(each, 0.0)]
            spent += process_time() - began
            said = [out for each in back for out in peer.feed(each, 0.0)]
        assert end.state is State.DONE
    return count / spent
