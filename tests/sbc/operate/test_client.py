import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sbc.operate.client import Ambiguous, Client, NoSuchCall, NotRunning, Unanswered
from tests.support.borders import running_border
from tests.support.call_records import call


@contextmanager
def answering(directory: Path, answer: bytes | None) -> Iterator[None]:
    """Something else on the socket, which gives one answer, or with None none at all."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(directory / "admin.sock"))
    listening.listen()

    def serve() -> None:
        asker, _ = listening.accept()
        with asker:
            asker.recv(4096)
            asker.sendall(answer or b"")
            if answer is None:
                asker.recv(4096)  # until the asker loses patience

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    thread.join()
    listening.close()


def http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_it_tells_what_the_border_tells(tmp_path: Path) -> None:
    with running_border(tmp_path, [call("ab1"), call("cd2")]):
        client = Client(tmp_path)
        assert [each["uid"] for each in client.calls()] == ["ab1", "cd2"]
        assert client.call("cd2") == call("cd2")
        assert client.call("c") == call("cd2")
        assert client.status()["node"] == "sbc"


def test_a_call_that_is_not_there_and_one_that_could_be_several(tmp_path: Path) -> None:
    with running_border(tmp_path, [call("ab1"), call("ab2")]):
        with pytest.raises(NoSuchCall, match="no such call"):
            Client(tmp_path).call("zz")
        with pytest.raises(Ambiguous, match="ab1, ab2"):
            Client(tmp_path).call("ab")


@pytest.mark.parametrize("odd", ["../status", "a/b", "a?b#c", "ä", "\udcff", "%2e", "a b\r\nX: y"])
def test_an_odd_uid_is_only_a_call_that_is_not_there(tmp_path: Path, odd: str) -> None:
    with running_border(tmp_path, [call("ab1")]), pytest.raises(NoSuchCall):
        Client(tmp_path).call(odd)


def test_without_a_border_the_error_names_the_socket(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match=r"no border runs here.*admin\.sock"):
        Client(tmp_path).status()
    with pytest.raises(NotRunning, match="no border runs here"):
        Client(tmp_path / "nowhere").status()
    with running_border(tmp_path, []):
        pass
    with pytest.raises(NotRunning):
        Client(tmp_path).calls()


def test_a_socket_that_a_crash_left_behind_is_no_border(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "admin.sock"))
    with pytest.raises(NotRunning):
        Client(tmp_path).calls()


def test_a_name_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match="too long"):
        Client(tmp_path / ("x" * 120)).calls()


def test_a_border_in_trouble_says_so(tmp_path: Path) -> None:
    with running_border(tmp_path, []) as border:
        border.view.trouble = ValueError("bug")
        with pytest.raises(Unanswered, match="see its log"):
            Client(tmp_path).calls()


@pytest.mark.parametrize(
    "answer", [b"garbage\r\n\r\n", http(b"no json"), http(b"[]"), http(b'{"calls":7}'), b""]
)
def test_an_answer_that_is_none_is_told_as_such(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path, answer), pytest.raises(Unanswered):
        Client(tmp_path).calls()


def test_it_does_not_wait_forever(tmp_path: Path) -> None:
    with answering(tmp_path, None), pytest.raises(Unanswered, match="timed out"):
        Client(tmp_path, timeout=0.05).calls()


def test_several_uids_may_go_untold(tmp_path: Path) -> None:
    conflict = b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}"
    with answering(tmp_path, conflict), pytest.raises(Ambiguous):
        Client(tmp_path).call("a")
