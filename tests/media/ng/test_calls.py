from media.ng.calls import Calls
from media.ng.command import Party
from media.ng.talk import Talk


def offered(calls: Calls, party: Party) -> tuple[Talk, str]:
    talk, side = calls.offered(party, 0.0)
    calls.keep(talk)
    return talk, side


def test_a_call_is_kept_only_when_it_is_said() -> None:
    calls = Calls(bytes)
    talk, side = calls.offered(Party("c", "a"), 0.0)
    assert (side, len(calls)) == ("a", 0)
    calls.keep(talk)
    calls.keep(talk)
    assert (len(calls), calls.of("c"), calls.talk(talk.session)) == (1, [talk], talk)
    calls.forget(talk)
    calls.forget(talk)
    assert (len(calls), calls.of("c"), "c" in calls) == (0, [], False)


def test_the_from_tag_is_who_speaks() -> None:
    calls = Calls(bytes)
    talk, _ = offered(calls, Party("c", "a"))
    found = calls.answering(Party("c", "a", "b"))
    assert found == (talk, "b")
    talk.b.tag = "b"
    assert offered(calls, Party("c", "a", "b")) == (talk, "a")
    assert offered(calls, Party("c", "b", "a")) == (talk, "b")
    assert calls.answering(Party("c", "b", "a")) == (talk, "a")
    assert len(calls.of("c")) == 1


def test_an_answer_to_nobody_finds_no_call() -> None:
    calls = Calls(bytes)
    offered(calls, Party("c", "a"))
    assert calls.answering(Party("c", "x", "b")) is None
    assert calls.answering(Party("d", "a", "b")) is None


def test_each_branch_is_a_talk_of_its_own_and_its_answer_finds_it() -> None:
    calls = Calls(bytes)
    one, _ = offered(calls, Party("c", "a", branch="1"))
    two, _ = offered(calls, Party("c", "a", branch="2"))
    assert one is not two
    assert offered(calls, Party("c", "a", branch="1"))[0] is one
    assert calls.answering(Party("c", "a", "y", branch="2")) == (two, "b")
    assert len(calls) == 1


def test_with_one_branch_only_another_to_tag_is_an_alias() -> None:
    calls = Calls(bytes)
    talk, _ = offered(calls, Party("c", "a"))
    talk.b.tag, talk.answered = "b", True
    assert calls.answering(Party("c", "a", "other")) == (talk, "b")


def test_tags_and_branch_say_which_talks_are_meant() -> None:
    calls = Calls(bytes)
    one, _ = offered(calls, Party("c", "a", branch="1"))
    two, _ = offered(calls, Party("c", "a", branch="2"))
    one.b.tag = "b"
    assert calls.matching(Party("c")) == [one, two]
    assert calls.matching(Party("c", "a")) == [one, two]
    assert calls.matching(Party("c", "a", branch="2")) == [two]
    assert calls.matching(Party("c", "a", "b")) == [one]
    assert calls.matching(Party("c", "x")) == []
    assert calls.matching(Party("d")) == []


def test_a_branch_that_no_offer_has_named_leaves_the_tags_of_what_is_answered() -> None:
    calls = Calls(bytes)
    one, _ = offered(calls, Party("c", "a", branch="1"))
    offered(calls, Party("c", "a", branch="2"))
    assert calls.matching(Party("c", "a", branch="bye")) == []
    one.answered = True
    assert calls.matching(Party("c", "a", branch="bye")) == [one]
    assert calls.matching(Party("c", branch="bye")) == []


def test_a_list_of_calls_has_an_end() -> None:
    calls = Calls(bytes)
    for name in "xyz":
        offered(calls, Party(name, "a"))
    assert calls.names(2) == ["x", "y"]
