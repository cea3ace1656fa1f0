"""What the connections of each listener are made of: its codec, and its TLS on either side."""

import ssl
from collections.abc import Callable
from functools import partial

from config.certificates import by_server_name, client_context, server_context
from config.model import Config, SipListener, Trunk
from sbc.actions import Flow
from sbc.routing.certificate_names import fits
from sbc.routing.targets import wanted_names
from sbc.sip.limits import Limits
from sbc.sip.stream import StreamFramer
from sbc.sip.uri import Uri
from sbc.transport.codec import Codec, SipStream
from sbc.transport.rotation import Rotation
from sbc.transport.tcp import Way
from sbc.transport.tls import TlsSession, server_name
from sbc.transport.websocket import Door, WebSocket


def way_of(
    config: Config, interface: str, listener: SipListener, limits: Limits, rotation: Rotation | None
) -> Way:
    codec = _codec(listener, limits)
    if listener.transport not in ("tls", "wss"):
        return Way(listener.transport, codec)
    assert rotation is not None, "a listener with TLS, and no certificates"
    accepting = partial(_accepting, rotation, interface, listener)
    dials = listener.transport == "tls"
    dialling = Dialling(config, interface, listener, rotation) if dials else None
    return Way(listener.transport, codec, accepting, dialling)


class Dialling:
    """TLS towards trunks: by the name that is wanted we know which trunk it is for."""

    def __init__(
        self, config: Config, interface: str, listener: SipListener, rotation: Rotation
    ) -> None:
        zone = config.interfaces[interface].zone
        self._rotation = rotation
        self._own = listener.certificate[0]
        self._trunks = [
            (frozenset(_wanted(trunk)), trunk.tls.certificate, trunk.tls.trust)
            for trunk in config.trunks.values()
            if trunk.zone == zone
        ]

    def __call__(self, flow: Flow) -> TlsSession:
        shown, trust = self._own, None
        for names, certificate, authorities in self._trunks:
            if fits(names, flow.names):
                shown, trust = certificate or self._own, authorities
                break
        context = self._rotation.context(("client", shown, trust), lambda: self._made(shown, trust))
        return TlsSession(context, server_side=False, asked=server_name(flow.names))

    def _made(self, shown: str, trust: str | None) -> ssl.SSLContext:
        material = self._rotation.material
        return client_context(material(shown), None if trust is None else material(trust))


def _accepting(rotation: Rotation, interface: str, listener: SipListener) -> TlsSession:
    key = ("server", interface, listener.transport)
    context = rotation.context(key, lambda: _server(rotation, listener))
    return TlsSession(context, server_side=True)


def _server(rotation: Rotation, listener: SipListener) -> ssl.SSLContext:
    trusted = None if listener.client_ca is None else rotation.material(listener.client_ca)
    required = listener.client_certificate == "required"
    shown = [rotation.material(name) for name in listener.certificate]
    made = [(each, server_context(each, trusted, required=required)) for each in shown]
    return by_server_name(made)


def _codec(listener: SipListener, limits: Limits) -> Callable[[], Codec]:
    if listener.transport in ("ws", "wss"):
        origins = frozenset(each.lower().rstrip("/") for each in listener.origins)
        door = Door(listener.path, origins)
        return lambda: WebSocket(door, limits.bytes)
    return lambda: SipStream(StreamFramer(limits))


def _wanted(trunk: Trunk) -> list[str]:
    hosts = [Uri.parse(endpoint.uri).host for endpoint in trunk.endpoints]
    return [name for host in hosts for name in wanted_names(trunk.domain, host)]
