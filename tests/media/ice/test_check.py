"""Checks on the wire: built and read the same, and refused when they are not meant for us."""

import aioice.stun
import pytest

from media.ice.check import (
    ROLE_CONFLICT,
    Check,
    Credentials,
    Role,
    is_for,
    read_check,
    refusal,
    request,
    success,
)
from stun_turn.message import BadStun, Class, build, parse
from stun_turn.registry import Attribute, Method
from tests.support.ice import OURS, PEER, PEER_VIEW, PEERS, code, mapped

HERE = Credentials(*OURS, *PEERS)
TRANSACTION = bytes(range(12))


def a_check(*, nominates: bool = False) -> bytes:
    return request(PEER_VIEW, TRANSACTION, Role.CONTROLLING, 99, 1234, nominates=nominates)


def test_a_check_says_what_it_was_built_with() -> None:
    message = parse(a_check(nominates=True))

    assert is_for(message, HERE)
    assert read_check(message) == Check(TRANSACTION, 1234, True, Role.CONTROLLING, 99, ())


def test_another_implementation_reads_our_check() -> None:
    message = aioice.stun.parse_message(a_check(nominates=True))
    assert message.check_message_integrity(OURS[1].encode())

    assert message.attributes["USERNAME"] == "Ours:Peer"
    assert message.attributes["PRIORITY"] == 1234
    assert message.attributes["ICE-CONTROLLING"] == 99
    assert "USE-CANDIDATE" in message.attributes


def test_a_check_with_another_password_or_name_is_not_for_us() -> None:
    message = parse(a_check())

    assert not is_for(message, Credentials(OURS[0], "another", *PEERS))
    assert not is_for(message, Credentials("Other", OURS[1], *PEERS))
    assert not is_for(message, Credentials(*OURS, "Other", PEERS[1]))


def test_a_check_without_a_priority_or_with_a_short_tie_breaker_is_broken() -> None:
    bare = build(Method.BINDING, Class.REQUEST, TRANSACTION)
    short = build(
        Method.BINDING,
        Class.REQUEST,
        TRANSACTION,
        [(Attribute.PRIORITY, bytes(4)), (Attribute.ICE_CONTROLLED, bytes(4))],
    )

    for data in (bare, short):
        with pytest.raises(BadStun):
            read_check(parse(data))


def test_answers_are_authentic_and_no_larger_than_the_question() -> None:
    question = a_check()
    check = read_check(parse(question))
    good, bad = success(check, PEER, HERE), refusal(check, ROLE_CONFLICT, HERE)

    assert mapped(parse(good)) == PEER
    assert code(parse(bad)) == 487
    for answer in (good, bad, success(check, ("2001:db8::7", 9), HERE)):
        assert parse(answer).is_authentic(OURS[1].encode())
        assert len(answer) <= len(question)


def test_unknown_attributes_are_named_in_the_refusal() -> None:
    answer = refusal(Check(TRANSACTION, 1, False, None, 0, (0x0077,)), 420, HERE)

    assert parse(answer).get(Attribute.UNKNOWN_ATTRIBUTES) == b"\x00\x77"


def test_passwords_are_in_no_text_of_the_credentials() -> None:
    assert OURS[1] not in repr(HERE)
    assert PEERS[1] not in repr(HERE)
