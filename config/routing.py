"""Routes: where from, which number, where to."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from config.fields import LIST, MAPPING, WORD, Name, Seconds, Section, Whole


class Source(Section):
    zone: Name | None = None
    trunk: Name | None = None
    access: Name | None = None


def _form(value: object) -> str | None:
    """Which branch of a union is meant, so that only the mistakes of that one are reported."""
    if isinstance(value, str):
        return WORD
    if isinstance(value, dict | Source):
        return MAPPING
    return LIST if isinstance(value, list | tuple) else None


class Match(Section):
    to: (
        Annotated[
            Annotated[str, Tag(WORD)] | Annotated[tuple[str, ...], Tag(LIST)],
            Discriminator(
                _form,
                custom_error_type="form",
                custom_error_message="expected a regular expression or a list, in quotes",
            ),
        ]
        | None
    ) = None
    """A regular expression, searched in the called number, or a list of exact numbers; a `*` at
    the end of one stands for any rest."""
    registered: Name | None = None
    """An access group in which the called user has a phone that is registered."""


def _cause(value: object) -> str | None:
    return WORD if isinstance(value, str) else "number" if isinstance(value, int) else None


FailoverCause = Annotated[
    Annotated[Literal["timeout", "unreachable"], Tag(WORD)]
    | Annotated[Whole, Field(ge=400, le=699), Tag("number")],
    Discriminator(
        _cause,
        custom_error_type="form",
        custom_error_message="expected a status from 400 on, timeout or unreachable",
    ),
]


class Failover(Section):
    """When another server is tried (R4, RFC 3263 §4.3)."""

    causes: tuple[FailoverCause, ...] = (408, 500, 502, 503, 504, "timeout", "unreachable")
    """Final answers after which another is tried; `timeout`: it kept silent, `unreachable`: no way
    to it. Never once media was described to the caller."""
    no_answer_after: Annotated[Seconds, Field(ge=1, le=32)] = 4.0
    """A server that has said nothing at all for so long is given up, if there is another."""
    setup_budget: Annotated[Seconds, Field(ge=1, le=180)] = 20.0
    """After so long, from the caller's INVITE on, no other is tried, and the last one is not waited
    for if it has said nothing at all."""


class Route(Section):
    name: Name
    from_: Annotated[
        Annotated[Source, Tag(MAPPING)] | Annotated[Literal["any"], Tag(WORD)],
        Discriminator(
            _form,
            custom_error_type="form",
            custom_error_message="expected { trunk: NAME } (or access, or zone), or any",
        ),
        Field(alias="from"),
    ]
    match: Match = Match()
    to: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Trunks and access groups, tried in this order."""
    failover: Failover = Failover()
    mode: Literal["b2bua", "proxy", "stateless"] = "b2bua"
    """`b2bua`: two legs, media through the relay, nothing of one side shown on the other. `proxy`:
    a stateful SIP proxy (RFC 3261 §16). `stateless`: a proxy that remembers nothing (§16.11) and
    spreads Call-IDs over all endpoints of `to`. Proxies are for trunks of zones without hiding."""
