"""(M8)"""

from socket import AF_INET, AF_INET6, IP_TOS, IPPROTO_IP, IPPROTO_IPV6, IPV6_TCLASS, socket

import pytest

from config.dscp import parse_dscp, socket_option
from config.problems import Misread


@pytest.mark.parametrize(
    ("written", "dscp"),
    [
        *(("ef", 46), ("EF", 46), ("cs3", 24), ("cs0", 0), ("af11", 10), ("af41", 34)),
        *(("af43", 38), ("voice-admit", 44), ("le", 1), (0, 0), (63, 63)),
    ],
)
def test_a_mark_is_written_by_its_name_or_number(written: object, dscp: int) -> None:
    assert parse_dscp(written) == dscp


@pytest.mark.parametrize("written", [64, -1, True, "af14", "cs8", "46", "", None, 1.5, [46]])
def test_what_is_no_mark_is_refused(written: object) -> None:
    with pytest.raises(Misread, match="is no DSCP"):
        parse_dscp(written)


def test_it_is_set_as_the_kernel_wants_it() -> None:
    with socket(AF_INET) as four, socket(AF_INET6) as six:
        four.setsockopt(*socket_option(4, 46))
        six.setsockopt(*socket_option(6, 24))
        assert four.getsockopt(IPPROTO_IP, IP_TOS) == 46 << 2
        assert six.getsockopt(IPPROTO_IPV6, IPV6_TCLASS) == 24 << 2
