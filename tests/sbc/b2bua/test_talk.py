"""What is said in one conversation of a forked call is not said in the others."""

from media.sdp.session import parse
from sbc.b2bua.talk import Talk
from tests.support.descriptions import sdp


def test_a_branch_begins_where_the_invite_left_it_and_goes_its_own_way() -> None:
    begun = Talk()
    begun.made["a"] = begun.said["a"] = parse(sdp("m=audio 4000 RTP/AVP 0"))
    branch = begun.copy()
    assert branch == begun
    branch.told["a"] = branch.sent["b"] = branch.said["b"] = branch.said["a"]
    branch.laws[0] = branch.said["a"].media[0].codecs[0]
    assert (begun.told, begun.sent, begun.laws, set(begun.said)) == ({}, {}, {}, {"a"})
