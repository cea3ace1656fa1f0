import http.client
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from sbc.operate.admin import MOST_CONNECTIONS, SocketInUse
from sbc.operate.client import Client
from sbc.operate.places import ADMIN_SOCKET
from tests.support.borders import RunningBorder, running_border
from tests.support.call_records import call


def ask(
    border: RunningBorder, target: str, method: str = "GET", accept: str = "*/*"
) -> tuple[int, str, str]:
    """Status, content type and text from the port of the metrics."""
    assert border.admin.metrics_port is not None
    connection = http.client.HTTPConnection("127.0.0.1", border.admin.metrics_port, timeout=10)
    try:
        connection.request(method, target, headers={"Accept": accept})
        answer = connection.getresponse()
        assert answer.headers["Server"] is None
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def test_the_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    with running_border(tmp_path, []):
        assert (tmp_path / ADMIN_SOCKET).stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / ADMIN_SOCKET).exists()


def test_calls_are_listed_without_their_traces_and_told_one_by_one_with(tmp_path: Path) -> None:
    traced = call("ab1", trace=[{"at": 0.0, "leg": "a", "direction": "in", "line": "INVITE"}])
    with running_border(tmp_path, [traced]):
        (listed,) = Client(tmp_path).calls()
        assert "trace" not in listed
        assert Client(tmp_path).call("ab1")["trace"] == traced["trace"]


def test_a_whole_uid_wins_over_longer_ones(tmp_path: Path) -> None:
    with running_border(tmp_path, [call("ab"), call("abc")]):
        assert Client(tmp_path).call("ab")["uid"] == "ab"


def test_the_metrics_are_told_in_the_format_that_was_asked_for(tmp_path: Path) -> None:
    status = {"calls": {"up": 1, "by_trunk": {"pbx": 1}}}
    with running_border(tmp_path, [], status) as border:
        border.metrics.observe_cdr(call())
        code, kind, text = ask(border, "/metrics")
        assert (code, kind.partition(";")[0]) == (200, "text/plain")
        assert 'sbc_calls_up{trunk="pbx"} 1.0' in text
        assert "sbc_calls_ended_total" in text
        _, kind, text = ask(border, "/metrics", accept="application/openmetrics-text")
        assert kind.startswith("application/openmetrics-text")
        assert text.endswith("# EOF\n")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("POST", "/metrics", 405),
        ("HEAD", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/calls", 404),
        ("GET", "/status", 404),
        ("GET", "/metrics/..", 404),
    ],
)
def test_the_port_of_the_metrics_tells_the_metrics_and_nothing_else(
    tmp_path: Path, method: str, target: str, status: int
) -> None:
    with running_border(tmp_path, [call("ab1")]) as border:
        code, _, text = ask(border, target, method)
        assert code == status
        assert "ab1" not in text


def test_a_fault_in_answering_is_reported_and_ends_nothing(tmp_path: Path) -> None:
    with running_border(tmp_path, []) as border:
        border.view.trouble = ValueError("bug")
        assert ask(border, "/metrics")[0] == 500
        border.view.trouble = None
        assert ask(border, "/metrics")[0] == 200
        ((where, error),) = border.faults
        assert (where, str(error)) == ("admin /metrics", "bug")


def test_a_socket_that_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / ADMIN_SOCKET))
    with running_border(tmp_path, []):
        assert Client(tmp_path).calls() == []


def test_a_second_border_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with running_border(tmp_path, [call("ab1")]):
        with (
            pytest.raises(SocketInUse, match="another border answers"),
            running_border(tmp_path, []),
        ):
            pass
        assert len(Client(tmp_path).calls()) == 1


def test_what_is_no_socket_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / ADMIN_SOCKET).write_text("mine")
    with pytest.raises(OSError, match="in use"), running_border(tmp_path, []):
        pass
    assert (tmp_path / ADMIN_SOCKET).read_text() == "mine"


def test_when_the_port_of_the_metrics_is_taken_nothing_stays_open(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
        running_border(tmp_path, [], listen=taken.getsockname()),
    ):
        pass
    assert not (tmp_path / ADMIN_SOCKET).exists()


def test_who_holds_many_connections_keeps_nobody_out(tmp_path: Path) -> None:
    with running_border(tmp_path, []) as border, ExitStack() as held:
        port = border.admin.metrics_port
        crowd = []
        for _ in range(3 * MOST_CONNECTIONS):
            crowd.append(held.enter_context(socket.create_connection(("127.0.0.1", port), 10)))
            crowd[-1].sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert crowd[-1].recv(12) == b"HTTP/1.1 200"
        assert ask(border, "/metrics")[0] == 200
        open_still = [one for one in crowd if is_open(one)]
        assert open_still == crowd[-MOST_CONNECTIONS + 1 :]


def is_open(connection: socket.socket) -> bool:
    """Has the other end not closed it? What it has said before is passed over."""
    connection.settimeout(0.01)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_without_a_port_of_metrics_only_the_socket_answers(tmp_path: Path) -> None:
    with running_border(tmp_path, [], listen=None) as border:
        assert border.admin.metrics_port is None
        assert Client(tmp_path).calls() == []


def test_the_metrics_may_be_told_over_ipv6(tmp_path: Path) -> None:
    with running_border(tmp_path, [], listen=("::1", 0)) as border:
        assert border.admin.metrics_port
