"""Certificates: whole by themselves, of the right kind where they are named, and not missing.

Whether the files are there and fit together is not asked here: they are another machine's, perhaps.
"""

from collections.abc import Iterator

from config.model import Certificate, Config, SipListener
from config.problems import Finding, Loc, quoted

_SECURE = ("tls", "wss")
_WEB = ("ws", "wss")
_ONLY_OF = {
    "certificate": _SECURE,
    "client_ca": _SECURE,
    "client_certificate": _SECURE,
    "path": _WEB,
    "origins": _WEB,
    "ping": _WEB,
}
"""Keys of a listener, and the transports for which they mean something."""


def whole(config: Config) -> Iterator[Finding]:
    for name, each in config.certificates.items():
        loc: Loc = ("certificates", name)
        if each.chain is None and each.key is None and each.trust is None:
            yield Finding(loc, "names no file", "give `chain` and `key`, or `trust`", at_key=True)
        elif (each.chain is None) != (each.key is None):
            missing = "key" if each.key is None else "chain"
            yield Finding(loc, f"has no `{missing}`", "both are needed", at_key=True)


def listeners(config: Config) -> Iterator[Finding]:
    for loc, listener in _listeners(config):
        secure = listener.transport in _SECURE
        for key in sorted(listener.model_fields_set & set(_ONLY_OF)):
            if listener.transport not in _ONLY_OF[key]:
                hint = f"only of {' and '.join(_ONLY_OF[key])}"
                message = f"the key {quoted(key)} has no effect for {listener.transport}"
                yield Finding((*loc, key), message, hint, at_key=True)
        if secure and not listener.certificate:
            yield Finding(loc, f"{listener.transport} needs a certificate", "certificate: NAME")
        if listener.client_ca is None and "client_certificate" in listener.model_fields_set:
            message = "nobody is asked for a certificate"
            yield Finding((*loc, "client_certificate"), message, "add client_ca: NAME")


def uses(config: Config) -> Iterator[Finding]:
    """What we show needs a key; what we verify by needs authorities."""
    for loc, listener in _listeners(config):
        for index, name in enumerate(listener.certificate):
            yield from _shown(config, (*loc, "certificate", index), name)
        yield from _trusted(config, (*loc, "client_ca"), listener.client_ca)
    for name, trunk in config.trunks.items():
        yield from _shown(config, ("trunks", name, "tls", "certificate"), trunk.tls.certificate)
        yield from _trusted(config, ("trunks", name, "tls", "trust"), trunk.tls.trust)


def origins(config: Config) -> Iterator[Finding]:
    for name, interface in config.interfaces.items():
        zone = config.zones.get(interface.zone)
        if zone is None or zone.trust == "trusted":
            continue
        for index, listener in enumerate(interface.sip):
            if listener.transport in _WEB and not listener.origins:
                message = "the scripts of every page may connect"
                hint = 'origins: ["https://…"]'
                loc: Loc = ("interfaces", name, "sip", index)
                yield Finding(loc, message, hint, severity="warning")


def identities(config: Config) -> Iterator[Finding]:
    asking = {
        interface.zone
        for interface in config.interfaces.values()
        for listener in interface.sip
        if listener.client_ca is not None
    }
    for name, trunk in config.trunks.items():
        identify, loc = trunk.identify, ("trunks", name, "identify")
        if not identify.sources and not identify.tls_san:
            yield Finding(loc, "nobody is this trunk", "give sources, tls_san or both")
        if identify.tls_san and trunk.zone not in asking:
            message = f"no listener of the zone {quoted(trunk.zone)} asks for certificates"
            hint = "give one client_ca; only connections that we make can have a name"
            yield Finding((*loc, "tls_san"), message, hint, severity="warning")


def _listeners(config: Config) -> Iterator[tuple[Loc, SipListener]]:
    for name, interface in config.interfaces.items():
        for index, listener in enumerate(interface.sip):
            yield ("interfaces", name, "sip", index), listener


def _shown(config: Config, loc: Loc, name: str | None) -> Iterator[Finding]:
    found = _of(config, name)
    if found is not None and found.chain is None:
        message = f"the certificate {quoted(name)} has no chain and key to show"
        yield Finding(loc, message, "give it chain and key")


def _trusted(config: Config, loc: Loc, name: str | None) -> Iterator[Finding]:
    found = _of(config, name)
    if found is not None and found.trust is None:
        message = f"the certificate {quoted(name)} has no authorities to verify by"
        yield Finding(loc, message, "give it trust")


def _of(config: Config, name: str | None) -> Certificate | None:
    return None if name is None else config.certificates.get(name)
