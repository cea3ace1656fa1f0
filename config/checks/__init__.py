"""What no single section can know: names that lead nowhere, sockets that clash, lost routes.

Each check is a small pure function from the configuration to its findings. They stand in two
lists: those that hold for whatever is there, even when other entries could not be read; and those
that speak of what is absent, and are right only when everything has been read.
"""

from collections.abc import Callable, Iterator

from config.checks import access, bodies, certificates, media, routes, sockets, srtp, trunks, turn
from config.model import Config
from config.problems import Finding

Check = Callable[[Config], Iterator[Finding]]

OF_WHAT_IS_THERE: tuple[Check, ...] = (
    sockets.binds,
    sockets.advertised,
    sockets.listeners,
    sockets.one_of_a_transport,
    certificates.whole,
    certificates.listeners,
    certificates.uses,
    certificates.origins,
    certificates.identities,
    media.pairs,
    media.overlaps,
    media.signalling_inside,
    media.codec_orders,
    media.latching,
    bodies.unseen,
    trunks.domains,
    trunks.endpoints,
    trunks.sources,
    trunks.accounts,
    trunks.collector,
    srtp.lists,
    srtp.clear_signalling,
    routes.names,
    routes.origins,
    routes.patterns,
    routes.shadows,
    routes.circles,
    routes.proxies,
    routes.hiding,
    access.names,
    access.zones,
    access.domains,
    access.registrars,
    access.proofs,
    access.survival,
    access.intervals,
    turn.families,
    turn.relay_ports,
    turn.listeners,
    turn.certificate,
    turn.credentials,
)

OF_WHAT_IS_ABSENT: tuple[Check, ...] = (
    trunks.zones_without_interface,
    trunks.ways_out,
)
