"""What a caller may insist on (RFC 3261 §8.2.2.3)."""

from collections.abc import Iterable, Mapping

from config.effective import Terms
from sbc.policy.chain import Attempt, Policy, Reject

ALWAYS = ("100rel", "replaces")
_NAMING = ("join", "tdialog")
"""Of fields that name a dialog, which we translate (RFC 3911, RFC 4538); whether the other side
knows them is for that side to say."""


def supported(terms: Terms) -> tuple[str, ...]:
    """The option tags that hold towards this peer."""
    return (*ALWAYS, "timer") if terms.session_timer.mode != "none" else ALWAYS


def unknown_among(require: Iterable[str], terms: Terms) -> list[str]:
    known = (*supported(terms), *_NAMING)
    return [tag for tag in require if tag not in known]


def extensions(terms: Mapping[str, Terms]) -> Policy:
    def insist(attempt: Attempt) -> Attempt | Reject:
        unknown = unknown_among(attempt.require, terms[attempt.trunk])
        if unknown:
            tags = ", ".join(unknown)
            return Reject(420, f"requires {tags}", (("Unsupported", tags),))
        return attempt

    return insist
