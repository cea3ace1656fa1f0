"""Which of the final responses goes back (RFC 3261 §16.7, steps 6 and 7)."""

from collections.abc import Sequence

from sbc.sip.message import Response

_TELLING = (401, 407, 415, 420, 484)
"""With these the caller can do better next time; they come before others of their class."""
_CHALLENGES = {"www-authenticate": "WWW-Authenticate", "proxy-authenticate": "Proxy-Authenticate"}


def best(finals: Sequence[Response]) -> Response | None:
    """None: there was none. A 401 or 407 brings the challenges of all others along."""
    if not finals:
        return None
    chosen = min(finals, key=_rank)
    if chosen.status in {401, 407}:
        for other in finals:
            if other is not chosen and other.status in {401, 407}:
                for name, written in _CHALLENGES.items():
                    for value in other.headers.all(name):
                        chosen.headers.add(written, value)
    return chosen


def _rank(response: Response) -> tuple[int, bool, bool]:
    """A 6xx wins, then the lowest class; in it those that tell most, and a 503 comes last."""
    status = response.status
    kind = 0 if status >= 600 else status // 100
    return kind, status not in _TELLING, status == 503
