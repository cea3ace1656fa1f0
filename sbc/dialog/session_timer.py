"""Session timers (RFC 4028): who refreshes a session how often, and when it is taken for dead.

Each leg of a call has its own, whatever the other leg agreed on (S7). Here lies the arithmetic of
one dialog and its figure; messages are sent, and timers kept, by whoever uses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from config.model import SessionTimer as Terms
from sbc.sip.errors import BadMessage
from sbc.sip.headers import Headers

OPTION_TAG = "timer"
LEAST = 90
"""Seconds: nobody may ask for less (§5)."""
MOST = 2**31 - 1
_FORM = re.compile(r"(\d{1,10})\s*(?:;(.*))?", re.ASCII)
_REFRESHER = re.compile(r"(?:^|;)\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)", re.ASCII | re.I)

Field = tuple[str, str]


class State(Enum):
    OFF = "the session does not expire"
    OURS = "we refresh it at half of its interval"
    REFRESHING = "our refresh waits for its answer"
    RETRYING = "a refresh was refused; another one follows"
    THEIRS = "the peer refreshes it"
    OVER = "it expired, or its dialog ended"

    __hash__ = object.__hash__


class On(Enum):
    AGREED_OURS = auto()
    AGREED_THEIRS = auto()
    AGREED_NONE = auto()
    DUE = auto()
    """The time that was waited for has come."""
    EXPIRED = auto()
    REFUSED = auto()
    STOP = auto()

    __hash__ = object.__hash__


class Do(Enum):
    REFRESH = auto()
    EXPIRE = auto()

    __hash__ = object.__hash__


_AGREED: Mapping[On, tuple[State, Do | None]] = {
    On.AGREED_OURS: (State.OURS, None),
    On.AGREED_THEIRS: (State.THEIRS, None),
    On.AGREED_NONE: (State.OFF, None),
    On.STOP: (State.OVER, None),
}
_MORTAL = {**_AGREED, On.EXPIRED: (State.OVER, Do.EXPIRE)}

TABLE: Mapping[State, Mapping[On, tuple[State, Do | None]]] = {
    State.OFF: _AGREED,
    State.OURS: {**_MORTAL, On.DUE: (State.REFRESHING, Do.REFRESH)},
    State.REFRESHING: {**_MORTAL, On.REFUSED: (State.RETRYING, None)},
    State.RETRYING: {**_MORTAL, On.DUE: (State.REFRESHING, Do.REFRESH)},
    State.THEIRS: _MORTAL,
    State.OVER: {},
}


@dataclass(frozen=True, slots=True)
class Agreement:
    interval: int
    """Seconds from one refresh until the session expires."""
    ours: bool
    """We are the one to refresh."""


class SessionTimer:
    """Where one dialog stands. `deadline` is when `due` wants to be called, None for never."""

    __slots__ = ("_expires_at", "deadline", "interval", "min_se", "state", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.state = State.OFF
        self.interval = max(int(terms.expires), int(terms.min_se), LEAST)
        """What was agreed on last; before that, what we would ask for."""
        self.min_se = LEAST
        """The least that this peer, or somebody on the way to it, puts up with."""
        self.deadline: float | None = None
        self._expires_at = 0.0

    @property
    def on(self) -> bool:
        return self.state not in {State.OFF, State.OVER}

    # --- what is said -----------------------------------------------------------------------------

    def asking(self) -> tuple[str | None, tuple[Field, ...]]:
        """In an INVITE or UPDATE of ours: the option tag for Supported, and further fields (§7.1,
        §7.4)."""
        if self.terms.mode == "none":
            return None, ()
        if not self.on and self.terms.mode != "require":
            return OPTION_TAG, ()
        ours = self.state is not State.THEIRS if self.on else self.terms.refresher == "local"
        fields = [("Session-Expires", f"{self.interval};refresher={'uac' if ours else 'uas'}")]
        if self.min_se > LEAST:
            fields.append(("Min-SE", str(self.min_se)))
        return OPTION_TAG, tuple(fields)

    def answering(self, headers: Headers, now: float) -> tuple[Field, ...]:
        """In our 2xx to an INVITE or UPDATE with these `headers`; from now on it holds (§9)."""
        agreement = as_uas(headers, self.terms)
        self._agreed(agreement, now)
        if agreement is None:
            return ()
        refresher = "uas" if agreement.ours else "uac"
        fields: list[Field] = [("Session-Expires", f"{agreement.interval};refresher={refresher}")]
        if OPTION_TAG in headers.supported:
            fields.append(("Supported" if agreement.ours else "Require", OPTION_TAG))
        return tuple(fields)

    def answered(self, headers: Headers, now: float) -> None:
        """A 2xx to an INVITE or UPDATE of ours has come (§7.2)."""
        self._agreed(as_uac(headers, self.terms, self.interval), now)

    def too_small(self, headers: Headers) -> bool:
        """A 422 came. True: it is worth asking again, for longer (§7.3)."""
        try:
            least = min_se(headers)
        except BadMessage:
            return False
        if least <= self.min_se or least > MOST or self.terms.mode == "none":
            return False
        self.min_se = least
        self.interval = max(self.interval, least)
        return True

    # --- what happens -----------------------------------------------------------------------------

    def _agreed(self, agreement: Agreement | None, now: float) -> None:
        if agreement is None:
            self._do(On.AGREED_NONE)
            self.deadline = None
        elif self._do(On.AGREED_OURS if agreement.ours else On.AGREED_THEIRS)[0] is not State.OVER:
            interval = self.interval = agreement.interval
            self._expires_at = now + interval - min(32.0, interval / 3)  # §10
            self.deadline = now + interval / 2 if agreement.ours else self._expires_at

    def due(self, now: float) -> Do | None:
        state, effect = self._do(On.EXPIRED if now >= self._expires_at else On.DUE)
        self.deadline = self._expires_at if state is State.REFRESHING else None
        return effect

    def refused(self, now: float, again_after: float) -> None:
        """A refresh of ours failed, for now; another one may do better."""
        if self._do(On.REFUSED)[0] is State.RETRYING:
            self.deadline = min(now + again_after, self._expires_at)

    def stop(self) -> None:
        self._do(On.STOP)
        self.deadline = None

    def _do(self, event: On) -> tuple[State, Do | None]:
        self.state, effect = TABLE[self.state].get(event, (self.state, None))
        return self.state, effect


# --- the rules of the two roles -------------------------------------------------------------------


def refusal(headers: Headers, terms: Terms) -> int | None:
    """The Min-SE of the 422 that an INVITE or UPDATE must get; None: it may pass (§9). Raises
    BadMessage."""
    least = max(int(terms.min_se), LEAST)
    if terms.mode == "none":
        return None
    asked, _ = session_expires(headers), min_se(headers)
    if asked is None or asked[0] >= least:
        return None
    # Who does not understand the answer did not ask, but a proxy on its way.
    return least if OPTION_TAG in headers.supported else None


def as_uas(headers: Headers, terms: Terms) -> Agreement | None:
    """What our 2xx says to a request that asks for so much, as the table of §9 has it."""
    if terms.mode == "none":
        return None
    asked = session_expires(headers)
    if asked is None and terms.mode != "require":
        return None
    least = max(min_se(headers), int(terms.min_se))
    interval, refresher = asked or (MOST, None)
    if terms.mode == "require":
        interval = min(interval, int(terms.expires))
    if OPTION_TAG not in headers.supported:
        ours = True
    elif refresher is not None:
        ours = refresher == "uas"
    else:
        ours = terms.refresher == "local"
    return Agreement(max(interval, least), ours)


def as_uac(headers: Headers, terms: Terms, interval: int) -> Agreement | None:
    """What a 2xx to our request means. A peer that knows no timers is refreshed by us alone."""
    try:
        said = session_expires(headers)
    except BadMessage:
        said = None
    if terms.mode == "none":
        return None
    if said is None:
        return Agreement(interval, ours=True) if terms.mode == "require" else None
    return Agreement(max(said[0], LEAST), ours=said[1] != "uas")


def session_expires(headers: Headers) -> tuple[int, str | None] | None:
    """Seconds and who refreshes; None when it is not there. Raises BadMessage."""
    found = _read(headers, "session-expires")
    if found is None:
        return None
    role = _REFRESHER.search(found[2] or "")
    return int(found[1]), role[1].lower() if role else None


def min_se(headers: Headers) -> int:
    """Raises BadMessage."""
    found = _read(headers, "min-se")
    return LEAST if found is None else max(int(found[1]), LEAST)


def _read(headers: Headers, name: str) -> re.Match[str] | None:
    value = headers.get(name)
    if value is None:
        return None
    found = _FORM.fullmatch(value.strip()) if len(value) < 256 else None
    if found is None or int(found[1]) > MOST:
        raise BadMessage(400, f"Bad {name}")
    return found
