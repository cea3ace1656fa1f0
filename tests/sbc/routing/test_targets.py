from collections import Counter

import pytest

from sbc.actions import Flow
from sbc.routing.listeners import Listeners
from sbc.routing.targets import Targets
from tests.support.configs import TWO_ZONES, config

SEVERAL = TWO_ZONES.replace(
    'endpoints: [{ uri: "sip:192.0.2.1" }]',
    "endpoints: ["
    '{ uri: "sip:192.0.2.1", weight: 3 }, { uri: "sip:192.0.2.2;transport=tcp" }, '
    '{ uri: "sip:192.0.2.3:5070", priority: 2 }]',
)


def targets(text: str = TWO_ZONES) -> Targets:
    loaded = config(text)
    return Targets(loaded, Listeners(loaded))


def test_an_endpoint_is_reached_from_its_zones_interface() -> None:
    (target,) = targets().of("carrier")
    assert target.flow == Flow("wan", "udp", ("192.0.2.1", 5060))


def test_the_uri_names_transport_and_port() -> None:
    flows = {target.flow for target in targets(SEVERAL).of("carrier")}
    assert Flow("wan", "tcp", ("192.0.2.2", 5060)) in flows
    assert Flow("wan", "udp", ("192.0.2.3", 5070)) in flows


def test_a_lower_priority_comes_last() -> None:
    for _ in range(10):
        assert targets(SEVERAL).of("carrier")[-1].flow.remote == ("192.0.2.3", 5070)


def test_weights_share_the_first_tries() -> None:
    made = targets(SEVERAL)
    first = Counter(made.of("carrier")[0].flow.remote[0] for _ in range(400))
    assert first == {"192.0.2.1": 300, "192.0.2.2": 100}


def test_a_zone_that_cannot_reach_the_endpoint_is_a_fault_of_the_checks() -> None:
    loaded = config(TWO_ZONES)
    broken = loaded.model_copy(
        update={
            "trunks": {
                "carrier": loaded.trunks["carrier"].model_copy(update={"zone": "nowhere"}),
            }
        }
    )
    with pytest.raises(LookupError):
        Targets(broken, Listeners(loaded))
