"""What the legs use of the world: transactions, timers, names, and the list of actions of one
input.

One `Wire` serves all calls. Whatever a leg sends is collected here; the core hands it to the shell
when the input has been dealt with.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Protocol

from sbc.actions import Action, Flow, Note, Transmit
from sbc.b2bua.aliases import Aliases
from sbc.b2bua.crossing import Field
from sbc.b2bua.foreign_dialogs import ForeignDialogs
from sbc.routing.large import LargeRequests
from sbc.routing.listeners import Listeners
from sbc.sip.message import Request, Response
from sbc.timers import Timers
from sbc.tokens import Tokens
from sbc.transaction.events import (
    AckReceived,
    Cancelled,
    Failed,
    FellBack,
    Key,
    Output,
    RequestReceived,
    ResponseReceived,
    StraySuccess,
)
from sbc.transaction.large import MOST_OVER_UDP
from sbc.transaction.layer import TransactionLayer
from sbc.upstream.accounts import Accounts, Sent

if TYPE_CHECKING:
    from sbc.b2bua.call import Call
    from sbc.b2bua.events import CallEvent
    from sbc.b2bua.subscription.half import Half
    from sbc.b2bua.usage import Usage

T1 = 0.5
T2 = 4.0
GIVE_UP = 64 * T1
"""RFC 3261 §17.1.1.2."""

DialogId = tuple[str, str, str]
"""Call-ID, local tag, remote tag: all three, or a stranger could speak into the dialog."""


Raised = RequestReceived | AckReceived | Cancelled | ResponseReceived | Failed | StraySuccess
"""What the transaction layer tells that is not bytes to send."""


class Wire:
    def __init__(
        self,
        layer: TransactionLayer,
        listeners: Listeners,
        tokens: Tokens,
        user_agent: str,
        accounts: Accounts | None = None,
    ) -> None:
        self.layer = layer
        self.accounts = accounts or Accounts({}, tokens)
        """Ours with trunks."""
        self.listeners = listeners
        self.large = LargeRequests(listeners)
        self.tokens = tokens
        self.user_agent = user_agent
        self.timers = Timers()
        self.now = 0.0
        self.actions: list[Action] = []
        self.raised: deque[Raised] = deque()
        """What the transaction layer told while we were sending; dealt with after this input."""
        self.told: deque[tuple[Call, CallEvent]] = deque()
        """What legs, the relay and the clock told calls; dealt with before the next input."""
        self.usages: dict[DialogId, Usage] = {}
        self.aliases = Aliases()
        self.foreign = ForeignDialogs()
        self.halves: dict[DialogId, Half] = {}
        """Dialogs of subscriptions."""
        self.owners: dict[Key, Owner] = {}
        """Who waits for the outcome of a transaction."""

    def via(self, flow: Flow) -> str:
        """A Via value of ours with a fresh branch."""
        sent_by = self.listeners.of(flow).sent_by
        branch = f"z9hG4bK{self.tokens.token(20)}"
        return f"SIP/2.0/{flow.transport.upper()} {sent_by};branch={branch};rport"

    def send(self, request: Request, flow: Flow, owner: Owner) -> Key:
        """A new client transaction; its outcome goes to `owner`."""
        self.accounts.sign(owner.trunk, request, flow)
        return self._send(request, flow, owner)

    def _send(self, request: Request, flow: Flow, owner: Owner) -> Key:
        instead = self.large.instead_of(flow, self.now)
        key, outputs = self.layer.send(request, flow, self.now, instead)
        self.owners[key] = owner
        self.take(outputs)
        if flow.transport == "udp":
            self._note_large(request, owner, outputs[0])
        return key

    def _note_large(self, request: Request, owner: Owner, sent: Output) -> None:
        if isinstance(sent, Transmit) and len(sent.data) > MOST_OVER_UDP:
            way = {"transport": sent.flow.transport, "method": request.method}
            labels = {"trunk": owner.trunk or "", **way}
            self.note("too_large_for_udp", labels, bytes=str(len(sent.data)))

    def _fell_back(self, fallen: FellBack) -> None:
        self.large.refused(fallen.flow, self.now)
        owner = self.owners.get(fallen.key)
        labels = {"trunk": (owner.trunk if owner is not None else None) or "", "transport": "udp"}
        self.note("tcp_refused", labels, source=fallen.flow.remote[0])

    def answer_challenge(
        self,
        key: Key,
        sent: Sent,
        response: Response,
        flow: Flow,
        cseq: int,
        via: str | None = None,
    ) -> tuple[Key, Sent] | None:
        """The request once more, with credentials, in place of the transaction `key`; None: the
        challenge is not for us to answer, and is the final answer (A2).

        `via`: all Vias of it; None: ours alone.
        """
        owner = self.owners[key]
        trunk = owner.trunk
        again = self.accounts.answer(trunk, sent, response, flow, cseq, via or self.via(flow))
        labels = {"trunk": trunk or ""}
        if not isinstance(again, Sent):
            self.note("challenge_refused", labels, why=again, source=flow.remote[0])
            return None
        self.note("challenge_answered", {**labels, "method": again.request.method})
        del self.owners[key]
        return self._send(again.request, flow, owner), again

    def forget(self, key: Key) -> None:
        """Nobody waits for its outcome any more."""
        self.owners.pop(key, None)

    def cancel(self, key: Key, fields: Sequence[Field]) -> None:
        """CANCEL an INVITE of ours; its owner still hears how it ended."""
        self.take(self.layer.cancel(key, fields, self.now))

    def respond(self, key: Key, response: Response) -> None:
        self.take(self.layer.respond(key, response, self.now))

    def moved(self, group: str, user: str, before: Flow, after: Flow) -> None:
        """A phone has another way to it now: its calls follow (N1). Those of its own user only: a
        source of UDP can be forged, so that it proves nothing about the calls that went there."""
        for usage in self.usages.values():
            leg = usage.leg
            if leg.flow == before and (leg.peer.trunk, leg.peer.user) == (group, user):
                leg.flow_heard(after)
        for half in self.halves.values():
            if half.flow == before and (half.peer.trunk, half.peer.user) == (group, user):
                half.flow_heard(after)
        if before.transport == after.transport and before.interface == after.interface:
            for key in self.layer.unanswered_on(before):
                found = getattr(self.owners.get(key), "leg", None)
                if found is not None and (found.peer.trunk, found.peer.user) == (group, user):
                    found.flow_heard(after)
                    self.take(self.layer.reroute(key, after))

    def transmit(self, data: bytes, flow: Flow) -> None:
        self.actions.append(Transmit(data, flow))

    def note(self, event: str, labels: dict[str, str], **detail: str) -> None:
        self.actions.append(Note(event, tuple(labels.items()), tuple(detail.items())))

    def take(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self.actions.append(output)
            elif isinstance(output, FellBack):
                self._fell_back(output)
            else:
                self.raised.append(output)

    def tell(self, call: Call, event: CallEvent) -> None:
        self.told.append((call, event))

    def timer(self, key: Hashable, after: float) -> None:
        self.timers.set(key, self.now + after)


class Owner(Protocol):
    """Whoever sent a request: told of each response and of failure."""

    @property
    def call(self) -> Call | None:
        """Whose fault it is if something goes wrong; None: nobody's call."""

    @property
    def trunk(self) -> str | None:
        """Whose account with us, if it has one, stands for the request."""

    def responded(self, key: Key, response: Response, flow: Flow) -> None: ...

    def failed(self, key: Key, cause: str) -> None: ...
