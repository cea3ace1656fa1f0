"""The call flows of RFC 3665 and RFC 5359 between real SIPp ends, all of them beside each other."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.support import rfc3665, rfc5359
from tests.e2e.support.loopback import loopback
from tests.e2e.support.service import Flow, Service
from tests.e2e.support.tools import require

WRONG = Flow(
    "not as it is written",
    {"alice": "> INVITE bob sdp\n< 480\n> ACK refused", "bob": "< INVITE\n> 486\n< ACK"},
)
FLOWS = rfc3665.FLOWS + rfc5359.FLOWS


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    require("sipp")
    with ExitStack() as ending:
        yield Service((*FLOWS, WRONG), loopback(), tmp_path_factory.mktemp("flows")).play(ending)


@pytest.mark.parametrize("name", [flow.name for flow in FLOWS])
def test_each_party_sees_what_the_ladder_says(played: Service, name: str) -> None:
    assert played.failures[name] == []


def test_a_ladder_that_is_not_kept_is_seen(played: Service) -> None:
    (failure,) = played.failures[WRONG.name]
    assert "SIP/2.0 486" in failure
