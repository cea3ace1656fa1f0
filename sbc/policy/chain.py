"""Runs the policies in their one published order; each sees only what those before it let by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sbc.routing.routes import Chosen


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that wants to be made. Policies return a changed copy, or refuse it."""

    zone: str
    trunk: str
    """Where it came from."""
    called: str
    """User part of the Request-URI, unescaped."""
    max_forwards: int | None
    require: tuple[str, ...]
    """Option tags which the caller insists on."""
    calls: int
    """Calls of this trunk that are up or being set up."""
    draining: bool = False
    """The border is stopping."""
    min_se: int | None = None
    """The session interval that it should have asked for; None: what it asks for will do."""
    user: str | None = None
    """Who was authenticated; None: of a trunk."""
    calls_of_user: int = 0
    """As `calls`, made by that user."""
    too_fast: bool = False
    """That user has begun more calls lately than he may."""
    caller: str = ""
    """User part of From, unescaped."""
    anonymous: bool = False
    chosen: Chosen | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A refusal is a value: the final answer that the caller gets."""

    status: int
    why: str
    """For the log and the record; never sent."""
    fields: tuple[tuple[str, str], ...] = ()


Policy = Callable[[Attempt], Attempt | Reject]


def run(policies: Sequence[Policy], attempt: Attempt) -> Attempt | Reject:
    for policy in policies:
        result = policy(attempt)
        if isinstance(result, Reject):
            return result
        attempt = result
    return attempt
