"""Our o= line, one for each leg: a constant session id, and a version that rises with each change.

RFC 3264 §8: another description raises the version by one, the same one leaves it.
"""

from dataclasses import dataclass, replace

from media.sdp.address import family
from media.sdp.session import Session


@dataclass(frozen=True, slots=True)
class Origin:
    session_id: int
    version: int
    address: str
    """What peers of this leg's interface are told; goes into c= as well."""

    @property
    def line(self) -> str:
        return f"o=- {self.session_id} {self.version} IN {family(self.address)} {self.address}"


class OriginTrack:
    """The o= line of one leg. It compares with what was last sent, whether taken or not."""

    __slots__ = ("_last", "origin")

    def __init__(self, session_id: int, address: str, version: int = 0) -> None:
        self.origin = Origin(session_id, version, address)
        """For the next description, until `stamp` sees that it differs from the last."""
        self._last: str | None = None

    def next(self, content: str) -> int:
        """The version for a description, told by all of it but its o= line."""
        if self._last is not None and content != self._last:
            self.origin = replace(self.origin, version=self.origin.version + 1)
        self._last = content
        return self.origin.version

    def stamp(self, session: Session) -> Session:
        """The same description with the o= line that it must be sent with."""
        self.next(content(session))
        lines = [session.lines[0], self.origin.line, *session.lines[2:]]
        return Session(lines, session.media, session.connection_ip)


def content(session: Session) -> str:
    """All but the o= line: two descriptions with the same content need the same version."""
    lines = [session.lines[0], *session.lines[2:]]
    for media in session.media:
        lines += [media.line, *media.lines]
    return "\n".join(lines)
