"""May this REGISTER be carried out at all? What it insists on, how far it has come, and whose it is
(RFC 3261 §10.3, steps 2 to 5; A6)."""

from collections.abc import Collection

from config.effective import Terms
from sbc.policy.extensions import unknown_among
from sbc.registrar import gruu, outbound
from sbc.registrar.bindings import Refused
from sbc.sip.message import Request
from sbc.sip.uri import Uri

_OURS = frozenset({outbound.OPTION_TAG, gruu.OPTION_TAG})
_OF_A_REGISTRAR = _OURS | {"path"}


def insists(request: Request, terms: Terms, *, relayed: bool) -> Refused | None:
    """On what a registrar of ours does not do, such as Path. `relayed`: the one behind us says what
    it does."""
    known = _OF_A_REGISTRAR if relayed else _OURS
    left = [tag for tag in request.headers.require if tag not in known]
    if unknown := ", ".join(unknown_among(left, terms)):
        return Refused(420, f"requires {unknown}", (("Unsupported", unknown),))
    if request.headers.max_forwards == 0:
        return Refused(483, "no hops left")
    if outbound.is_asked(request) and outbound.lacks_first_hop(request):
        return Refused(439, "its flow ends at somebody else")
    return None


def identity(request: Request, user: str | None, domains: Collection[str]) -> Refused | None:
    """The address of record is that of To, and the user's own; None: the core asks whose it is.
    Raises BadMessage."""
    Uri.parse(request.headers.from_.uri)
    uri = Uri.parse(request.headers.to.uri)
    if uri.host.lower() not in domains:
        return Refused(404, "an address of record of another domain")
    if user is not None and (uri.user or "").partition(";")[0] != user:
        return Refused(403, "an address of record of another user")
    return None
