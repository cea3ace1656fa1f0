"""What a caller may insist on (RFC 3261 §8.2.2.3)."""

from sbc.policy.chain import Attempt, Reject

SUPPORTED = ("100rel",)


def extensions(attempt: Attempt) -> Attempt | Reject:
    unknown = [tag for tag in attempt.require if tag not in SUPPORTED]
    if unknown:
        return Reject(420, f"requires {', '.join(unknown)}", (("Unsupported", ", ".join(unknown)),))
    return attempt
