"""Where one phone is: a binding of an address of record (RFC 3261 §10), also as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sbc.actions import Address, Flow
from sbc.location.wanted import is_address
from sbc.sip.grammar import Params
from sbc.sip.uri import Uri

_INSTANCE, _REG_ID = "+sip.instance", "reg-id"


def key_of(uri: str, params: Params) -> tuple[str, ...]:
    """What a later REGISTER replaces: the flow of an instance, else the Contact."""
    named = dict(params)
    instance, reg_id = named.get(_INSTANCE), named.get(_REG_ID)
    return (instance, reg_id) if instance and reg_id else (uri,)


@dataclass(frozen=True, slots=True)
class Binding:
    user: str
    uri: str
    """The Contact URI as the phone wrote it: what its own requests are addressed to."""
    params: Params
    """Of the Contact, as they came, but for `expires`."""
    q: float
    expires: float
    """When it ends, on the core's clock."""
    flow: Flow
    call_id: str
    cseq: int
    registered: float
    """When it was last refreshed."""
    agent: str = ""
    token: str = ""
    """Its name to the registrar upstream, which nobody can guess."""
    service_route: tuple[str, ...] = ()
    """Where that registrar wants requests of this phone to go first (RFC 3608)."""
    gruu: Params = ()
    """Parameters of its Contact in our answers (RFC 5627)."""
    stated: Address | None = None
    """Where the phone says that it is, by its Via."""
    life: tuple[float, float | None] | None = None
    """Seconds of silence that its NAT bears, and that it does not, as far as they are known."""

    @property
    def instance(self) -> str | None:
        return dict(self.params).get(_INSTANCE)

    @property
    def key(self) -> tuple[str, ...]:
        return key_of(self.uri, self.params)

    @property
    def stated_flow(self) -> Flow:
        """By its Contact, where that is an address; else where it was heard."""
        uri = Uri.parse(self.uri)
        if self.flow.reliable or not is_address(uri.host):
            return self.flow
        return replace(self.flow, remote=(uri.host, uri.port or 5060))

    def shown(self, now: float) -> dict[str, object]:
        """For operators."""
        return {
            "user": self.user,
            "contact": self.uri,
            "transport": self.flow.transport,
            "source": f"{self.flow.remote[0]}:{self.flow.remote[1]}",
            "expires_in": round(self.expires - now),
            "user_agent": self.agent,
        }


_FIELDS = tuple(field.name for field in fields(Binding))


def as_record(binding: Binding, epoch: float) -> dict[str, object]:
    """For the store: with its end by the wall clock, since ours begins anew with each start."""
    return {
        **{name: getattr(binding, name) for name in _FIELDS},
        "flow": [binding.flow.interface, binding.flow.transport, *binding.flow.remote],
        "expires": binding.expires + epoch,
        "registered": binding.registered + epoch,
    }


def from_record(record: Mapping[str, Any], epoch: float) -> Binding:
    """Raises LookupError, TypeError or ValueError for what no release of ours has written."""
    interface, transport, ip, port = record["flow"]
    stated, life = record.get("stated"), record.get("life")
    return Binding(
        user=str(record["user"]),
        uri=str(record["uri"]),
        params=tuple((str(name), value) for name, value in record["params"]),
        q=float(record["q"]),
        expires=float(record["expires"]) - epoch,
        flow=Flow(str(interface), transport, (str(ip), int(port))),
        call_id=str(record["call_id"]),
        cseq=int(record["cseq"]),
        registered=float(record["registered"]) - epoch,
        agent=str(record["agent"]),
        token=str(record.get("token", "")),
        service_route=tuple(str(each) for each in record.get("service_route", ())),
        gruu=tuple((str(name), value) for name, value in record.get("gruu", ())),
        stated=None if stated is None else (str(stated[0]), int(stated[1])),
        life=None
        if life is None
        else (float(life[0]), None if life[1] is None else float(life[1])),
    )
