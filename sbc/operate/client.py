"""The command line's side of the admin socket: one question, one answer, errors one can act on."""

import http.client
import json
import socket
from pathlib import Path
from urllib.parse import quote

from sbc.operate.places import ADMIN_SOCKET

Json = dict[str, object]

TIMEOUT = 10.0
"""Seconds. A border that takes longer than this to list its calls has other troubles."""
NOBODY = (FileNotFoundError, NotADirectoryError, ConnectionRefusedError, PermissionError)


class NotRunning(Exception):
    """Nobody answers there."""


class Unanswered(Exception):
    """Someone is there, but gave no answer that we understand."""


class NoSuchCall(Exception):
    pass


class Ambiguous(Exception):
    """Several calls begin so."""

    def __init__(self, uids: list[str]) -> None:
        super().__init__(f"several calls begin so: {', '.join(uids)}")
        self.uids = uids


class Client:
    def __init__(self, run_directory: Path, timeout: float = TIMEOUT) -> None:
        self._path = run_directory / ADMIN_SOCKET
        self._timeout = timeout

    def calls(self) -> list[Json]:
        """Raises NotRunning, Unanswered, as all do."""
        return self._list("/calls", "calls")

    def registrations(self) -> list[Json]:
        return self._list("/registrations", "registrations")

    def subscriptions(self) -> list[Json]:
        return self._list("/subscriptions", "subscriptions")

    def trunks(self) -> list[Json]:
        return self._list("/trunks", "trunks")

    def call(self, uid: str) -> Json:
        """By its uid or the beginning of it. Raises NoSuchCall, Ambiguous too."""
        return self._ask(f"/call/{quote(uid, safe='', errors='replace')}")

    def turn_account(self, aor: str) -> Json:
        """TURN credentials of `user@domain`. Raises NoSuchCall where nobody is registered so."""
        return self._ask(f"/turn/{quote(aor, safe='@', errors='replace')}")

    def turn(self) -> Json:
        """How the TURN server fares; empty where there is none, or it does not answer."""
        told = self._ask("/status").get("turn")
        return told if isinstance(told, dict) else {}

    def certificates(self) -> list[Json]:
        return self._list("/status", "certificates")

    def status(self) -> Json:
        return self._ask("/status")

    def _list(self, target: str, name: str) -> list[Json]:
        told = self._ask(target).get(name)
        if not isinstance(told, list):
            raise Unanswered(f"the border told no list of {name}")
        return [each for each in told if isinstance(each, dict)]

    def _ask(self, target: str) -> Json:
        connection = _UnixConnection(self._path, self._timeout)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except NOBODY as error:
            why = f"{self._path}: {error.strerror}"
            raise NotRunning(f"no border runs here that we may ask ({why})") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(f"the border on {self._path} gave no answer: {error}") from error
        finally:
            connection.close()
        if not isinstance(body, dict):
            raise Unanswered("the border gave an answer of another kind")
        return _checked(answer.status, body)


def _checked(status: int, body: Json) -> Json:
    match status:
        case 200:
            return body
        case 404:
            raise NoSuchCall(str(body.get("error")))
        case 409:
            uids = body.get("uids")
            raise Ambiguous([str(uid) for uid in uids] if isinstance(uids, list) else [])
        case _:
            raise Unanswered(str(body.get("error")))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
