"""What the client of the NG benchmark asks."""

from media.ng.bencode import decode
from media.ng.command import Answer, Delete, Offer, read_command
from tools.bench.ng import question


def test_a_call_is_offered_answered_and_deleted() -> None:
    kinds = []
    for step in range(3):
        cookie, _, document = question(step, 7).partition(b" ")
        assert cookie == b"7_%d" % step
        message = decode(document)
        assert isinstance(message, dict)
        command = read_command(message)
        kinds.append(type(command))
    assert kinds == [Offer, Answer, Delete]
