"""The offer/answer examples of RFC 4317, each through the border: valid on both sides, and ours.

An m-line is written as `kind port number/codec … [direction] [@address]`. Where the examples name a
host there stands an address here, for a border looks up none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from media.sdp.anchor import OriginTrack, anchored, answered
from media.sdp.media_description import DIRECTIONS
from media.sdp.session import Session, parse

ALICE, BOB = "10.1.0.1", "10.2.0.2"
OUTSIDE = {ALICE: "192.0.2.1", BOB: "2001:db8::1"}
"""What each is told of us."""

PORTS = {ALICE: {0: 30000, 1: 30002}, BOB: {0: 40000, 1: 40002}}

RATES = {"H261": 90000, "MPV": 90000}

AUDIO_3 = "audio 49170 0/PCMU 8/PCMA 97/iLBC"
VIDEO_2 = "video 51372 31/H261 32/MPV"


@dataclass(frozen=True, slots=True)
class Round:
    """One offer and its answer; `says` is what the offerer gets, if it differs from the answer."""

    offerer: str
    offer: Sequence[str]
    answer: Sequence[str]
    says: Sequence[str] | None = None


EXAMPLES = {
    "2.1 Audio and Video 1": [
        Round(ALICE, [AUDIO_3, VIDEO_2], ["audio 49174 0/PCMU", "video 49170 32/MPV"])
    ],
    "2.2 Audio and Video 2": [
        Round(ALICE, [AUDIO_3, VIDEO_2], ["audio 49172 0/PCMU 8/PCMA", "video 0 31/H261"]),
        Round(
            ALICE,
            ["audio 51372 0/PCMU", "video 0 31/H261"],
            ["audio 49172 0/PCMU", "video 0 31/H261"],
        ),
    ],
    "2.3 Audio and Video 3": [
        Round(ALICE, [AUDIO_3, VIDEO_2], ["audio 49172 99/iLBC", "video 51374 31/H261"])
    ],
    "2.4 Two Audio Streams": [
        Round(
            ALICE,
            ["audio 49170 0/PCMU 97/iLBC", "audio 49172 98/telephone-event sendonly"],
            ["audio 49172 97/iLBC", "audio 49174 98/telephone-event recvonly"],
        )
    ],
    "2.5 Audio and Video 4": [
        Round(
            ALICE,
            ["audio 49170 97/iLBC", "video 51372 31/H261"],
            ["audio 49174 97/iLBC", "video 49170 31/H261"],
        ),
        Round(
            BOB,
            ["audio 49178 97/iLBC @10.2.0.3", "video 49188 31/H261 @10.2.0.3"],
            ["audio 49170 97/iLBC", "video 51372 31/H261"],
        ),
    ],
    "2.6 Audio Only 1": [
        Round(
            ALICE,
            ["audio 49170 0/PCMU", "audio 51372 97/iLBC 101/telephone-event"],
            ["audio 0 0/PCMU", "audio 49170 97/iLBC 101/telephone-event"],
        )
    ],
    "2.7 Audio and Video 5": [
        Round(
            ALICE,
            ["audio 49170 99/iLBC", "video 51372 31/H261"],
            ["audio 49172 99/iLBC", "video 51374 31/H261"],
        ),
        Round(
            ALICE,
            ["audio 49170 99/iLBC", VIDEO_2],
            ["audio 49172 99/iLBC", "video 51374 31/H261 32/MPV"],
        ),
    ],
    "2.8 Audio and Video 6": [
        Round(ALICE, [AUDIO_3, VIDEO_2], ["audio 49174 0/PCMU", "video 49172 32/MPV @10.2.0.4"])
    ],
    "3.1 Hold and Unhold 1": [
        Round(ALICE, ["audio 49170 0/PCMU 97/iLBC"], ["audio 49172 97/iLBC sendonly @10.2.0.5"]),
        Round(BOB, ["audio 49170 97/iLBC"], ["audio 49178 97/iLBC"]),
    ],
    "3.2 Hold with Two Streams": [
        Round(
            ALICE,
            ["audio 49170 0/PCMU 97/iLBC", "audio 49172 98/telephone-event sendonly"],
            ["audio 49172 97/iLBC", "audio 49174 98/telephone-event recvonly"],
        ),
        Round(
            BOB,
            ["audio 49172 97/iLBC sendonly", "audio 49174 98/telephone-event recvonly"],
            # The example forgets that it answers a hold, and adds a codec that was not offered.
            ["audio 49170 0/PCMU 97/iLBC", "audio 49172 98/telephone-event sendonly"],
            says=["audio 49170 97/iLBC recvonly", "audio 49172 98/telephone-event sendonly"],
        ),
    ],
    "4.1 Second Audio Stream Added": [
        Round(ALICE, ["audio 49170 0/PCMU 97/iLBC"], ["audio 49170 97/iLBC"]),
        Round(
            BOB,
            ["audio 49170 97/iLBC", "audio 48282 98/telephone-event recvonly @10.2.0.6"],
            ["audio 49170 97/iLBC", "audio 49172 98/telephone-event sendonly @10.1.0.1"],
        ),
    ],
    "4.2 Audio, then Video Added": [
        Round(ALICE, ["audio 49170 0/PCMU"], ["audio 49172 0/PCMU"]),
        Round(
            ALICE,
            ["audio 49170 0/PCMU", "video 49172 31/H261"],
            ["audio 49172 0/PCMU", "video 49168 31/H261"],
        ),
    ],
    "4.3 Audio and Video, Then Video Deleted": [
        Round(
            ALICE,
            ["audio 49170 97/iLBC", "video 51372 31/H261"],
            ["audio 49174 97/iLBC", "video 49170 31/H261"],
        ),
        Round(
            BOB,
            ["audio 49174 97/iLBC", "video 0 31/H261"],
            ["audio 49170 97/iLBC", "video 0 31/H261"],
        ),
    ],
    "5.1 No Media, Then Audio Added": [
        Round(ALICE, [], []),
        Round(ALICE, ["audio 49170 97/iLBC"], ["audio 49172 97/iLBC"]),
    ],
    "5.2 Hold and Unhold 2": [
        Round(
            ALICE,
            ["audio 23442 97/iLBC @0.0.0.0"],
            ["audio 49170 97/iLBC"],
            says=["audio 49170 97/iLBC recvonly"],
        ),
        Round(ALICE, ["audio 49170 97/iLBC"], ["audio 49170 97/iLBC"]),
    ],
    "5.3 Hold and Unhold 3": [
        Round(
            ALICE,
            ["audio 49170 97/iLBC"],
            ["audio 9322 97/iLBC @0.0.0.0"],
            says=["audio 9322 97/iLBC sendonly"],
        ),
        Round(BOB, ["audio 49172 97/iLBC"], ["audio 49170 97/iLBC"]),
    ],
}


def written(lines: Sequence[str], ip: str) -> Session:
    text = ["v=0", f"o=x 2890844526 2890844526 IN IP4 {ip}", "s= ", f"c=IN IP4 {ip}", "t=0 0"]
    for line in lines:
        kind, port, *words = line.split()
        codecs = [word.split("/") for word in words if "/" in word]
        numbers = " ".join(number for number, _ in codecs)
        text.append(f"m={kind} {port} RTP/AVP {numbers}")
        text += [f"c=IN IP4 {word[1:]}" for word in words if word.startswith("@")]
        text += [f"a=rtpmap:{number} {name}/{RATES.get(name, 8000)}" for number, name in codecs]
        text += [f"a={word}" for word in words if word in DIRECTIONS]
    return parse("".join(f"{line}\r\n" for line in text).encode())


class Border:
    """Carries offers and answers between Alice and Bob, and keeps what each of them was sent."""

    def __init__(self) -> None:
        self._tracks = {ALICE: OriginTrack(1, OUTSIDE[ALICE]), BOB: OriginTrack(2, OUTSIDE[BOB])}
        self.sent: dict[str, list[Session]] = {ALICE: [], BOB: []}

    def play(self, step: Round) -> tuple[Session, Session]:
        """The offer as the answerer gets it, and the answer as the offerer gets it."""
        answerer = BOB if step.offerer == ALICE else ALICE
        offer = written(step.offer, step.offerer)
        out = self._tracks[answerer]
        offered = out.stamp(anchored(offer, out.origin, PORTS[answerer]))
        self.sent[answerer].append(offered)
        back = self._tracks[step.offerer]
        answer = written(step.answer, answerer)
        result = back.stamp(answered(offered, answer, back.origin, PORTS[step.offerer]))
        self.sent[step.offerer].append(result)
        return offered, result


def facts(session: Session) -> list[tuple[object, ...]]:
    """All that has to survive: the kind, alive or not, the codecs by their numbers, which way."""
    return [
        (line.kind, line.refused, () if line.refused else line.codecs, line.sends, line.receives)
        for line in session.media
    ]


def addresses(session: Session) -> set[str]:
    text = session.encode().decode()
    assert " 10." not in text
    assert "0.0.0.0" not in text
    return {session.origin.address, *(line.connection_ip or "" for line in session.media)}


every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


@every_example
def test_an_offer_says_to_the_answerer_what_the_offerer_said(example: list[Round]) -> None:
    border = Border()
    for step in example:
        offered, _ = border.play(step)
        assert facts(offered) == facts(written(step.offer, step.offerer))


@every_example
def test_an_answer_says_to_the_offerer_what_the_answerer_said(example: list[Round]) -> None:
    border = Border()
    for step in example:
        _, result = border.play(step)
        answerer = BOB if step.offerer == ALICE else ALICE
        said = step.answer if step.says is None else step.says
        told, heard = facts(result), facts(written(said, answerer))
        assert [without_numbers(fact) for fact in told] == [without_numbers(f) for f in heard]


def without_numbers(fact: tuple[object, ...]) -> tuple[object, ...]:
    """The offerer gets its own payload types back, whatever the answerer chose."""
    kind, refused, codecs, *ways = fact
    assert isinstance(codecs, tuple)
    return kind, refused, tuple((codec.key, codec.fmtp) for codec in codecs), *ways


@every_example
def test_an_answer_fits_the_offer_that_was_made(example: list[Round]) -> None:
    border = Border()
    for step in example:
        _, result = border.play(step)
        offer = written(step.offer, step.offerer)
        for asked, given in zip(offer.media, result.media, strict=True):
            assert (asked.kind, asked.protocol) == (given.kind, given.protocol)
            assert given.refused or not asked.refused
            assert given.receives <= asked.sends
            assert given.sends <= asked.receives
            numbered = {(codec.payload_type, codec.key) for codec in asked.codecs}
            assert {(codec.payload_type, codec.key) for codec in given.codecs} <= numbered


@every_example
def test_each_side_sees_our_address_there_and_no_other(example: list[Round]) -> None:
    border = Border()
    for step in example:
        border.play(step)
    for side, sessions in border.sent.items():
        for session in sessions:
            assert addresses(session) == {OUTSIDE[side]}


@every_example
def test_versions_rise_by_one_with_each_change_and_only_then(example: list[Round]) -> None:
    border = Border()
    for step in example:
        border.play(step)
    for sessions in border.sent.values():
        for before, after in pairwise(sessions):
            same = (before.lines[2:], [(m.line, m.lines) for m in before.media]) == (
                after.lines[2:],
                [(m.line, m.lines) for m in after.media],
            )
            assert after.origin.version == before.origin.version + (not same)
            assert after.origin.session_id == before.origin.session_id


def test_a_new_address_of_bob_is_none_of_alices_business() -> None:
    border = Border()
    for step in EXAMPLES["2.5 Audio and Video 4"]:
        border.play(step)
    assert len({session.encode() for session in border.sent[ALICE]}) == 1
    assert len({session.encode() for session in border.sent[BOB]}) == 1
