"""The o= and s= lines towards one end, as the `replace` words ask (RFC 8866 §5.2, RFC 3264 §8)."""

from dataclasses import dataclass

from media.ng.talk import End, SentOrigin
from media.sdp.origin import content
from media.sdp.session import Session

_VERSIONS = frozenset({"sdp-version", "force-increment-sdp-ver"})
_MOST_VERSION = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class PassedOrigin:
    """The o= line as it goes on, and our address for the c= lines."""

    line: str
    address: str


def named(session: Session, to: End, words: frozenset[str]) -> Session:
    """With the session name that `to` has been told before, where it shall stay the same."""
    if to.sent is None or "session-name" not in words:
        return session
    lines = [f"s={to.sent.name}" if line.startswith("s=") else line for line in session.lines]
    return Session(lines, session.media, session.connection_ip)


def passed(session: Session, to: End, address: str, words: frozenset[str]) -> PassedOrigin:
    """`address`: ours towards `to`."""
    said = session.origin
    before = to.sent
    user, number, version = said.user, said.session_id, said.version
    shown, ip_version = said.address, said.ip_version
    if words & {"origin", "origin-full"}:
        shown, ip_version = address, 6 if ":" in address else 4
    if before is not None:
        if words & {"username", "origin-full"}:
            user = before.user
        if "origin-full" in words:
            number = before.session_id
        if words & (_VERSIONS | {"origin-full"}):
            version = before.version
    return PassedOrigin(
        f"o={user} {number} {version} IN IP{ip_version} {shown}",
        address,
    )


def stamped(session: Session, to: End, words: frozenset[str]) -> Session:
    """With its version raised, where we count versions; and remembered as what `to` was told."""
    said = session.origin
    text = content(session)
    version = said.version
    if to.sent is not None and words & _VERSIONS:
        changed = text != to.sent.content or "force-increment-sdp-ver" in words
        version = min(to.sent.version + changed, _MOST_VERSION)
    name = next((line[2:] for line in session.lines if line.startswith("s=")), "-")
    to.sent = SentOrigin(
        said.user, said.session_id, version, said.address, said.ip_version, name, text
    )
    if version == said.version:
        return session
    line = f"o={said.user} {said.session_id} {version} IN IP{said.ip_version} {said.address}"
    lines = [session.lines[0], line, *session.lines[2:]]
    return Session(lines, session.media, session.connection_ip)
