"""What a caller may insist on (RFC 3261 §8.2.2.3)."""

from collections.abc import Iterable

from sbc.policy.chain import Attempt, Reject

SUPPORTED = ("100rel",)


def unknown_among(require: Iterable[str]) -> list[str]:
    return [tag for tag in require if tag not in SUPPORTED]


def extensions(attempt: Attempt) -> Attempt | Reject:
    unknown = unknown_among(attempt.require)
    if unknown:
        return Reject(420, f"requires {', '.join(unknown)}", (("Unsupported", ", ".join(unknown)),))
    return attempt
