"""Every event that the border notes, with the values that its label `reason` may have.

An event that is not here is counted as `other`: nothing that comes from outside may name a series.
"""

from collections.abc import Mapping

EVENTS: Mapping[str, frozenset[str]] = {
    "call_ended": frozenset(),
    "connections_refused": frozenset(),
}
