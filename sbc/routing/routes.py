"""Where does it go? The first route whose source and called number match (R1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from config.model import Config, Match, Route


@dataclass(frozen=True, slots=True)
class Chosen:
    route: str
    trunks: tuple[str, ...]
    """Trunks and access groups, in the order in which they are tried."""
    mode: Literal["b2bua", "proxy", "stateless"] = "b2bua"


Registered = Callable[[str, str], bool]
"""Has this user a phone in this access group?"""


class Routes:
    def __init__(self, config: Config, registered: Registered = lambda *_: False) -> None:
        self._routes = [(route, matcher(route.match)) for route in config.routes]
        self._registered = registered

    def choose(self, zone: str, trunk: str, called: str) -> Chosen | None:
        """The first route for a call from `trunk` in `zone` to `called`; None: nobody may go
        there."""
        for route, matches in self._routes:
            if _is_from(route, zone, trunk) and matches(called) and self._is_there(route, called):
                return Chosen(route.name, route.to, route.mode)
        return None

    def _is_there(self, route: Route, called: str) -> bool:
        group = route.match.registered
        return group is None or self._registered(group, called)


def _is_from(route: Route, zone: str, trunk: str) -> bool:
    source = route.from_
    if source == "any":
        return True
    peer = source.trunk or source.access
    return source.zone in {None, zone} and peer in {None, trunk}


def matcher(match: Match) -> Callable[[str], bool]:
    """The test that `match.to` asks of a called number."""
    wanted = match.to
    if wanted is None:
        return lambda _: True
    if isinstance(wanted, str):
        pattern = re.compile(wanted)
        return lambda called: pattern.search(called) is not None
    exact = {number for number in wanted if not number.endswith("*")}
    prefixes = tuple(number[:-1] for number in wanted if number.endswith("*"))
    return lambda called: called in exact or called.startswith(prefixes)
