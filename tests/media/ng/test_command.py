from typing import Any

import pytest

from media.ng.command import (
    Answer,
    Block,
    Delete,
    ListCalls,
    Offer,
    Party,
    Ping,
    Query,
    Refused,
    Statistics,
    read_command,
)
from media.ng.wishes import Wishes


def test_each_command_is_a_value() -> None:
    names = {"call-id": "c", "from-tag": "a"}
    assert read_command({"command": "ping"}) == Ping()
    assert read_command({"command": "offer", "sdp": "v=0", **names}) == Offer(
        Party("c", "a"), b"v=0", Wishes()
    )
    assert read_command({"command": "answer", "sdp": "v=0", "to-tag": "b", **names}) == Answer(
        Party("c", "a", "b"), b"v=0", Wishes()
    )
    assert read_command({"command": "query", **names}) == Query(Party("c", "a"))
    assert read_command({"command": "list"}) == ListCalls(32)
    assert read_command({"command": "list", "limit": "9999999"}) == ListCalls(1000)
    assert read_command({"command": "statistics"}) == Statistics()
    block: dict[str, Any] = {"command": "block media", "flags": ["directional"], **names}
    assert read_command(block) == Block(Party("c", "a"), "media", True, True, None, None)


def test_the_to_tag_of_a_delete_counts_only_by_its_flag() -> None:
    message: dict[str, Any] = {"command": "delete", "call-id": "c", "to-tag": "b"}
    assert read_command(message) == Delete(Party("c"), None, False, False)
    message |= {"flags": ["to-tag", "fatal", "fast"], "delete delay": 0}
    assert read_command(message) == Delete(Party("c", None, "b"), 0, True, True)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({}, 'Dictionary contains no key "command"'),
        ({"command": "dance"}, "Unrecognized command"),
        ({"command": "offer", "call-id": "c", "from-tag": "a"}, "No SDP body in message"),
        ({"command": "offer", "sdp": "v=0", "from-tag": "a"}, "No call-id in message"),
        ({"command": "offer", "sdp": "v=0", "call-id": "c"}, "No from-tag in message"),
        (
            {"command": "answer", "sdp": "v=0", "call-id": "c", "from-tag": "a"},
            "No to-tag in message",
        ),
        ({"command": "query"}, "No call-id in message"),
        ({"command": "delete", "call-id": "c" * 1025}, "A call-id, tag or branch is too long"),
        ({"command": "ping", "rtpp-flags": "a=["}, "rtpp-flags: a bracket is not closed"),
    ],
)
def test_what_is_missing_is_told_in_the_words_that_clients_know(
    message: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        read_command(message)
    assert refused.value.reason == reason


def test_the_newer_string_of_flags_is_read_here() -> None:
    offer = read_command(
        {"command": "offer", "sdp": "v=0", "rtpp-flags": "call-id=c from-tag=a strict-source"}
    )
    assert isinstance(offer, Offer)
    assert offer.party == Party("c", "a")
    assert offer.wishes.has("strict-source")
