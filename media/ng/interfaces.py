"""Our logical interfaces: `[NAME/]ADDRESS[!ADVERTISED]`, one or more, the first is the usual one.

One name may have an address of each family. To the relay each address is an interface of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from media.ng.command import Refused
from media.ports import MediaInterface
from media.sdp.address import canonical, family

USUAL_NAME = "default"


class BadInterface(ValueError):
    """The operator's mistake."""


@dataclass(frozen=True, slots=True)
class Place:
    """One address of ours."""

    interface: str
    """The logical name."""
    bind: str
    shown: str
    """As peers are told."""

    @property
    def family(self) -> str:
        return family(self.bind)

    @property
    def relay_name(self) -> str:
        return f"{self.interface}/{self.family}"


def parse_place(text: str) -> Place:
    """Raises BadInterface."""
    name, slash, rest = text.rpartition("/")
    if slash and not name:
        raise BadInterface(f"{text}: a name is missing before the slash")
    bind_text, mark, shown_text = rest.partition("!")
    bind = canonical(bind_text)
    shown = canonical(shown_text) if mark else bind
    if bind is None or shown is None:
        raise BadInterface(f"{text}: expected [NAME/]ADDRESS[!ADVERTISED] with IP addresses")
    if family(bind) != family(shown):
        raise BadInterface(f"{text}: the advertised address is of another family")
    return Place(name or USUAL_NAME, bind, shown)


class Interfaces:
    def __init__(self, places: Iterable[Place]) -> None:
        """Raises BadInterface."""
        self._places: dict[str, dict[str, Place]] = {}
        for place in places:
            own = self._places.setdefault(place.interface, {})
            if place.family in own:
                raise BadInterface(
                    f"{place.interface} has two {place.family} addresses; give each its own name"
                )
            own[place.family] = place
        if not self._places:
            raise BadInterface("at least one interface is needed")

    @property
    def usual(self) -> str:
        return next(iter(self._places))

    def known(self, name: str | None) -> str:
        """The name, or the usual one. An unknown name is never taken for another zone."""
        if name is None:
            return self.usual
        if name not in self._places:
            raise Refused(f"Unknown interface '{name}'")
        return name

    def place(self, name: str, wanted: str) -> Place:
        """Its address of this family. Raises Refused."""
        place = self._places[name].get(wanted)
        if place is None:
            raise Refused(f"Interface '{name}' has no {wanted} address")
        return place

    def place_of(self, relay_name: str) -> str:
        """Its address, by the name that the relay has for it."""
        return next(each.bind for each in self.all() if each.relay_name == relay_name)

    def all(self) -> list[Place]:
        return [place for own in self._places.values() for place in own.values()]

    def bound(self) -> Mapping[str, str]:
        return {place.relay_name: place.bind for place in self.all()}

    def for_relay(self, ports: tuple[int, int], quarantine: float) -> dict[str, MediaInterface]:
        """`ports`: first and last. Interfaces that share an address share out its ports, too."""
        by_address: dict[str, list[Place]] = {}
        for place in self.all():
            by_address.setdefault(place.bind, []).append(place)
        done = {}
        for places in by_address.values():
            for index, place in enumerate(places):
                low, high = _share(ports, index, len(places))
                addresses = (place.bind, place.shown)
                done[place.relay_name] = MediaInterface(addresses, low, high, quarantine)
        return done


def _share(ports: tuple[int, int], index: int, count: int) -> tuple[int, int]:
    low, high = ports
    pairs = (high - low + 1) // 2 // count
    begin = low + 2 * pairs * index
    return begin, begin + 2 * pairs - 1
