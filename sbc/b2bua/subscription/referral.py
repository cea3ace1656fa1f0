"""A REFER outside any dialog, and the subscription to what comes of it (RFC 3515 §2.4.4), as of a
click to dial (RFC 5359 §2.18).

Whoever is referred calls through us, where that call is routed and admitted as its own.
"""

from functools import partial

from sbc.b2bua.crossing import Field
from sbc.b2bua.refer import refer_to
from sbc.b2bua.replaces import known_to
from sbc.b2bua.subscription.subscription import Subscription
from sbc.b2bua.subscription.watch import Watch
from sbc.sip.event import Event
from sbc.sip.message import Request

REFERRED = Event("refer")


class Referral(Watch):
    method = "REFER"

    def says(self, request: Request) -> tuple[Field, ...]:
        if request.method != "REFER":
            return super().says(request)
        known_as = partial(known_to, self.wire, self.peer, self.trunk)
        where = refer_to(request, self._target.listener, known_as)
        assert where is not None, "it named nobody, and was admitted"
        return (("Refer-To", where),)

    def grants(self, subscription: Subscription) -> tuple[Field, ...]:
        """How long is said by the first NOTIFY."""
        del subscription
        return ()

    def means(self, event: Event) -> bool:
        return self._is_of(event, self._asked.arrival.request)

    def far_means(self, event: Event) -> bool:
        return self._is_of(event, self._sent.request)

    @staticmethod
    def _is_of(event: Event, refer: Request) -> bool:
        """The `id` may be left out, or is the CSeq of the REFER (§2.4.6)."""
        said = event.id
        number = str(refer.headers.cseq.number)
        return event.package == REFERRED.package and (said is None or said.lstrip("0") == number)
