"""Routes: the first that fits is taken, so one that stands behind a wider one is never reached."""

import re
import warnings
from collections.abc import Iterator

from config.model import Config, Route
from config.problems import Finding, Loc, quoted

MOST_PATTERN = 1000

_PIECE = re.compile(
    r"\\.|\[\^?(?:\]|\\.|[^\]\\])(?:\\.|[^\]\\])*\]"  # one character of some kind
    r"|(?:[*+]|\{\d*,\d*\})\+"  # possessive: it gives nothing back
    r"|\{\d*,\d*\}|.",
    re.DOTALL,
)

_Origin = tuple[str, str]
"""("any", ""), ("zone", NAME), or ("trunk", NAME), so also of an access group."""


def names(config: Config) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, route in enumerate(config.routes):
        if first.setdefault(route.name, index) != index:
            message = f"an earlier route is called {quoted(route.name)} too"
            yield Finding(("routes", index, "name"), message, "call records name the route")


def origins(config: Config) -> Iterator[Finding]:
    for index, route in enumerate(config.routes):
        if route.from_ == "any":
            continue
        loc: Loc = ("routes", index, "from")
        source = route.from_
        named = [each for each in (source.zone, source.trunk, source.access) if each is not None]
        if not named:
            hint = "write { trunk: NAME }, { access: NAME }, { zone: NAME } or any"
            yield Finding(loc, "names neither a trunk nor a zone", hint)
        elif len(named) > 1:
            hint = "a trunk has its zone, and so has an access group: name one"
            yield Finding(loc, "names more than one origin", hint)


def patterns(config: Config) -> Iterator[Finding]:
    for index, route in enumerate(config.routes):
        loc: Loc = ("routes", index, "match", "to")
        to = route.match.to
        if isinstance(to, str):
            if fault := _fault(to):
                message = f"{quoted(to)} is not a regular expression: {fault}"
                yield Finding(loc, message, "a list of numbers needs no regular expression")
            elif _may_run_away(to):
                message = f"{quoted(to)} repeats a repetition: one number may take hours to compare"
                hint = "while it is compared no call is served; repeat only once, as in `\\d+`"
                yield Finding(loc, message, hint, severity="warning")
        elif to == () or (to and "" in to):
            yield Finding(loc, "an empty number fits no call", "`*` fits every number")


def _fault(pattern: str) -> str:
    if not pattern or len(pattern) > MOST_PATTERN:
        return "it is empty" if not pattern else f"longer than {MOST_PATTERN} characters"
    with warnings.catch_warnings():
        # What a later Python will read in another way is a mistake today.
        warnings.simplefilter("error")
        try:
            re.compile(pattern)
        except (re.error, Warning) as error:
            return str(error)
        except (OverflowError, RecursionError):
            return "it is too large"
    return ""


def _may_run_away(pattern: str) -> bool:
    """Is a group repeated without a limit that has such a repetition inside? Then there may be a
    way to cut a number for each of its digits, twice as many with every one more."""
    inside, closed = [False], False
    for piece in _PIECE.findall(pattern):
        if piece == "(":
            inside.append(False)
        endless = piece in {"*", "+"} or (piece.startswith("{") and piece.endswith(",}"))
        if endless and closed:
            return True
        closed = piece == ")" and len(inside) > 1 and inside.pop()
        inside[-1] = inside[-1] or endless or closed
    return False


def shadows(config: Config) -> Iterator[Finding]:
    """Behind a route from here, or from wider, that takes every number or the very same ones."""
    seen: dict[tuple[_Origin, object], str] = {}
    for index, route in enumerate(config.routes):
        wider = _origins(config, route)
        own = (route.match.to, route.match.registered)
        reach = {own, (route.match.to, None), (None, route.match.registered), (None, None)}
        over = [
            seen[origin, match] for origin in wider for match in reach if (origin, match) in seen
        ]
        if over:
            message = f"never reached: the route {quoted(over[0])} above takes its calls"
            yield Finding(("routes", index), message, "put the narrower route first")
        for origin in wider[:1]:
            seen.setdefault((origin, own), route.name)


def _origins(config: Config, route: Route) -> list[_Origin]:
    """The route's own origin, then each wider one; none of a route that names no origin."""
    everybody = ("any", "")
    if route.from_ == "any":
        return [everybody]
    name = route.from_.trunk or route.from_.access
    if name is None:
        return [("zone", route.from_.zone), everybody] if route.from_.zone else []
    peer = config.trunks.get(name) or config.access.get(name)
    zones = [] if peer is None else [("zone", peer.zone)]
    return [("trunk", name), *zones, everybody]


def circles(config: Config) -> Iterator[Finding]:
    """A call sent back to where it came from: sometimes meant, mostly the start of a loop."""
    for index, route in enumerate(config.routes):
        if route.from_ == "any":
            continue
        for place, name in enumerate(route.to):
            trunk = config.trunks.get(name)
            loc: Loc = ("routes", index, "to", place)
            if name == route.from_.trunk:
                message = f"calls of the trunk {quoted(name)} go back to it"
                yield Finding(loc, message, severity="warning")
            elif trunk is not None and trunk.zone == route.from_.zone:
                message = f"calls of the zone {quoted(trunk.zone)} go back into it"
                yield Finding(loc, message, "name the trunk they come from", severity="warning")


def proxies(config: Config) -> Iterator[Finding]:
    """A proxy hides nothing and anchors no media: not for a zone that asks for hiding. Where phones
    are must be known, which the stateless one does not."""
    for index, route in enumerate(config.routes):
        if route.mode == "b2bua":
            continue
        for loc, zone, access in _ends(config, index, route):
            if access is not None and route.mode == "stateless":
                message = f"`mode: stateless` is between trunks, {quoted(access)} is not one"
                yield Finding(loc, message, "calls of phones need `mode: b2bua` or `proxy`")
            elif zone in config.zones and _hides(config, zone):
                message = f"`mode: {route.mode}` cannot hide what the zone {quoted(zone)} hides"
                hint = "use `mode: b2bua`; only a trusted zone may say `topology_hiding: none`"
                yield Finding(loc, message, hint)


def hiding(config: Config) -> Iterator[Finding]:
    for name, zone in config.zones.items():
        if zone.topology_hiding == "none" and zone.trust == "untrusted":
            loc: Loc = ("zones", name, "topology_hiding")
            yield Finding(loc, "an untrusted zone is always hidden from", "write `full`")


def _ends(config: Config, index: int, route: Route) -> Iterator[tuple[Loc, str | None, str | None]]:
    """The place and the zone of everything that the route joins; or that it is an access group."""
    source = route.from_
    if source == "any":
        for zone in config.zones:
            yield ("routes", index, "from"), zone, None
    elif source.zone is not None:
        yield ("routes", index, "from", "zone"), source.zone, None
    elif source.trunk is not None:
        yield ("routes", index, "from", "trunk"), _zone(config, source.trunk), None
    elif source.access is not None:
        yield ("routes", index, "from", "access"), _zone(config, source.access), source.access
    for place, name in enumerate(route.to):
        access = name if name in config.access else None
        yield ("routes", index, "to", place), _zone(config, name), access


def _zone(config: Config, name: str) -> str | None:
    peer = config.trunks.get(name) or config.access.get(name)
    return None if peer is None else peer.zone


def _hides(config: Config, name: str) -> bool:
    zone = config.zones[name]
    return (zone.topology_hiding or ("none" if zone.trust == "trusted" else "full")) == "full"
