"""A blind transfer done by the border: REFER is answered here, and neither party need know of it
(RFC 3515, RFC 5589 §6; S8).

The target is called as if the referrer had called it, by its routes and within its limits: who
could not have called there cannot transfer there. Until the transferred party has taken the
target's offer the old call stays as it is, and goes on if the transfer fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from media.sdp.anchor import BadAnswer
from media.sdp.media_description import DIRECTIONS, Media
from media.sdp.session import Session
from sbc.b2bua import ports
from sbc.b2bua.call import Call, Facts, State
from sbc.b2bua.causes import BAD_ANSWER, NORMAL, TRANSFERRED, Cause
from sbc.b2bua.content import EMPTY, Content
from sbc.b2bua.events import JoinDue, Requested, Responded
from sbc.b2bua.identity import Parties, user_of
from sbc.b2bua.leg import Leg
from sbc.b2bua.session_id import SessionId
from sbc.b2bua.teardown import finish
from sbc.b2bua.transferee import Transferee
from sbc.b2bua.usage import Usage
from sbc.policy.chain import Reject
from sbc.sip.address import NameAddr
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request
from sbc.sip.phrases import reason_phrase
from sbc.sip.uri import Uri
from sbc.transaction.events import Key

SUBSCRIBED = 240
"""Seconds that the referrer is promised news for: longer than any target may ring by default."""
AGAIN = 2.5
"""Seconds until a re-INVITE that found the dialog busy is tried again (RFC 3261 §14.1)."""
MOST_TRIES = 6


class Stage(Enum):
    CALLING = "the target is being called"
    JOINING = "the target has answered; the transferred party is asked to take its offer"
    OVER = "done, or given up"


class On(Enum):
    ANSWERED = "the target answered"
    JOINED = "the transferred party took its offer"
    FAILED = "the target, its call or the transferred party refused"
    OLD_ENDED = "the old call ended, but for the referrer's part"


TABLE: Mapping[Stage, Mapping[On, Stage]] = {
    Stage.CALLING: {
        On.ANSWERED: Stage.JOINING,
        On.FAILED: Stage.OVER,
        On.OLD_ENDED: Stage.OVER,
    },
    Stage.JOINING: {
        On.JOINED: Stage.OVER,
        On.FAILED: Stage.OVER,
        On.OLD_ENDED: Stage.OVER,
    },
    Stage.OVER: {},
}
"""A missing row: too late, nothing happens."""


class Transfer:
    __slots__ = (
        "_invite",
        "_offer",
        "_tries",
        "new",
        "old",
        "referrer",
        "stage",
        "transferee",
        "wanted",
    )

    new: Call

    def __init__(self, old: Call, referrer: Usage, transferee: Usage, *, wanted: bool) -> None:
        self.old = old
        self.referrer = referrer
        self.transferee = transferee
        self.wanted = wanted
        """The referrer wants to hear how it goes (RFC 4488)."""
        self.stage = Stage.CALLING
        self._offer: Session | None = None
        self._invite: Key | None = None
        """Our re-INVITE to the transferred party."""
        self._tries = 0

    def moves(self, on: On) -> bool:
        following = TABLE[self.stage].get(on)
        self.stage = following or self.stage
        return following is not None

    @property
    def referrer_there(self) -> bool:
        return not self.referrer.over and not self.referrer.closing

    # --- what the new call tells ------------------------------------------------------------------

    def told(self, status: int) -> None:
        """NOTIFY (RFC 3515 §2.4.5): a status, ours or the target's, and nothing else of it."""
        if not self.wanted or not self.referrer_there:
            return
        state = f"active;expires={SUBSCRIBED}" if status < 200 else "terminated;reason=noresource"
        body = f"SIP/2.0 {status} {reason_phrase(status)}\r\n".encode()
        content = Content(body=body, content_type="message/sipfrag;version=2.0")
        fields = (("Event", "refer"), ("Subscription-State", state))
        self.referrer.request("NOTIFY", fields, content)

    def target_answered(self, offer: Session | None) -> None:
        if self.moves(On.ANSWERED):
            self._offer = offer
            self.join()

    def failed(self, status: int) -> None:
        """The old call goes on, if there is still somebody to talk to."""
        if not self.moves(On.FAILED):
            return
        self._withdraw()
        self.told(status)
        if self._invite is None:  # else it may yet be answered
            self.old.transfer = None
        self.old.wire.note("transfer_failed", self.old.labels(), call=self.old.uid)
        if not self.referrer_there:
            finish(self.old, NORMAL, _name(self.referrer))

    # --- what the old call tells ------------------------------------------------------------------

    def referrer_left(self, usage: Usage) -> bool:
        """Did this BYE come from the referrer? Its part is done; the others go on."""
        return usage is self.referrer and self.stage is not Stage.OVER

    def old_ended(self) -> None:
        if self.moves(On.OLD_ENDED):
            finish(self.new, Cause(487, "The transferred party is gone"), "border")

    def responded(self, event: Responded) -> bool:
        """Was this the answer to our re-INVITE?"""
        if event.key != self._invite:
            return False
        self._invite = None
        if self.stage is not Stage.JOINING:
            self._put_back(event.status)
        elif event.status >= 300:
            if event.status == 491 and self._tries < MOST_TRIES:
                self._later()
            else:
                finish(self.new, Cause(event.status, "The transferred party refused"), "border")
        elif event.answer is None:
            finish(self.new, BAD_ANSWER, "border")
        else:
            self._joined(event.answer)
        return True

    def _put_back(self, status: int) -> None:
        """Too late: if the party took the offer all the same, it gets back what it had before."""
        self.old.transfer = None
        usage = self.transferee
        branch = usage if usage.leg.side == "b" else self.referrer
        before = self.old.plan.told_before(usage.leg.side, branch)
        if status < 300 and before is not None and not usage.closing and not usage.over:
            self.old.refreshes.add(usage.request("INVITE", (), Content(sdp=before)))

    # --- joining ----------------------------------------------------------------------------------

    def join(self) -> None:
        """Offer the transferred party what the target said, when its dialog is free for it."""
        usage = self.transferee
        if self.stage is not Stage.JOINING or self._invite is not None:
            return
        self._tries += 1
        inviting = any(each.method == "INVITE" for each in usage.asking.values())
        if not usage.exchange.idle or usage.unacknowledged is not None or inviting:
            if self._tries < MOST_TRIES:
                self._later()
            else:
                finish(self.new, Cause(491, "The transferred party is busy"), "border")
            return
        self._invite = usage.request("INVITE", (), Content(sdp=self._offer))

    def _later(self) -> None:
        self.new.wire.timer((self.new, "join"), AGAIN)

    def _withdraw(self) -> None:
        self.new.wire.timers.clear((self.new, "join"))
        if self._invite is not None and self._invite in self.transferee.asking:
            self.transferee.withdraw(self._invite)

    def _joined(self, answer: Session) -> None:
        old, new = self.old, self.new
        assert new.callee is not None
        assert isinstance(new.caller, Transferee)
        target = new.callee.answered
        assert target is not None
        try:
            new.plan.learn(answer, "a", target)
        except BadAnswer:
            finish(new, BAD_ANSWER, "border")
            return
        self.moves(On.JOINED)
        new.caller.takes(self.transferee, target)
        new.state = State.UP
        ports.serve(new, answered=True)
        self.told(200)
        old.wire.note("transferred", new.labels(), call=old.uid)
        finish(old, TRANSFERRED, _name(self.referrer))


def asked(call: Call, event: Requested, peer: Usage, left: int) -> None:
    """A REFER for us to carry out: refused, or accepted with the call that it begins under way."""
    usage, request = event.usage, event.usage.asked[event.key].request
    status, number = _target(request)
    if not status and call.transfer is not None:
        status = 491
    said = call.plan.said_by(peer.leg.side, peer if peer.leg.side == "b" else usage)
    if not status and (call.state is not State.UP or said is None):
        status = 403
    if status:
        usage.respond(event.key, status)
        return
    reached = call.shared.admit(usage.leg.peer, number, left)
    if isinstance(reached, Reject):
        usage.respond(event.key, reached.status)
        return
    wanted = (request.headers.get("refer-sub") or "").strip().lower() != "false"
    usage.respond(event.key, 202, () if wanted else (("Refer-Sub", "false"),))
    transfer = Transfer(call, usage, peer, wanted=wanted)
    facts = Facts(
        call.wire.tokens.token(16),
        reached.route,
        usage.leg.peer,
        _parties(call, peer, number),
        left,
    )
    session = call.session.a if peer.leg.side == "a" else call.session.b
    new = Call(call.shared, facts, SessionId(session), EMPTY, None)
    new.caller = Transferee(_leg(new, peer), event.key, request, transfer)
    new.targets = reached.targets
    new.own_offer = said and _speaking(said)
    new.goes_on = call.plan, peer.leg.side
    new.linked, call.linked = call.uid, new.uid
    transfer.new, call.transfer = new, transfer
    transfer.told(100)
    call.shared.adopt(new)


def join_due(call: Call, event: JoinDue) -> None:
    del event
    if isinstance(call.caller, Transferee):
        call.caller.transfer.join()


def _target(request: Request) -> tuple[int, str]:
    """The number to call, or the status of the refusal; whatever else the URI says is left out."""
    values = request.headers.all("refer-to")
    try:
        uri = Uri.parse(NameAddr.parse(values[0]).uri) if len(values) == 1 else None
    except BadMessage:
        uri = None
    if uri is None or not user_of(uri):
        return 400, ""
    if "replaces" in uri.headers.lower() or (uri.param("method") or "INVITE") != "INVITE":
        return 603, ""  # it does not ask for one more call, so it does not get one
    return 0, user_of(uri)


def _parties(call: Call, transferee: Usage, number: str) -> Parties:
    """The transferred party calls that number."""
    was = call.facts.parties
    if transferee.leg.side == "a":
        return Parties(number, "", number, was.caller, was.caller_display, was.anonymous)
    return Parties(number, "", number, was.called, was.called_display, anonymous=False)


def _leg(call: Call, usage: Usage) -> Leg:
    """The transferred party's leg, as a leg of another call."""
    was = usage.leg
    leg = Leg(call, was.wire, "a", was.peer, was.flow, was.call_id, symmetric=was.symmetric)
    leg.contact, leg.user_agent = was.contact, was.user_agent
    leg.speaks_in(usage.dialog)
    return leg


def _speaking(said: Session) -> Session:
    """The same description from a party that is not on hold."""
    silent = {f"a={direction}" for direction in DIRECTIONS}
    media = [
        Media(
            each.kind,
            each.port,
            each.protocol,
            each.formats,
            [line for line in each.lines if line not in silent],
            connection_ip=each.connection_ip,
            port_count=each.port_count,
        )
        for each in said.media
    ]
    lines = [line for line in said.lines if line not in silent]
    return Session(lines, media, said.connection_ip)


def _name(referrer: Usage) -> str:
    return "caller" if referrer.leg.side == "a" else "callee"
