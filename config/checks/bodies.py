"""Content types of message bodies: what crosses unseen is said (Z6)."""

from collections.abc import Iterator

from config.model import Config
from config.problems import Finding, Loc, quoted
from config.zones import BODY_TYPES


def unseen(config: Config) -> Iterator[Finding]:
    """A type that the border cannot rebuild crosses as it is, addresses of the other side too."""
    for name, zone in config.zones.items():
        for index, kind in enumerate(zone.message_limits.body_types):
            if zone.trust == "trusted" or kind in BODY_TYPES:
                continue
            loc: Loc = ("zones", name, "message_limits", "body_types", index)
            message = f"bodies of the type {quoted(kind)} cross as they are, with all in them"
            hint = "it is none that the border can rebuild; leave it out to keep it back"
            yield Finding(loc, message, hint, severity="warning")
