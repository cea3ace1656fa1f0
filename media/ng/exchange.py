"""Offers and answers: ports, a description for the other end, and the plan for the relay.

Nothing is changed before all of it is known to work: an offer that fails leaves no call behind.
"""

from collections.abc import Callable, Sequence

from media.control import Close, Failed, Open, Opened, Reply, Side, StreamRequest
from media.control import Command as RelayCommand
from media.ng.calls import Calls
from media.ng.codecs import filtered
from media.ng.command import Answer, Offer, Party, Refused
from media.ng.describing import Toward, answer_for, fitted, offer_for, wanted
from media.ng.interfaces import Interfaces, Place
from media.ng.plans import program
from media.ng.settings import Settings
from media.ng.talk import OTHER, End, Talk
from media.ng.wishes import Wishes
from media.sdp.address import family
from media.sdp.anchor import describe
from media.sdp.session import BadSdp, Session, parse

Ask = Callable[[RelayCommand, float], Reply]
"""Of the relay: it answers before it returns."""

UNKNOWN_CALL = "Unknown call-id"
UNPARSED = "Failed to parse SDP"
NO_PORTS = "Ran out of ports"
"""Kamailio compares this one, and goes on to another relay."""


class Exchange:
    def __init__(self, calls: Calls, interfaces: Interfaces, ask: Ask, settings: Settings) -> None:
        self._calls = calls
        self._interfaces = interfaces
        self._ask = ask
        self._settings = settings

    def offer(self, offer: Offer, now: float) -> tuple[Talk, bytes]:
        """Raises Refused."""
        wishes = offer.wishes
        session = filtered(_parsed(offer.sdp), wishes, answer=False)
        views = describe(session)
        talk, side = self._calls.offered(offer.party, now)
        ends = self._placed(talk, side, session, wishes)
        self._open(talk, wanted(session, views, wishes), ends, now)
        self._calls.keep(talk)
        sdp = offer_for(
            session, views, talk.ends[side], self._toward(talk, OTHER[side], ends), wishes
        )
        for name, place in ends.items():
            talk.ends[name].interface, talk.ends[name].family = place.interface, place.family
        talk.ends[side].hears(session, views)
        self._say(talk, side, wishes, now)
        talk.offerer, talk.asked = side, wishes
        if talk.answered and talk.a.travel.plain and talk.b.travel.plain:
            self._program(talk, now, settled=False)
        return talk, sdp.encode()

    def answer(self, answer: Answer, now: float) -> tuple[Talk, bytes]:
        """Raises Refused."""
        found = self._calls.answering(answer.party)
        if found is None:
            raise Refused(UNKNOWN_CALL)
        talk, side = found
        offerer = OTHER[side]
        offer = talk.ends[offerer].said
        assert offer is not None  # a talk begins with it
        session = filtered(_parsed(answer.sdp), answer.wishes, answer=True)
        session = fitted(session, offer)
        views = describe(session)
        ends = {name: self._place_of(end) for name, end in talk.ends.items()}
        toward = self._toward(talk, offerer, ends)
        try:
            sdp = answer_for(
                session, views, talk.ends[side], offer, toward, talk.asked, answer.wishes
            )
        except BadSdp:
            raise Refused(UNPARSED) from None
        _name(talk.ends[side], answer.party, talk)
        talk.ends[side].hears(session, views)
        self._say(talk, side, answer.wishes, now)
        talk.answered = True
        talk.final = talk.final or answer.wishes.final
        self._program(talk, now, settled=True)
        return talk, sdp.encode()

    # --- its parts --------------------------------------------------------------------------------

    def _placed(
        self, talk: Talk, side: Side, session: Session, wishes: Wishes
    ) -> dict[Side, Place]:
        """Where each end meets us. Raises Refused; nothing is changed."""
        theirs = next((line.connection_ip for line in session.media if line.connection_ip), None)
        own = family(theirs or session.origin.address)
        speaker, listener = talk.ends[side], talk.ends[OTHER[side]]
        near = self._interfaces.known(wishes.interfaces[0] or speaker.interface)
        far = self._interfaces.known(wishes.interfaces[1] or listener.interface)
        wanted_family = wishes.family or listener.family or own
        return {
            side: self._interfaces.place(near, speaker.family or own),
            OTHER[side]: self._interfaces.place(far, wanted_family),
        }

    def _place_of(self, end: End) -> Place:
        assert end.interface is not None  # placed by the offer
        assert end.family is not None
        return self._interfaces.place(end.interface, end.family)

    def _open(
        self,
        talk: Talk,
        lines: Sequence[tuple[int, str]],
        ends: dict[Side, Place],
        now: float,
    ) -> None:
        """Ports for these m-lines, by index and kind. Raises Refused."""
        a, b = ends["a"].relay_name, ends["b"].relay_name
        streams = tuple(StreamRequest(index, kind, a, b) for index, kind in lines)
        reply = self._ask(Open(talk.session, streams), now)
        if isinstance(reply, Failed):
            raise Refused(NO_PORTS if reply.reason == "ports_exhausted" else "Relay failed")
        assert isinstance(reply, Opened)
        for end in talk.ends.values():
            end.travel.keying.fingerprint = reply.fingerprint
        for ports in reply.streams:
            talk.ports[ports.index] = {"a": ports.a, "b": ports.b}

    def _toward(self, talk: Talk, side: Side, ends: dict[Side, Place]) -> Toward:
        return Toward(talk.ends[side], ends[side].shown, talk.ports_of(side))

    def _say(self, talk: Talk, side: Side, wishes: Wishes, now: float) -> None:
        """What this end has said holds from now on."""
        end = talk.ends[side]
        end.asymmetric = wishes.has("asymmetric")
        end.label = wishes.label or end.label
        end.address = wishes.media_address
        if end.address is None and wishes.has("sip-source-address"):
            end.address = wishes.received_from
        other = talk.ends[OTHER[side]]
        other.label = wishes.set_label or other.label
        talk.wishes = wishes
        talk.learning = wishes.learning or self._settings.learning
        talk.signalled_at = now
        talk.delete_at = None

    def _program(self, talk: Talk, now: float, *, settled: bool) -> None:
        plan = program(talk, self._settings, settled=settled)
        reply = self._ask(plan, now)
        if isinstance(reply, Failed):
            raise Refused("Relay failed")
        for stream in plan.streams:
            if stream.closed:
                talk.ports.pop(stream.index, None)

    def close(self, talk: Talk, now: float) -> Reply:
        self._calls.forget(talk)
        return self._ask(Close(talk.session), now)


def _parsed(sdp: bytes) -> Session:
    try:
        return parse(sdp)
    except BadSdp:
        raise Refused(UNPARSED) from None


def _name(end: End, party: Party, talk: Talk) -> None:
    """A final answer has fixed the tag; until then the last one counts."""
    if end.tag != party.to_tag and not talk.final:
        end.tag = party.to_tag
