"""Access groups: one in a zone, with names and domains of their own, and a registrar that can be
reached."""

from collections.abc import Iterator

from config.checks.trunks import is_host
from config.model import Config
from config.problems import Finding, Loc, quoted


def names(config: Config) -> Iterator[Finding]:
    """A route names trunks and access groups alike."""
    for name in config.access:
        if name in config.trunks:
            message = f"there is a trunk {quoted(name)} too"
            yield Finding(("access", name), message, "routes could not tell them apart")


def zones(config: Config) -> Iterator[Finding]:
    """Who comes from anywhere is a phone of the one group that its zone has."""
    first: dict[str, str] = {}
    for name, access in config.access.items():
        loc: Loc = ("access", name, "zone")
        if first.setdefault(access.zone, name) != name:
            message = f"the zone has the access group {quoted(first[access.zone])} already"
            yield Finding(loc, message, "give the second group an interface and a zone of its own")


def domains(config: Config) -> Iterator[Finding]:
    for name, access in config.access.items():
        for index, domain in enumerate(access.domains):
            if not is_host(domain):
                message = f"{quoted(domain)} is not the name of a domain"
                hint = "letters, digits, hyphens and dots, such as example.com; no port"
                yield Finding(("access", name, "domains", index), message, hint)


def registrars(config: Config) -> Iterator[Finding]:
    for name, access in config.access.items():
        registrar = access.registrar
        loc: Loc = ("access", name, "registrar")
        if registrar.mode != "local" and registrar.upstream is None:
            message = f"no registrar to {registrar.mode} for"
            yield Finding((*loc, "mode"), message, "name the trunk: `upstream`")
        elif registrar.mode == "local" and registrar.upstream is not None:
            message = "a local registrar has nothing upstream"
            yield Finding(
                (*loc, "upstream"), message, "write `mode: absorb` or `relay`, or leave it out"
            )
        if registrar.min_expires > registrar.client_expires:
            message = "the shortest time is longer than the longest"
            yield Finding((*loc, "min_expires"), message)


def proofs(config: Config) -> Iterator[Finding]:
    """Whoever challenges knows the users, and nobody else does."""
    for name, access in config.access.items():
        auth, loc = access.auth, ("access", name, "auth")
        if auth.at == "core" and access.registrar.mode != "relay":
            message = "only the registrar of a `relay` can challenge in our place"
            yield Finding((*loc, "at"), message, "write `registrar: { mode: relay }`")
        elif auth.at == "core" and (auth.users or auth.users_file):
            message = "the core knows the users, the edge does not ask them"
            key = "users" if auth.users else "users_file"
            yield Finding((*loc, key), message, "leave it out, or write `at: edge`")
        elif auth.at == "edge" and not auth.users and auth.users_file is None:
            yield Finding(loc, "nobody could register", "name `users` or a `users_file`")


def survival(config: Config) -> Iterator[Finding]:
    for name, access in config.access.items():
        kept = access.survivability
        loc: Loc = ("access", name, "survivability")
        if kept.hold_bindings and access.registrar.mode != "relay":
            message = "the border keeps the bindings itself"
            yield Finding((*loc, "hold_bindings"), message, "it is for `mode: relay`")
        if kept.local_calls and access.registrar.upstream is None:
            message = "there is no core that could be lost"
            yield Finding((*loc, "local_calls"), message, "it is for `absorb` and `relay`")


def intervals(config: Config) -> Iterator[Finding]:
    for name, zone in config.zones.items():
        if zone.nat is not None and zone.nat.min_interval > zone.nat.max_interval:
            message = "the shortest time is longer than the longest"
            yield Finding(("zones", name, "nat", "min_interval"), message)
