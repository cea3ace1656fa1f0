"""The location service, step by step (RFC 3261 §10.3); whole flows stand in
tests/simulation/test_n6_registrations.py."""

import pytest

from sbc.actions import Flow
from sbc.registrar.binding import Binding, as_record, from_record
from sbc.registrar.bindings import Bindings, Bounds, Refused
from sbc.sip.errors import BadMessage
from sbc.sip.message import Request, build_request

UDP = Flow("wan", "udp", ("192.0.2.77", 40000))
TCP = Flow("wan", "tcp", ("192.0.2.77", 40000))


def bindings() -> Bindings:
    return Bindings(Bounds(longest=60, shortest=20, most=2))


def register(*contacts: str, expires: int | None = None, cseq: int = 1) -> Request:
    fields = [("Call-ID", "one"), ("CSeq", f"{cseq} REGISTER")]
    fields += [("Contact", each) for each in contacts]
    if expires is not None:
        fields.append(("Expires", str(expires)))
    return build_request("REGISTER", "sip:example.com", [*fields, ("User-Agent", "phone\t1")])


def bound(of: Bindings, now: float = 0.0) -> list[str]:
    return [each.uri for each in of.of("anna", now)]


def test_the_best_comes_first_and_then_the_last_heard() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>;q=0.2"), UDP, 0.0)
    of.register("anna", register("<sip:b@h>;q=0.2", cseq=2), UDP, 1.0)
    assert bound(of) == ["sip:b@h", "sip:a@h"]
    of.register("anna", register("<sip:a@h>;q=nonsense", cseq=3), UDP, 2.0)
    assert bound(of) == ["sip:a@h", "sip:b@h"]


def test_what_is_bound_knows_where_it_came_from_and_for_how_long() -> None:
    of = bindings()
    result = of.register("anna", register("<sip:a@h>;x=1", expires=30), UDP, 5.0)
    assert not isinstance(result, Refused)
    ((binding,), gone) = result
    assert (binding.flow, binding.expires, binding.params) == (UDP, 35.0, (("x", "1"),))
    assert (binding.agent, gone) == ("phone1", [])
    assert of.is_bound("anna", 34.9)
    assert not of.is_bound("anna", 35.0)
    assert of.next_expiry() == 35.0


def test_it_is_carried_out_whole_or_not_at_all() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>"), UDP, 0.0)
    refused = of.register(
        "anna", register("<sip:a@h>;expires=0", "<sip:b@h>;expires=3", cseq=2), UDP, 0.0
    )
    assert isinstance(refused, Refused)
    assert refused.status == 423
    assert bound(of) == ["sip:a@h"]
    with pytest.raises(BadMessage):
        of.register(
            "anna", register("<sip:a@h>;expires=0", "<sip:b@h>;expires=-1", cseq=2), UDP, 0.0
        )
    assert bound(of) == ["sip:a@h"]


def test_a_star_stands_alone_and_comes_in_order() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>", cseq=5), UDP, 0.0)
    for bad in (register("*", "<sip:b@h>", expires=0, cseq=6), register("*", cseq=6)):
        refused = of.register("anna", bad, UDP, 0.0)
        assert isinstance(refused, Refused)
        assert refused.status == 400
    old = of.register("anna", register("*", expires=0, cseq=5), UDP, 0.0)
    assert isinstance(old, Refused)
    assert old.status == 500
    of.register("anna", register("*", expires=0, cseq=6), UDP, 0.0)
    assert bound(of) == []
    assert of.next_expiry() is None


def test_what_ends_is_told() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>"), UDP, 0.0)
    result = of.register("anna", register("<sip:a@h>;expires=0", cseq=2), UDP, 1.0)
    assert not isinstance(result, Refused)
    assert [each.uri for each in result[1]] == ["sip:a@h"]
    assert of.expire(1000.0) == []
    of.register("anna", register("<sip:b@h>", cseq=3), UDP, 0.0)
    assert [each.uri for each in of.expire(60.0)] == ["sip:b@h"]
    assert list(of) == []


def test_a_connection_names_its_user_for_as_long_as_he_is_bound() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>"), TCP, 0.0)
    assert of.users_on(TCP, 59.0) == ["anna"]
    assert of.users_on(TCP, 60.0) == []
    assert of.users_on(UDP, 0.0) == []
    assert [each.uri for each in of.lost(TCP)] == ["sip:a@h"]
    assert of.lost(TCP) == []
    assert of.users_on(TCP, 0.0) == []


def test_several_users_of_one_connection_go_with_it() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>"), TCP, 0.0)
    of.register("bert", register("<sip:b@h>"), TCP, 0.0)
    assert of.users_on(TCP, 1.0) == ["anna", "bert"]
    of.register("bert", register("<sip:b@h>;expires=0", cseq=2), TCP, 1.0)
    assert of.users_on(TCP, 1.0) == ["anna"]
    of.register("bert", register("<sip:b@h>", cseq=3), TCP, 1.0)
    assert [each.uri for each in of.lost(TCP)] == ["sip:a@h", "sip:b@h"]
    assert list(of) == []


def test_a_binding_comes_back_from_its_record() -> None:
    of = bindings()
    of.register("anna", register("<sip:a@h>;x;y=2"), UDP, 100.0)
    (binding,) = of.of("anna", 100.0)
    record = as_record(binding, epoch=1e9)
    assert record["expires"] == 1e9 + 160.0
    assert from_record(record, epoch=1e9) == binding
    again = bindings()
    again.restore(from_record(record, epoch=1e9 + 10.0))
    (later,) = again.of("anna", 0.0)
    assert isinstance(later, Binding)
    assert later.expires == 150.0
