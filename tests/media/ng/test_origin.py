import pytest

from media.ng.origin import named, passed, stamped
from media.ng.talk import End
from media.sdp.session import Session, parse
from tests.support.ng import end

OURS = "203.0.113.1"


def described(
    user: str = "alice", number: int = 1, version: int = 5, port: int = 4000, name: str = "call"
) -> Session:
    text = (
        f"v=0\r\no={user} {number} {version} IN IP4 192.0.2.1\r\ns={name}\r\n"
        f"c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    )
    return parse(text.encode())


def sent(session: Session, to: End, *words: str) -> str:
    """The o= line as `to` gets it; the description passes as it is otherwise."""
    wanted = frozenset(words)
    session = named(session, to, wanted)
    lines = [session.lines[0], passed(session, to, OURS, wanted).line, *session.lines[2:]]
    done = stamped(Session(lines, session.media, None), to, wanted)
    return done.lines[1]


@pytest.mark.parametrize(
    ("words", "first", "second"),
    [
        ((), "alice 1 5 IN IP4 192.0.2.1", "bob 2 9 IN IP4 192.0.2.1"),
        (("origin",), f"alice 1 5 IN IP4 {OURS}", f"bob 2 9 IN IP4 {OURS}"),
        (("username",), "alice 1 5 IN IP4 192.0.2.1", "alice 2 9 IN IP4 192.0.2.1"),
        (("sdp-version",), "alice 1 5 IN IP4 192.0.2.1", "bob 2 6 IN IP4 192.0.2.1"),
        (("origin-full", "sdp-version"), f"alice 1 5 IN IP4 {OURS}", f"alice 1 6 IN IP4 {OURS}"),
    ],
)
def test_what_of_the_origin_is_ours_or_stays(
    words: tuple[str, ...], first: str, second: str
) -> None:
    to = end()
    assert sent(described(), to, *words) == f"o={first}"
    assert sent(described("bob", 2, 9, port=4002), to, *words) == f"o={second}"


def test_the_version_rises_with_a_change_or_always() -> None:
    to = end()
    versions = [
        sent(each, to, "sdp-version").split()[2]
        for each in (described(), described(version=77), described(version=78, port=1))
    ]
    assert versions == ["5", "5", "6"]
    forced = end()
    for version in ("5", "6"):
        assert sent(described(), forced, "force-increment-sdp-ver").split()[2] == version


def test_the_session_name_stays_where_asked() -> None:
    to = end()
    sent(described(name="first"), to)
    second = described(name="second")
    assert named(second, to, frozenset({"session-name"})).lines[2] == "s=first"
    assert named(second, to, frozenset()).lines[2] == "s=second"


def test_an_ipv6_address_of_ours_changes_the_type_too() -> None:
    line = passed(described(), end(), "2001:db8::1", frozenset({"origin"})).line
    assert line == "o=alice 1 5 IN IP6 2001:db8::1"
