"""What the relay is told of a stream; whole plans are tested in `test_media`."""

from dataclasses import replace

from config.model import CodecPolicy, Latching, MediaProfile
from media.sdp.describe import describe
from media.sdp.session import parse
from sbc.b2bua.media_side import PLAIN_TRANSPORT, MediaSide
from sbc.b2bua.planning import Spoken, closed_plan, stream_plan
from tests.support.descriptions import sdp


def spoken(*lines: str, dtmf: str = "pass") -> Spoken:
    profile = MediaProfile.model_validate({"dtmf": dtmf})
    session = parse(sdp(*lines))
    side = MediaSide("wan", "192.0.2.1", CodecPolicy(), Latching(mode="none"), None, profile)
    return Spoken(side, describe(session)[0], session.media[0].codecs, PLAIN_TRANSPORT, 3)


def test_an_end_may_send_what_it_was_told_and_what_it_said() -> None:
    one = spoken("m=audio 4000 RTP/AVP 8 0")
    told = replace(one, told=parse(sdp("m=audio 1 RTP/AVP 9")).media[0].codecs)
    plan = stream_plan(2, told, one, keys=False, swapped=False)
    assert [codec.name for codec in plan.a.codecs] == ["PCMA", "PCMU", "G722"]
    assert (plan.index, plan.a.epoch, plan.opaque) == (2, 3, False)


def test_keys_have_a_plan_only_where_they_are_translated_and_only_for_sound() -> None:
    one, other = (spoken("m=audio 4000 RTP/AVP 8", dtmf=form) for form in ("info", "inband"))
    assert stream_plan(0, one, other, keys=False, swapped=False).a.keys is None
    keyed = stream_plan(0, one, other, keys=True, swapped=False)
    assert keyed.a.keys is not None
    assert keyed.b.keys is not None
    assert (keyed.a.keys.form, keyed.b.keys.form) == ("info", "inband")
    picture = spoken("m=video 4000 RTP/AVP 34", dtmf="info")
    assert stream_plan(0, picture, picture, keys=True, swapped=False).a.keys is None


def test_another_law_is_told_with_its_number() -> None:
    one, other = spoken("m=audio 4000 RTP/AVP 0"), spoken("m=audio 4000 RTP/AVP 8")
    plan = stream_plan(0, one, other, keys=False, swapped=True)
    assert (plan.a.numbers, plan.a.laws) == (((0, 8),), (0,))
    assert (plan.b.numbers, plan.b.laws) == (((8, 0),), (8,))


def test_what_is_not_rtp_is_passed_as_it_is() -> None:
    fax = spoken("m=image 4000 udptl t38")
    assert stream_plan(0, fax, fax, keys=True, swapped=False).opaque


def test_a_stream_that_has_ended_is_closed() -> None:
    ended = replace(spoken("m=audio 4000 RTP/AVP 8"), view=None, told=())
    plan = closed_plan(1, ended, ended)
    assert plan.closed
    assert (plan.a.rtp, plan.b.epoch, plan.a.codecs) == (None, 3, ())
