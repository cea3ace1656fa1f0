from sbc.policy.chain import Attempt, Reject
from sbc.policy.route import route
from sbc.routing.routes import Routes
from tests.support.attempts import attempt
from tests.support.configs import config


def test_a_call_with_a_route_learns_its_trunks() -> None:
    routed = route(Routes(config()))(attempt(zone="outside", trunk="carrier"))
    assert isinstance(routed, Attempt)
    assert routed.chosen is not None
    assert (routed.chosen.route, routed.chosen.trunks) == ("in", ("pbx",))


def test_a_call_without_a_route_is_forbidden() -> None:
    refused = route(Routes(config()))(attempt(zone="inside", trunk="other"))
    assert isinstance(refused, Reject)
    assert refused.status == 403
