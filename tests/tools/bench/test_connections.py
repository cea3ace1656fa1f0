"""The client's side of the load over connections."""

from tools.bench.connections import framed


def test_a_message_is_one_masked_text_frame() -> None:
    data = b"x" * 300
    frame = framed(data)
    assert frame[:4] == b"\x81\xfe\x01\x2c"  # all of it, text; masked; 300 bytes
    assert frame[4:8] == bytes(4)
    assert frame[8:] == data
