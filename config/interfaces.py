"""Interfaces, their listeners, and the certificates that these show."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from config.addresses import IpAddress
from config.fields import Address, Dscp, Name, Port, PortRange, Seconds, Section

Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
PORTS: Mapping[str, int] = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}
"""Where a listener is when the file does not say it (RFC 3261 §19.1.2, RFC 7118 §5.2.4)."""


def _several(written: object) -> object:
    """One name may stand where several could."""
    return (written,) if isinstance(written, str) else written


class SipListener(Section):
    transport: Transport
    port: Port = 5060
    """Of `tls` by default 5061, of `ws` 80, of `wss` 443."""
    certificate: Annotated[
        tuple[Name, ...], BeforeValidator(_several, json_schema_input_type=str | list[str])
    ] = ()
    """`tls`, `wss`: what we show. Of several the one that has the server name asked for (SNI);
    else the first."""
    client_ca: Name | None = None
    """`tls`, `wss`: ask whoever connects for a certificate, and verify it against this `trust`."""
    client_certificate: Literal["required", "requested"] = "required"
    """Whether, being asked, one may come without."""
    path: Annotated[str, Field(pattern=r"^/[!-~]*$", max_length=256)] = "/"
    """`ws`, `wss`: the path that clients ask for."""
    origins: tuple[Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=256)], ...] = ()
    """`ws`, `wss`: the pages whose scripts may connect (RFC 6455 §10.2). Empty: every page."""
    ping: Seconds = 30.0
    """`ws`, `wss`: of a silent client we ask so often whether it is there."""

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, written: object) -> object:
        if isinstance(written, dict) and "port" not in written:
            usual = PORTS.get(str(written.get("transport")))
            return {**written, "port": usual} if usual else written
        return written


class MediaPorts(Section):
    ports: PortRange
    quarantine: Seconds = 32.0
    dscp: Dscp | None = None
    """The mark of RTP and RTCP that leave here (RFC 2474), and of what TURN relays. None: none."""


class Interface(Section):
    zone: Name
    bind: Address
    advertise: Address | None = None
    """What peers are told (1:1 NAT, clouds); None: the bind address."""
    sip: Annotated[tuple[SipListener, ...], Field(min_length=1)]
    media: MediaPorts
    dscp: Dscp | None = None
    """The mark of SIP that leaves here, over whatever transport. None: none."""

    @property
    def shown(self) -> IpAddress:
        """The address that peers of this interface are told."""
        return self.advertise or self.bind


class Certificate(Section):
    """Files in PEM form. They are read again when they change; connections go on meanwhile."""

    chain: str | None = None
    """Our certificate and what leads from it to a root, in this order."""
    key: str | None = None
    trust: str | None = None
    """Certificates of authorities, for verifying those of peers."""
    min_version: Literal["1.2", "1.3"] = "1.2"
    watch: Seconds = 2.0
    """Time between two looks at the files."""
    warn_before: Seconds = 2_592_000.0
    """Warn so long before it expires; and again 7 days and 1 day before."""
