"""Commands of the NG protocol as typed values, read from a message."""

from dataclasses import dataclass
from typing import Literal

from media.ng import rtpp_flags
from media.ng.bencode import Read
from media.ng.keys import Keys, normalised
from media.ng.rtpp_flags import BadFlags
from media.ng.wishes import Wishes, wishes_of

LONGEST_NAME = 1024
"""Characters of a call-id, a tag, a branch."""
MOST_LISTED = 1000
USUALLY_LISTED = 32


class Refused(Exception):
    """A command that is not carried out; the text goes to the client."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Party:
    """Which call, and who in it."""

    call_id: str
    from_tag: str | None = None
    to_tag: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True)
class Offer:
    party: Party
    sdp: bytes
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Answer:
    party: Party
    sdp: bytes
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Delete:
    party: Party
    delay: float | None
    """Seconds; None: as the process was started."""
    fatal: bool
    """An unknown call is an error."""
    fast: bool
    """No statistics are wanted."""


@dataclass(frozen=True, slots=True)
class Query:
    party: Party


@dataclass(frozen=True, slots=True)
class ListCalls:
    limit: int


@dataclass(frozen=True, slots=True)
class Statistics:
    pass


@dataclass(frozen=True, slots=True)
class Block:
    """What of the named ends, or of all, does not cross from now on, or crosses again."""

    party: Party
    what: Literal["media", "dtmf", "silence"]
    on: bool
    directional: bool
    label: str | None
    address: str | None


Command = Ping | Offer | Answer | Delete | Query | ListCalls | Statistics | Block

_BLOCKS: dict[str, tuple[Literal["media", "dtmf", "silence"], bool]] = {
    "block media": ("media", True),
    "unblock media": ("media", False),
    "block dtmf": ("dtmf", True),
    "unblock dtmf": ("dtmf", False),
    "silence media": ("silence", True),
    "unsilence media": ("silence", False),
}


def read_command(message: dict[str, Read]) -> Command:
    """Raises Refused."""
    keys = normalised(message)
    name = keys.text("command")
    if name is None:
        raise Refused('Dictionary contains no key "command"')
    _add_rtpp_flags(keys)
    low = name.lower().replace("-", " ").replace("_", " ")
    match low:
        case "ping":
            return Ping()
        case "offer" | "answer":
            return _description(low, keys)
        case "delete":
            return _delete(keys)
        case "query":
            return Query(_party(keys))
        case "list":
            limit = keys.number("limit")
            return ListCalls(USUALLY_LISTED if limit is None else min(limit, MOST_LISTED))
        case "statistics":
            return Statistics()
        case _ if low in _BLOCKS:
            return _block(low, keys)
        case _:
            raise Refused("Unrecognized command")


def _add_rtpp_flags(keys: Keys) -> None:
    text = keys.text("rtpp-flags")
    if text is not None:
        try:
            rtpp_flags.add(text, keys)
        except BadFlags as error:
            raise Refused(str(error)) from None


def _description(name: str, keys: Keys) -> Offer | Answer:
    sdp = keys.text("sdp")
    if sdp is None:
        raise Refused("No SDP body in message")
    party = _party(keys)
    if party.from_tag is None:
        raise Refused("No from-tag in message")
    body = sdp.encode("utf-8", "surrogateescape")
    if name == "offer":
        return Offer(party, body, wishes_of(keys))
    if party.to_tag is None:
        raise Refused("No to-tag in message")
    return Answer(party, body, wishes_of(keys))


def _delete(keys: Keys) -> Delete:
    party = _party(keys)
    flags = keys.lower("flags")
    if "to-tag" not in flags:
        party = Party(party.call_id, party.from_tag, None, party.branch)
    return Delete(party, keys.number("delete-delay"), "fatal" in flags, "fast" in flags)


def _block(name: str, keys: Keys) -> Block:
    what, on = _BLOCKS[name]
    flags = keys.lower("flags")
    directional = "directional" in flags
    return Block(
        _party(keys),
        what,
        on,
        directional,
        keys.text("label") or keys.text("from-label"),
        keys.text("address"),
    )


def _party(keys: Keys) -> Party:
    names = [keys.text(key) for key in ("call-id", "from-tag", "to-tag", "via-branch")]
    for name in names:
        if name is not None and len(name) > LONGEST_NAME:
            raise Refused("A call-id, tag or branch is too long")
    call_id, from_tag, to_tag, branch = names
    if call_id is None:
        raise Refused("No call-id in message")
    return Party(call_id, from_tag, to_tag, branch)
