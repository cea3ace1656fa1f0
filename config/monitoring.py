"""What is watched and told: metrics, the quality of media, and when it counts as bad."""

from typing import Annotated

from pydantic import Field

from config.fields import Listen, Name, Seconds, Section, Share


class Prometheus(Section):
    listen: Listen


class Verdicts(Section):
    """From where on a direction of media is called bad (docs/quality.md)."""

    no_media_after: Seconds = 5.0
    """Silence of both directions, though media are expected."""
    one_way_after: Seconds = 5.0
    """Silence of one direction, while the other is heard."""
    late_after: Seconds = 2.0
    """From the moment that a direction is expected to its first packet."""
    loss: Share = 0.03
    """Of the packets expected, over the whole stream."""
    jitter: Seconds = 0.04
    """Mean interarrival jitter of the whole stream."""


class Collector(Section):
    """Who is told of each call that is over (RFC 6035)."""

    trunk: Name
    """Where it is reached; in a trusted zone, since it learns who spoke with whom from where."""
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=64)] = "quality"
    """Of its address."""


class Quality(Section):
    interval: Seconds = 10.0
    """Length of one measuring interval of every stream."""
    verdicts: Verdicts = Verdicts()
    report_wait: Seconds = 3.0
    """How long the record of a call waits for the reports of phones, where these are taken."""
    collector: Collector | None = None
    """None: nobody is told."""


class Monitoring(Section):
    prometheus: Prometheus | None = None
    quality: Quality = Quality()
