"""Why calls end: statuses, Q.850 causes (RFC 6432, RFC 3398 §8.2.6.1) and who may try elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from media.sdp.anchor import BadAnswer, NotSecured

_Q850_OF_STATUS = {
    200: 16,
    400: 41,
    401: 21,
    402: 21,
    403: 21,
    404: 1,
    405: 63,
    406: 79,
    407: 21,
    408: 102,
    410: 22,
    413: 127,
    414: 127,
    415: 79,
    416: 127,
    420: 127,
    421: 127,
    423: 127,
    480: 18,
    481: 41,
    482: 25,
    483: 25,
    484: 28,
    485: 1,
    486: 17,
    487: 31,
    488: 65,
    500: 41,
    501: 79,
    502: 38,
    503: 41,
    504: 102,
    505: 127,
    513: 127,
    600: 17,
    603: 21,
    604: 1,
    606: 65,
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a call ended, for the record and for the Reason field of what we send."""

    sip: int
    text: str
    """Ours, never a peer's."""
    q850: int | None = None

    @property
    def cause(self) -> int:
        return self.q850 if self.q850 is not None else cause_of(self.sip)

    @property
    def field(self) -> tuple[str, str]:
        """A Reason field (RFC 3326)."""
        return ("Reason", f"Q.850;cause={self.cause}")


def cause_of(status: int) -> int:
    """The Q.850 cause of a SIP status; 31 (normal, unspecified) for one that has none."""
    return _Q850_OF_STATUS.get(status, 31)


def reasons(fields: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The Reason fields among those of an ending: all that BYE and CANCEL say."""
    return tuple(field for field in fields if field[0] == "Reason")


NORMAL = Cause(200, "Normal call clearing", 16)
CANCELLED = Cause(487, "The caller gave up")
NO_ANSWER = Cause(480, "Nobody answered in time", 19)
TOO_LONG = Cause(200, "The longest duration is reached", 31)
NO_ACK = Cause(408, "The answer was never acknowledged", 102)
SESSION_EXPIRED = Cause(408, "The session was not refreshed in time", 102)
TRANSFERRED = Cause(200, "Transferred", 16)
NO_PRACK = Cause(504, "A reliable provisional answer was never acknowledged", 102)
MEDIA_DEAD = Cause(200, "No media in either direction", 102)
RELAY_LOST = Cause(503, "The media relay was lost", 41)
RELAY_REFUSED = Cause(503, "The media relay refused its plan", 41)
NO_RELAY = Cause(503, "The media relay is down")
NO_PORTS = Cause(503, "No media ports are left")
NOT_ACCEPTABLE = Cause(488, "No codec is left that both sides may use")
NOT_SECURE = Cause(488, "No protection of media is left that both sides may use")
WRONG_CERTIFICATE = Cause(488, "The certificate of a DTLS handshake is not the one described")
NO_HANDSHAKE = Cause(488, "The DTLS handshake of media failed")
BAD_ANSWER = Cause(488, "An answer does not fit its offer")
NOT_SECURED = Cause(488, "An answer lacks the protection of media that is required")
FAULT = Cause(500, "A fault in the border", 41)
SHUTDOWN = Cause(503, "The border is stopping", 41)
PEER_GONE = Cause(481, "The peer no longer knows the call", 41)


def bad_answer(error: BadAnswer) -> Cause:
    return NOT_SECURED if isinstance(error, NotSecured) else BAD_ANSWER


def refused(status: int) -> Cause:
    return Cause(status, "Refused by the called side")


def passed_on(status: int) -> int:
    """The status that the caller gets for the called side's final answer.

    A challenge is for us, not for the caller, who has no account there (RFC 3261 §22).
    """
    if status == 422:  # a session interval that only that leg has (RFC 4028)
        return 500
    return 403 if status in {401, 407} else status
