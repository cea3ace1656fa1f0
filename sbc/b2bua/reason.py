"""Reason (RFC 3326) as one peer of ours wants it: SIP statuses and Q.850 causes, the one made from
the other where only one is known (RFC 3398 §7.2.4.1, §8.2.6.1; RFC 6432 for responses).

What a peer said is kept as two numbers; its text never gets here (`crossing.reason`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from config.effective import Terms
from sbc.b2bua.causes import Cause, cause_of
from sbc.b2bua.crossing import Field

Protocol = Literal["SIP", "Q.850"]

_ELEMENT = re.compile(r"(SIP|Q\.850);cause=(\d{1,3})", re.ASCII)

_STATUS_OF_CAUSE: Mapping[int, int] = {
    1: 404,
    2: 404,
    3: 404,
    17: 486,
    18: 408,
    19: 480,
    20: 480,
    21: 403,
    22: 410,
    23: 410,
    25: 483,
    26: 404,
    27: 502,
    28: 484,
    29: 501,
    31: 480,
    34: 503,
    38: 503,
    41: 503,
    42: 503,
    47: 503,
    55: 403,
    57: 403,
    58: 503,
    63: 501,
    65: 488,
    69: 501,
    70: 488,
    79: 501,
    87: 403,
    88: 503,
    102: 504,
    111: 500,
    127: 500,
}
"""A normal end (16) has no status: nothing has failed."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why something ended, in the words of either world."""

    sip: int | None = None
    q850: int | None = None

    @staticmethod
    def said(fields: Sequence[Field]) -> "Why":
        """In Reason fields that have crossed; of several the first holds."""
        found: dict[str, int] = {}
        for name, value in fields:
            if name == "Reason":
                for protocol, number in _ELEMENT.findall(value):
                    found.setdefault(protocol, int(number))
        return Why(found.get("SIP"), found.get("Q.850"))

    def completed(self, causes: Mapping[str, int]) -> "Why":
        """The one that is missing, made from the other. `causes`: of a trunk, by status; they
        go before those of the RFCs, both ways."""
        sip, q850 = self.sip, self.q850
        if q850 is None and sip is not None:
            q850 = causes.get(str(sip)) or cause_of(sip)
        elif sip is None and q850 is not None:
            sip = _status(q850, causes)
        return Why(sip, q850)

    def written(self, protocols: Sequence[Protocol]) -> tuple[Field, ...]:
        numbers = {"SIP": self.sip, "Q.850": self.q850}
        said = [f"{each};cause={numbers[each]}" for each in protocols if numbers[each] is not None]
        return (("Reason", ", ".join(said)),) if said else ()

    @property
    def nothing(self) -> bool:
        return self.sip is None and self.q850 is None


def reason_text(fields: Sequence[Field]) -> str | None:
    """What the Reason fields among these say, for the record."""
    return ", ".join(value for name, value in fields if name == "Reason") or None


def _status(q850: int, causes: Mapping[str, int]) -> int | None:
    own = [status for status, cause in causes.items() if cause == q850]
    return int(own[0]) if own else _STATUS_OF_CAUSE.get(q850)


def told(
    fields: Sequence[Field], cause: Cause, terms: Terms, *, in_response: bool = False
) -> tuple[Field, ...]:
    """The fields of an ending with the Reason that this peer gets: what the other side said, or
    `cause`, where it said nothing."""
    rest = tuple(field for field in fields if field[0] != "Reason")
    wanted = terms.reason
    if in_response and not wanted.in_responses:
        return rest
    why = Why.said(fields)
    if why.nothing:
        status = cause.sip if cause.sip >= 300 else None
        why = Why(status, cause.q850 or wanted.causes.get(str(cause.sip)) or cause.cause)
    if wanted.protocols is None:
        return tuple(fields) if rest != tuple(fields) else (*rest, *why.written(("Q.850",)))
    protocols = [each for each in wanted.protocols if each != "SIP" or not in_response]
    return (*rest, *why.completed(wanted.causes).written(protocols))
