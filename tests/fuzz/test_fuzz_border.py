"""S14: mutated messages into a whole border: no fault, no slow one, nothing that stays.

A bounded number in each run; `SBC_FUZZ_MESSAGES=1000000`, as `make fuzz` says, for the night.
"""

import os
import time
from random import Random

import pytest

from sbc.actions import Flow
from sbc.sip.errors import BadMessage
from sbc.sip.message import parse
from tests.fuzz.test_fuzz_sip import PIECES, VALID
from tests.support.border import CALLEE, CALLER, Border
from tests.support.configs import TWO_ZONES
from tests.support.messages import ANSWER, answer, invite
from tests.support.proxies import proxy, recorded, register, within

MESSAGES = int(os.environ.get("SBC_FUZZ_MESSAGES", "9000"))
SLOW = 0.010
"""Seconds of processor time for one message."""

ROLES = {"b2bua": TWO_ZONES, "proxy": proxy("proxy"), "stateless": proxy("stateless")}


def seeds(border: Border, role: str) -> list[bytes]:
    """Good messages: of the RFC, and such as get far into this border."""
    border.receive(invite(), CALLER)
    request = border.request(CALLEE, "INVITE")
    made = [invite(), register(), answer(request, 180), answer(request, 200, body=ANSWER)]
    if role != "b2bua":
        routes = recorded(border, invite(call_id="c2", branch="z9hG4bKc2", tag="t2"))
        made += [within(each, routes[::-1], call_id="c2") for each in ("ACK", "BYE", "INVITE")]
        made.append(invite(f"Route: {', '.join(routes)}", call_id="c2"))
    return made * 5 + VALID


def mutated(random: Random, good: list[bytes]) -> bytes:
    data = bytearray(random.choice(good))
    for _ in range(random.choice((0, 1, 1, 2, 4, 8))):
        at, long = random.randrange(len(data) + 1), random.randrange(1, 40)
        match random.randrange(5):
            case 0:
                data[at:at] = random.choice(PIECES)
            case 1:
                del data[at : at + long]
            case 2:
                data[at : at + 1] = bytes([random.randrange(256)])
            case 3:
                data[at:at] = data[at : at + long] * random.randrange(1, 50)
            case _:
                other = random.choice(good)
                data[at:] = other[random.randrange(len(other)) :]
    return bytes(data[:60_000])


def seconds(border: Border, data: bytes, flow: Flow) -> float:
    before = time.thread_time()
    border.core.receive(data, flow, border.now)
    return time.thread_time() - before


@pytest.mark.parametrize("role", list(ROLES))
def test_mutated_messages_do_no_harm(role: str) -> None:
    random, border = Random(f"mutated {role}"), Border(ROLES[role])
    good, slow = seeds(border, role), []
    for count in range(MESSAGES // len(ROLES)):
        data = mutated(random, good)
        flow = random.choice((CALLER, CALLEE))
        before = time.thread_time()
        border.perform(border.core.receive(data, flow, border.now))
        if time.thread_time() - before > SLOW:
            slow.append(data)
        if count % 20 == 0:
            border.wait(random.choice((0.0, 0.1, 40.0)))
            border.out.clear()
            border.sent.clear()
            border.notes = border.noted("call_fault")
    assert not border.noted("call_fault"), border.noted("call_fault")[0].detail
    really = [data for data in slow if min(_again(data) for _ in range(5)) > SLOW]
    assert not really, really[0]
    border.wait(20_000)
    assert not any(border.core.left_over().values()), border.core.left_over()


def _again(data: bytes) -> float:
    """Its time in a border where nothing else happens: a pause of the machine hits once."""
    return min(seconds(Border(text), data, CALLER) for text in ROLES.values())


def test_mutations_reach_what_is_behind_the_parser() -> None:
    """Else the fuzzer would only try its front door."""
    random, border = Random("reach"), Border(ROLES["proxy"])
    good, read = seeds(border, "proxy"), 0
    for _ in range(300):
        try:
            parse(mutated(random, good))
        except BadMessage:
            continue
        read += 1
    assert read > 100
